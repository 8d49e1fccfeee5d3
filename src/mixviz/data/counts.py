"""Turning whatever the user passed as counts into one canonical matrix, or an error that says what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

MAX_COUNT = 2**24
"""Largest whole number up to which float32 holds every one exactly."""


def canonical_counts(counts: Any) -> sparse.csr_matrix:
    """Return a read-only CSR copy: float32 data, sorted int32 indices, no duplicates, no stored zeros.

    Parameters
    ----------
    counts : sparse matrix or array, shape (D, V)
        Whole numbers from 0 to 16,777,216.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If a value is negative, fractional, not finite or too large, or the matrix is empty or malformed.
    """
    given = _as_compressed(counts)
    _check_values(given)
    matrix = sparse.csr_matrix(given.astype(np.float32))  # astype copies; only now is it safe to sum duplicates
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    if matrix.nnz > np.iinfo(np.int32).max:
        raise ValueError(f"counts may hold at most {np.iinfo(np.int32).max:,} non-zeros, got {matrix.nnz:,}")
    if matrix.nnz and matrix.data.max() > MAX_COUNT:
        raise ValueError(f"counts may be at most {MAX_COUNT:,}, got {matrix.data.max():,.0f}")
    matrix.indices = matrix.indices.astype(np.int32, copy=False)
    matrix.indptr = matrix.indptr.astype(np.int32, copy=False)
    for values in (matrix.data, matrix.indices, matrix.indptr):
        values.setflags(write=False)
    return matrix


def _as_compressed(counts: Any) -> Any:
    """Return `counts` as CSR or COO, neither of which has summed anything yet."""
    if not sparse.issparse(counts):
        dense = np.asarray(counts)
        if dense.ndim != 2:
            raise ValueError(f"counts must have two dimensions, documents by words, got shape {dense.shape}")
        _check_kind(dense.dtype)
        counts = sparse.csr_matrix(dense.astype(np.float32) if dense.dtype == np.float16 else dense)
    _check_kind(counts.dtype)
    if counts.ndim != 2 or 0 in counts.shape:
        raise ValueError(f"counts must hold at least one document and one word, got shape {counts.shape}")
    if counts.format != "csr":
        return counts.tocoo()
    try:
        counts.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"counts is not a valid CSR matrix: {error}") from error
    return counts


def _check_kind(dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "biuf":
        raise TypeError(f"counts must be whole numbers, got values of type {dtype}")


def _check_values(matrix: Any) -> None:
    values = matrix.data
    problems = {"negative": values < 0, f"above {MAX_COUNT:,}": values > MAX_COUNT}
    if values.dtype.kind == "f":
        problems = {"not finite": ~np.isfinite(values), "fractional": values != np.floor(values), **problems}
    for problem, is_bad in problems.items():
        if is_bad.any():
            entries, first = matrix.tocoo(copy=False), int(is_bad.argmax())
            raise ValueError(
                f"counts must be whole numbers of 0 or more, got {values[first]} ({problem}) in document "
                f"{entries.row[first]}, word {entries.col[first]}; {int(is_bad.sum()):,} such in all"
            )
