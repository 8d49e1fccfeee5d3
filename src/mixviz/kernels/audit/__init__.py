"""Whether arrays on a GPU are finite, and a digest of what they hold."""
