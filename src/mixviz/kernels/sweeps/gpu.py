"""Document sweeps on a GPU: a block a document, which gathers its rows of phi once and keeps them on chip.

A sweep has three parts. Ratios count / (row . theta): a thread an entry, rows an odd number of floats apart, so that
no two threads want the same bank. Expected counts: a lane a topic, warps over parts of the document, whose sums are
added in order. Draws: a thread a topic, with the CPU's counters. Documents go by length, longest first, for what a
launch takes of shared memory is the same for all its blocks; of one too long for it, the rows that do not fit are read
from the level-2 cache in every sweep.

What it should take, worked out and not measured: 300,000 documents of 232 words, K = 32, 5 sweeps, on an H100.
Gathering is 69.6 M rows of 128 bytes, 8.9 GB out of the level-2 cache (phi is 13 MB): 1.6 ms at 5.5 TB/s. Eleven
products (two a sweep, and the last ratios) of 2.2 G multiply-adds: 49 GFLOP, 0.7 ms at 67 TFLOP/s; but every operand is
read from shared memory, 98 GB of rows and 24 GB of ratios and thetas, of which the chip reads 29.6 TB/s: 4.1 ms. At
K = 256 it is eight times as much, and one document fills the shared memory of a multiprocessor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.launch import launch, most_shared
from mixviz.kernels.philox.reference import halves
from mixviz.kernels.sweeps.reference import Swept
from mixviz.types import IntArray

COMPILED_WITH: tuple[dict[str, int], ...] = tuple({"TOPICS": K} for K in (1, 32, 33, 100, 256))
_ROOMS = (64, 128, 256, 512, 1024)
"""Longest documents that share a launch, and above."""
_FEW = 64
"""Documents that are not worth a launch of their own."""
_MOST_THREADS = 512
_USUAL_SHARED = 48 << 10
f4, u4 = np.float32, np.uint32


def sweep_documents(
    indptr: Any, words: Any, counts: Any, weights: Any, n_topics: int, alpha: float, temperature: float, n_sweeps: int,
    entities: Any, step: int, seed: int, lengths: IntArray | None = None,
) -> Swept:  # fmt: skip
    """Do what :func:`mixviz.kernels.sweeps.reference.sweep_documents` does, on the device.

    `weights` is not padded, and neither is what is returned: `n_topics` is its width. `lengths`, on the host, are the
    documents' numbers of entries; with them, short ones do not wait for the room that long ones need.
    """
    cp = array_module()
    D, K = len(indptr) - 1, weights.shape[1]
    swept = Swept(cp.empty((D, K), f4), cp.empty((D, K), f4), cp.empty(len(words), f4))
    replicas = f4(1 / temperature if temperature > 0 else 0)
    keys = (np.int32(n_sweeps), u4(step), *map(u4, halves(seed)))
    order, groups = _by_length(lengths, D, K)
    order = cp.asarray(order)
    for first, last, room in groups:
        data = (order[first:last], indptr, words, counts, weights, entities, np.int32(room))
        launch(
            "sweeps", "sweep_documents", last - first, _threads(room), *data, f4(alpha), replicas, *keys, *swept,
            shared=_shared_bytes(room, K), TOPICS=K,
        )  # fmt: skip
    return swept


def _by_length(lengths: IntArray | None, D: int, K: int) -> tuple[Any, list[tuple[int, int, int]]]:
    """Return the documents, longest first, and the launches: first, last and how many rows a block keeps on chip."""
    most = _most_rows(K, most_shared())
    if lengths is None:
        return np.arange(D, dtype=np.int32), [(0, D, min(_ROOMS[2], _most_rows(K, _USUAL_SHARED)))]
    order = np.argsort(-lengths, kind="stable").astype(np.int32)
    longer = [int((lengths > room).sum()) for room in _ROOMS[::-1]]
    groups, first = [], 0
    for last in [*longer, D]:
        if last - first >= _FEW or (last == D and first < D):
            longest = int(lengths[order[first]])
            groups.append((first, last, min(max(-(-longest // 4) * 4, 4), most)))
            first = last
    return order, groups


def _threads(room: int) -> int:
    return int(min(max(-(-room // 32) * 32, 64), _MOST_THREADS))


def _shared_bytes(room: int, K: int) -> int:
    """Return what a block takes: thetas, ratios, sums of parts, and rows; as ``gpu.cu`` lays them out."""
    chunks = -(-K // 32)
    parts = 16 // chunks if chunks < 16 else 1
    return 4 * (-(-K // 4) * 4 + room + parts * K + room * (K | 1))


def _most_rows(K: int, shared: int) -> int:
    """Return how many rows fit, a multiple of 4."""
    return max((shared - _shared_bytes(0, K)) // (4 + 4 * (K | 1)) // 4 * 4, 0)
