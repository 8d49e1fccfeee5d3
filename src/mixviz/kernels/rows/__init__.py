"""Rows of a data set on a GPU: kept there, and taken from there."""
