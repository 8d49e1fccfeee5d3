"""The arithmetic. A folder per operation: `reference` (NumPy) defines it, `cpu` (Numba, without the GIL) does it fast."""
