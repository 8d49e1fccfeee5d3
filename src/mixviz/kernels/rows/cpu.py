"""Rows of a data set, dense or sparse, as the kernels of sparse ones take them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from mixviz.types import Float64Array


class Entries(NamedTuple):
    """The entries of B rows, in order; arrays of NumPy or of CuPy."""

    indptr: Any
    """Where rows begin, int64, shape (B + 1,)."""
    indices: Any
    """Columns, int32, shape (nnz,)."""
    data: Any
    """Values, float32, shape (nnz,)."""
    owners: Any
    """The row of each entry, int32, shape (nnz,)."""
    hints: dict[str, Any]
    """What sweeps over the rows want to know besides: on a GPU, their ``lengths``."""


def entries(data: Any) -> Entries:
    """Return the entries of dense or CSR rows."""
    counts = scipy.sparse.csr_matrix(data)
    starts = counts.indptr.astype(np.int64)
    owners = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    return Entries(starts, counts.indices, counts.data.astype(np.float32, copy=False), owners, {})


def sum_entries(rows: Entries, terms: Any) -> Float64Array:
    """Return the sum of the terms, one for each entry, of every row, float64, shape (B,)."""
    return np.bincount(rows.owners, terms, len(rows.indptr) - 1).astype(np.float64, copy=False)


def row_sums(data: Any) -> Float64Array:
    """Return the sum of each row, float64, shape (B,)."""
    return np.asarray(data.sum(axis=1, dtype=np.float64)).ravel()


def beside(data: Any) -> Any:
    """Return rows of the host where the kernels of this module take them: as they are."""
    return data
