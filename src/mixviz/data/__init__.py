"""Data sets: word counts of texts, images, blocks of features; their files, and ready-made ones."""
