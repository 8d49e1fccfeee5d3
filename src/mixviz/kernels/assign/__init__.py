"""Nearest clusters, and the sums of their rows."""
