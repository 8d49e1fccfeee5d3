"""Sweeps that draw one Poisson number per document, word and topic and add it with atomics, as BIDMach does.

Same law as :mod:`mixviz.kernels.sweeps.gpu` at a cost that grows with the entries: the baseline of a benchmark. Every
number is drawn once and goes to its document and, in the last sweep, to its word too (Zhao et al., KDD 2015, section
3). Counts are whole, and float32 adds whole numbers up to 16 million in any order to the same sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.launch import launch
from mixviz.kernels.philox.reference import halves

COMPILED_WITH: tuple[dict[str, int], ...] = tuple({"TOPICS": K} for K in (32, 33, 256))
_THREADS = 256
f4, i4, u4 = np.float32, np.int32, np.uint32


def sweep_and_sum(
    owners: Any, words: Any, counts: Any, phi: Any, alpha: float, temperature: float, n_sweeps: int, entities: Any,
    step: int, seed: int,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Return what sweeps leave: topic weights and x, shapes (D, K), and the word-topic counts, shape (V, K).

    Parameters
    ----------
    owners, words, counts : CuPy arrays of int32, int32 and float32, shape (nnz,)
        Document, word and number of times of each entry.
    phi : CuPy array of float32, shape (V, K)
    alpha, temperature : float
        Above 0.
    n_sweeps : int
        At least 1.
    entities : CuPy array of int64, shape (D,)
    step, seed : int
        With entities and entries, the key of the draws.
    """
    cp, replicas = array_module(), 1 / temperature
    n, D, K = len(words), len(entities), phi.shape[1]
    theta, x, n_wk = cp.ones((D, K), f4), cp.empty((D, K), f4), cp.zeros_like(phi)
    keys = (u4(step), *map(u4, halves(seed)))
    for s in range(n_sweeps):
        n_dk, is_last = cp.zeros((D, K), f4), i4(s == n_sweeps - 1)
        launch(
            "per_entry", "draw_entries", -(-n // (_THREADS // 32)), _THREADS, owners, words, counts, phi, theta, i4(n),
            f4(replicas), i4(s), is_last, *keys, n_dk, n_wk, TOPICS=K,
        )  # fmt: skip
        launch(
            "per_entry", "draw_documents", -(-D * K // _THREADS), _THREADS, n_dk, entities, i4(D), f4(alpha),
            f4(replicas), i4(s), *keys, theta, x, TOPICS=K,
        )  # fmt: skip
    return theta, x, n_wk * f4(temperature)
