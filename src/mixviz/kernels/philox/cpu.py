"""Philox4x32-10 for use inside Numba kernels: 16 counters that differ in their draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.kernels.philox.reference import MULTIPLIERS, N_ROUNDS, WEYL
from mixviz.kernels.simd import kernel, lanes, multiply_wide

u4 = np.uint32


@kernel
def philox(entity: Any, step: Any, draw: Any, stream: Any, k0: Any, k1: Any) -> Any:
    """Return four vectors of random bits for the counters (entity, step, draw + lane, stream).

    Kernels pass only numbers of 64 bits, so that it is compiled once for all of them.
    """
    zero = lanes(0) ^ lanes(0)
    c0, c1, c2, c3 = zero + u4(entity), zero + u4(step), lanes(draw), zero + u4(stream)
    k0, k1 = u4(k0), u4(k1)
    for _ in range(N_ROUNDS):
        high0, low0 = multiply_wide(c0, u4(MULTIPLIERS[0]))
        high1, low1 = multiply_wide(c2, u4(MULTIPLIERS[1]))
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = u4(k0 + u4(WEYL[0])), u4(k1 + u4(WEYL[1]))
    return c0, c1, c2, c3
