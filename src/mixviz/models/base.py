"""What every model's estimator side shares: data, seeds, and the loop behind `fit`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse
import xxhash
from sklearn.utils import check_random_state

from mixviz.types import Batch, Dataset, IntArray


class ArrayDataset:
    """Rows of a matrix, dense or CSR.

    Parameters
    ----------
    data : ndarray or csr_matrix, shape (N, F)
    """

    def __init__(self, data: Any) -> None:
        self.data = data

    def __len__(self) -> int:
        return int(self.data.shape[0])

    def take(self, rows: IntArray) -> Batch:
        """Return the given rows as a batch."""
        rows = np.asarray(rows, np.int64)
        return Batch(rows, self.data[rows])

    def fingerprint(self) -> str:
        """Return a digest of shape and contents."""
        digest = xxhash.xxh3_128(repr(self.data.shape).encode())
        parts = (self.data.indptr, self.data.indices, self.data.data) if scipy.sparse.issparse(self.data) else (self.data,)
        for part in parts:
            digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()


def is_dataset(data: object) -> bool:
    """Whether `data` already offers rows the way :class:`mixviz.types.Dataset` asks."""
    return isinstance(data, Dataset)


def n_features(data: Dataset) -> int:
    """Return how many columns the rows of `data` have."""
    return int(data.take(np.arange(min(1, len(data)))).data.shape[1])


def seed_from(random_state: Any) -> int:
    """Return the 32-bit seed that `random_state` (None, an int or a RandomState) stands for."""
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        if not 0 <= random_state < 2**32:
            raise ValueError(f"random_state must lie between 0 and 2**32 - 1, got {random_state!r}")
        return int(random_state)
    return int(check_random_state(random_state).randint(0, 2**32, dtype=np.uint32))


def batches(n_rows: int, batch_size: int, seed: int, epoch: int) -> Iterator[IntArray]:
    """Yield the row numbers of each batch of one pass, shuffled by (seed, epoch), ascending within a batch."""
    order = np.random.default_rng((seed, epoch)).permutation(n_rows)
    n_batches = max(1, round(n_rows / batch_size))
    for part in np.array_split(order, n_batches):
        yield np.sort(part)
