"""The arithmetic. Per operation, `reference` (NumPy) defines it and `cpu` (Numba, without the GIL) does it fast."""
