"""What models share whose parts are columns that sum to 1: how they begin and learn, and the weights of mixins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


def learning_controls(model: Any, row: str, parts: str) -> list[Control]:
    """Return the controls of how fast a model learns, at its parameters; `row` and `parts` are its words for them."""
    return [
        Control.starting(
            "sweeps", model.sweeps, 1, 200, is_integer=True,
            help=f"How often each {row} is reconsidered before the {parts} learn from it. More is slower, and better "
            "up to a point.",
        ),
        Control.starting(
            "step_offset", model.step_offset, 0, 1000,
            help=f"Slows down the first steps, so that early {row}s do not count for too much.",
        ),
        Control.starting(
            "step_decay", model.step_decay, 0.5, 1,
            help=f"How fast the steps get smaller. High: early {row}s are remembered. Low: recent ones count.",
        ),
        Control.starting(
            "step_size", model.step_size, 0, 1,
            help=f"How far one minibatch moves the {parts}, from 0 to 1 (all the way). 0: steps shrink over time.",
        ),
    ]  # fmt: skip


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
