"""Philox4x32-10 in NumPy: the definition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UintArray = npt.NDArray[np.uint32]
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
N_ROUNDS = 10


def halves(seed: int) -> tuple[int, int]:
    """Return the key of `seed`: its low and its high 32 bits."""
    return seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF


def philox(counter: UintArray, key: tuple[int, int]) -> UintArray:
    """Return four random words per counter.

    Parameters
    ----------
    counter : ndarray of uint32, shape (..., 4)
        Here: (entity, step, draw, stream).
    key : tuple of two ints below 2**32
        Here: the low and the high half of the seed.

    Returns
    -------
    ndarray of uint32, shape (..., 4)
    """
    low = np.uint64(0xFFFFFFFF)
    c0, c1, c2, c3 = (counter[..., i].astype(np.uint64) for i in range(4))
    for i in range(N_ROUNDS):
        k0, k1 = (np.uint64((key[j] + i * WEYL[j]) & 0xFFFFFFFF) for j in range(2))
        p0, p1 = np.uint64(MULTIPLIERS[0]) * c0, np.uint64(MULTIPLIERS[1]) * c2
        c0, c1, c2, c3 = (p1 >> np.uint64(32)) ^ c1 ^ k0, p1 & low, (p0 >> np.uint64(32)) ^ c3 ^ k1, p0 & low
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)
