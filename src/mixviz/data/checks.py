"""Turning what the user passed into what a corpus holds, or an error that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mixviz.types import IntArray

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
        if (counts.indptr[1:] < counts.indptr[:-1]).any():  # SciPy overlooks it where the last one is negative
            raise ValueError("index pointer must never fall")
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


def strings(name: str, given: Sequence[str], length: int, per: str) -> tuple[str, ...]:
    """Return `given` as a tuple of `length` strings, or raise naming the argument."""
    if isinstance(given, str):
        raise TypeError(f"{name} must be a list of strings, got one string")
    items = tuple(given)
    if len(items) != length:
        raise ValueError(f"{name} must have one string per {per} ({length:,}), got {len(items):,}")
    for position, item in enumerate(items):
        if not isinstance(item, str):
            raise TypeError(f"{name} must hold strings, got {item!r} at position {position}")
    return items


def label_strings(given: Iterable[Any], length: int, per: str = "document") -> tuple[str, ...]:
    """Return `given` as a tuple of `length` strings; whole numbers are written out."""
    names = given if isinstance(given, str) else [str(item) if _is_whole(item) else item for item in given]
    return strings("labels", names, length, per)


def _is_whole(item: object) -> bool:
    return isinstance(item, (int, np.integer)) and not isinstance(item, bool)


def list_of_texts(texts: Iterable[str]) -> list[str]:
    """Return `texts` as a list of at least one string, or raise naming the argument."""
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be a list with one string per document, got one string")
    if isinstance(texts, Mapping) or hasattr(texts, "columns"):  # iterating over these gives names
        raise TypeError(
            f"texts must be a list with one string per document, got a {type(texts).__name__}: pass one column"
        )
    documents = list(texts)
    if not documents:
        raise ValueError("texts must hold at least one document, got none")
    for position, text in enumerate(documents):
        if not isinstance(text, str):
            raise TypeError(f"texts must hold strings, got {type(text).__name__} at position {position}")
    return documents


def row_numbers(rows: npt.ArrayLike, n_rows: int) -> IntArray:
    """Return `rows` as int64 numbers from 0 to ``n_rows - 1``, or raise IndexError."""
    given = np.asarray(rows)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise IndexError(f"rows must be a list of whole numbers, got {given.dtype} of shape {given.shape}")
    if given.size and not (given.min() >= 0 and given.max() < n_rows):
        raise IndexError(f"rows must be 0 to {n_rows - 1}, got {given.min()} to {given.max()}")
    return given.astype(np.int64)
