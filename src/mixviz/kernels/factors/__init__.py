"""Products with a data matrix, and nonnegative least squares: what the Frobenius loss of NMF takes."""
