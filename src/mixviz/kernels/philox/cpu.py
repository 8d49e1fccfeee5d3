"""Philox4x32-10 for use inside Numba kernels; vectorises over a loop of counters."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.kernels.philox.reference import MULTIPLIERS, N_ROUNDS, WEYL
from mixviz.kernels.simd import kernel

_M0, _M1 = np.uint64(MULTIPLIERS[0]), np.uint64(MULTIPLIERS[1])
_W0, _W1 = np.uint32(WEYL[0]), np.uint32(WEYL[1])
_HALF = np.uint64(32)


@kernel
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Return four uint32 words for the counter (entity, step, draw, stream) and the two halves of the seed."""
    c0, c1, c2, c3 = np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3)
    k0, k1 = np.uint32(k0), np.uint32(k1)
    for _ in range(N_ROUNDS):
        p0, p1 = _M0 * np.uint64(c0), _M1 * np.uint64(c2)
        c0, c1, c2, c3 = (
            np.uint32(p1 >> _HALF) ^ c1 ^ k0,
            np.uint32(p1),
            np.uint32(p0 >> _HALF) ^ c3 ^ k1,
            np.uint32(p0),
        )
        k0, k1 = np.uint32(k0 + _W0), np.uint32(k1 + _W1)
    return c0, c1, c2, c3
