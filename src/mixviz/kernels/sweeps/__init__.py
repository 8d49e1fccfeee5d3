"""Gibbs sweeps over documents with the topics held fixed: each document is on its own."""
