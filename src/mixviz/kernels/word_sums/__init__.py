"""Expected word-topic counts of a batch, summed word by word: no atomics, the same for any number of threads."""
