"""``python -m benchmarks gpu``: is a GPU's work right, and how fast is it; see :mod:`benchmarks.gpu.check`."""

from benchmarks.gpu.check import main

__all__ = ["main"]
