"""Word-topic counts on a GPU: entries sorted by word, windows of 128 of them added up by a warp each.

So however frequent a word is, no warp has more to do than another. The part of a window that belongs to the word it
begins in is put down apart, and a second kernel adds these parts in order, multiplies by the topics and draws. Every
word of the vocabulary has its row, zeros where the batch lacks it: to find out which words occur, the host would have
to wait. Sparse products of NMF are the same sums.

What it should take, worked out and not measured: 69.6 M entries (300,000 documents of 232 words), K = 32, on an H100.
Each reads a row of theta, 128 bytes, and 24 bytes of its own: 10.6 GB out of the level-2 cache, 1.9 ms at 5.5 TB/s.
4.5 G operations to add them up: 0.07 ms at 67 TFLOP/s. Once a minibatch, a vocabulary of 102,660 words costs 13 MB
written, and 13 MB for the topics of those that occur: 5 µs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.launch import launch
from mixviz.kernels.philox.reference import halves

WINDOW = 128
"""Sorted entries that are added up together."""
COMPILED_WITH: tuple[dict[str, int], ...] = ({"WINDOW": WINDOW},)
_THREADS = 256
_WARPS = _THREADS // 32
f4, i4, u4 = np.float32, np.int32, np.uint32


class Groups(NamedTuple):
    """Entries sorted by the group they belong to, of which there are `n`; arrays on the device."""

    n: int
    keys: Any
    """Group of each entry, ascending, int32, shape (nnz,)."""
    order: Any
    """Which entry that is, int64, shape (nnz,)."""
    starts: Any
    """Where each group begins in `keys`, int64, shape (n + 1,)."""


class BatchWords(NamedTuple):
    """The entries of a batch, sorted by word: what the steps of a model ask of :class:`reference.BatchWords`.

    There every word of the vocabulary that occurs has a row; here every word has.
    """

    words: None
    """All of them: the vocabulary."""
    rank: None
    """Row of each word: its own."""
    local: Any
    """Row of each entry's word: its number, int32, shape (nnz,)."""
    groups: Groups


def words_of_batch(indices: Any, n_words: int) -> BatchWords:
    """Sort the entries of a batch by word, in the order of entries within one; `indices` are int32 on the device."""
    cp = array_module()
    order = cp.argsort(indices)  # CuPy's is stable, and leaves the host alone
    keys, starts = indices[order], cp.empty(n_words + 1, np.int64)
    n_blocks = -(-(n_words + 1) // _THREADS)
    launch("word_sums", "find_starts", n_blocks, _THREADS, keys, i4(len(keys)), i4(n_words), starts, WINDOW=WINDOW)
    return BatchWords(None, None, indices, Groups(n_words, keys, order, starts))


def sum_words(
    batch: BatchWords, documents: Any, ratios: Any, theta: Any, weights: Any, temperature: float, step: int, seed: int
) -> Any:
    """Do what :func:`mixviz.kernels.word_sums.reference.sum_words` does, for every word of the vocabulary.

    `weights` has shape (V, K), as what is returned; a word that the batch lacks gets zeros.
    """
    replicas = 1 / temperature if temperature > 0 else 0.0
    return _sums(batch.groups, documents, ratios, theta, weights, replicas, step, seed)


def sum_rows(groups: Groups, terms: Any, factors: Any, wide: Any) -> Any:
    """Return the sum over each group's entries j of ``factors[j] * wide[terms[j]]``, float32, shape (n, columns)."""
    return _sums(groups, terms, factors, wide, None, 0.0, 0, 0)


def _sums(
    groups: Groups, terms: Any, factors: Any, wide: Any, weights: Any, replicas: float, step: int, seed: int
) -> Any:
    cp = array_module()
    n, K = len(groups.keys), wide.shape[1]
    n_windows, chunks = -(-n // WINDOW), -(-K // 32)
    heads, sums = cp.empty((n_windows, K), f4), cp.empty((groups.n, K), f4)
    launch(
        "word_sums", "sum_windows", (-(-n_windows // _WARPS), chunks), _THREADS, groups.keys, groups.order, terms,
        factors, wide, i4(n), i4(K), heads, sums, WINDOW=WINDOW,
    )  # fmt: skip
    weighting = (wide, i4(0)) if weights is None else (weights, i4(1))
    keys = (f4(replicas), u4(step), *map(u4, halves(seed)))
    launch(
        "word_sums", "finish_groups", (-(-groups.n // _WARPS), chunks), _THREADS, groups.starts, heads, *weighting,
        i4(groups.n), i4(K), *keys, sums, WINDOW=WINDOW,
    )  # fmt: skip
    return sums
