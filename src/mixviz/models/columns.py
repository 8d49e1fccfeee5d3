"""What models share whose parts are columns that sum to 1: how they begin, and the weights of their mixins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixviz.kernels.philox.reference import halves, philox
from mixviz.kernels.updates.cpu import normalise_columns
from mixviz.types import Control, FloatArray


def first_columns(V: int, K: int, stream: int, seed: int) -> FloatArray:
    """Return K columns near the uniform distribution over V entries: shares drawn from 1/2 to 3/2, float32.

    Random numbers are those of `stream` under the key `seed`.
    """
    counter = np.zeros((V, -(-K // 4), 4), np.uint32)
    counter[..., 0], counter[..., 2], counter[..., 3] = np.arange(V)[:, None], np.arange(-(-K // 4)), stream
    phi = (0.5 + philox(counter, halves(seed)).reshape(V, -1)[:, :K] / 2**32).astype(np.float32)
    return np.asarray(normalise_columns(phi, phi.sum(axis=0, dtype=np.float64)))


def with_weights(model: str, own: Sequence[Control], weights: Sequence[Control]) -> list[Control]:
    """Return a model's own controls and the weights of its mixins.

    Raises
    ------
    ValueError
        If a mixin has the name of another control.
    """
    names = {control.name for control in own}
    for control in weights:
        if control.name in names:
            raise ValueError(f"a mixin may not be named {control.name!r}: {model} has a control of that name")
    return [*own, *weights]
