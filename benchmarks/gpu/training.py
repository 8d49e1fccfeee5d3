"""Steps of a model, one after the other, as a session or `fit` takes them."""

from __future__ import annotations

import numpy as np

from mixviz.data.batches import Batches
from mixviz.models.base import ArrayDataset, SteerableEstimator


class Training:
    """Steps of a model over all rows of `data`, which are where it computes when this is made."""

    def __init__(self, model: SteerableEstimator, data: ArrayDataset) -> None:
        self.model, self.batches = model, Batches(np.arange(len(data)), model.batch_size, 0)
        self.feed = model.feed(data, self.batches)
        self.values = {control.name: control.value for control in model.controls(data)}
        self.state, self.n_done = model.init_state(data, 0), 0

    def steps(self, n: int) -> None:
        for _ in range(n):
            self.n_done += 1
            self.state, _ = self.model.step(self.state, self.feed[self.n_done], self.values)

    def one_pass(self) -> None:
        self.steps(self.batches.n_per_epoch)
