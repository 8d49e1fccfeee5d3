"""Digests of arrays on the GPU, and whether they are finite: each is read once, 4 bytes a number, at the memory's pace.

LDA's topics of 102,660 words x 32 are 13 MB, which an H100 reads from its cache in a few microseconds (worked out,
not measured).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.launch import launch

COMPILED_WITH: tuple[dict[str, int], ...] = ({},)
_THREADS, _MOST_BLOCKS = 256, 264
"""As in the source; two blocks for each of 132 multiprocessors."""


def audit(arrays: Sequence[Any]) -> list[tuple[int, int]]:
    """Return the digest (64 bits) of each array's contents, and how many of its floats are NaN or infinite.

    Waits for the device: whatever was started before is finished then.

    Parameters
    ----------
    arrays : sequence of CuPy arrays
        Of numbers of 4 or 8 bytes, in C order; floats are float32.
    """
    xp = array_module()
    found = xp.zeros((len(arrays), _MOST_BLOCKS, 2), np.uint64)
    for array, place in zip(arrays, found, strict=True):
        words = array.reshape(-1).view(np.uint32)
        n_blocks = min(-(-words.size // _THREADS), _MOST_BLOCKS)
        is_float = np.int32(array.dtype == np.float32)
        launch("audit", "audit", n_blocks, _THREADS, words, np.int64(words.size), is_float, place)
    return [(int(digest), int(bad)) for digest, bad in found.sum(axis=1).get()]
