"""The random bits: known answers, and the fast kernel bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixviz.kernels.philox.cpu import philox as fast_philox
from mixviz.kernels.philox.reference import halves, philox
from mixviz.kernels.simd import LANES, as_floats, kernel, store


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ([0] * 4, (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ([0xFFFFFFFF] * 4, (0xFFFFFFFF, 0xFFFFFFFF), "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_known_answers(counter: list[int], key: tuple[int, int], expected: str) -> None:
    """Random123's kat_vectors, philox4x32-10."""
    words = philox(np.array(counter, np.uint32), key)
    assert " ".join(f"{word:08x}" for word in words) == expected


@kernel
def _fill(out: Any, entity: int, step: int, draw: int, stream: int, k0: int, k1: int) -> None:
    w0, w1, w2, w3 = fast_philox(entity, step, draw, stream, k0, k1)
    store(out, 0, as_floats(w0))
    store(out, LANES, as_floats(w1))
    store(out, 2 * LANES, as_floats(w2))
    store(out, 3 * LANES, as_floats(w3))


@pytest.mark.parametrize(
    ("entity", "step", "draw", "stream", "seed"),
    [(0, 0, 0, 0, 0), (7, 3, 160, 1 << 16, 12345), (2**32 - 1, 2**31, 2**32 - 20, 5, 2**64 - 1)],
)
def test_kernel_gives_the_same_bits(entity: int, step: int, draw: int, stream: int, seed: int) -> None:
    out = np.full(4 * LANES, np.nan, np.float32)
    _fill(out, entity, step, draw, stream, *halves(seed))
    counter = np.array([[entity, step, (draw + i) % 2**32, stream] for i in range(LANES)], np.uint32)
    np.testing.assert_array_equal(out.view(np.uint32).reshape(4, LANES).T, philox(counter, halves(seed)))
