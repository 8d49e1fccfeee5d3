"""Sweeps on a GPU that draw one Poisson number per document, word and topic: the baseline of a benchmark."""
