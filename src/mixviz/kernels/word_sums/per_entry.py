"""Word-topic counts with one Poisson draw per document, word and topic: the oracle of `cpu`."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.backend import parallel_for
from mixviz.kernels.draws.cpu import poisson
from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.philox.reference import halves
from mixviz.kernels.simd import LANES, kernel, load, splat, store
from mixviz.kernels.word_sums.reference import BatchWords

f4 = np.float32
_STREAM = 4 << 16


@kernel
def _sum_range(
    first: int, last: int, starts: Any, order: Any, documents: Any, ratios: Any, theta: Any, weights: Any,
    replicas: Any, step: int, k0: Any, k1: Any, sums: Any,
) -> None:  # fmt: skip
    """Fill words ``first..last`` of `sums`; `theta`, `weights` and `sums` are flat."""
    K = sums.size // (starts.size - 1)
    for w in range(first, last):
        for k in range(0, K, LANES):
            total = splat(f4(0.0))
            for position in range(starts[w], starts[w + 1]):
                j = order[position]
                bits, _, _, _ = philox(j, step, k, _STREAM, k0, k1)
                mean = load(theta, documents[j] * K + k) * load(weights, w * K + k) * (ratios[j] * replicas)
                total = total + poisson(mean, bits)
            store(sums, w * K + k, total * (f4(1.0) / replicas))


def sum_words(
    batch: BatchWords, documents: Any, ratios: Any, theta: Any, weights: Any, temperature: float, step: int, seed: int
) -> Any:
    """Do what :func:`mixviz.kernels.word_sums.cpu.sum_words` does, in law; `temperature` is above 0."""
    sums = np.empty_like(weights)
    parallel_for(
        _sum_range, len(weights), batch.starts, batch.order, documents, ratios, theta.ravel(), weights.ravel(),
        f4(1 / temperature), step, *halves(seed), sums.ravel(), grain=64,
    )  # fmt: skip
    return sums
