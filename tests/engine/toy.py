"""A small model with everything the engine cares about: state, randomness keyed by (seed, step), controls, failures."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixviz.engine.session import Session
from mixviz.types import Batch, Control, Metric


@dataclass(frozen=True)
class Rows:
    x_nf: np.ndarray

    def __len__(self) -> int:
        return len(self.x_nf)

    def take(self, rows: np.ndarray) -> Batch:
        return Batch(rows, self.x_nf[rows])

    def fingerprint(self) -> str:
        return str(float(self.x_nf.sum()))


@dataclass(frozen=True)
class ToyState:
    centre_f: np.ndarray
    step: int
    seed: int


class Toy:
    """Drifts a centre towards the batch mean, with noise of size `temperature`."""

    state_type = ToyState
    batch_size = 8

    def __init__(self, random_state: int | None = 0) -> None:
        self.random_state = random_state

    def seed(self) -> int | None:
        return self.random_state

    def controls(self, data: Any) -> Sequence[Control]:
        return (
            Control("rate", 0.1, 0.1, 0.0, 1.0, group="sampler"),
            Control("temperature", 0.5, 0.5, 1e-3, 10.0, "log", allows_zero=True),
            Control("poison", 0, 0, 0, 2, is_integer=True),
        )

    def as_dataset(self, data: Any) -> Rows:
        return data if isinstance(data, Rows) else Rows(np.asarray(data, np.float64))

    def metrics(self, data: Rows) -> Sequence[Metric]:
        return (Metric("norm", lambda state, batch: float(np.linalg.norm(state.centre_f))),)

    def init_state(self, data: Rows, seed: int) -> ToyState:
        return ToyState(np.zeros(data.x_nf.shape[1]), 0, seed)

    def step(self, state: ToyState, batch: Batch, controls: Mapping[str, float]) -> tuple[ToyState, dict[str, float]]:
        if controls["poison"] == 1:
            raise RuntimeError("poisoned")
        noise = np.random.Generator(np.random.Philox(key=[state.seed, state.step])).normal(size=state.centre_f.shape)
        centre = state.centre_f + controls["rate"] * (batch.data.mean(axis=0) - state.centre_f)
        centre = centre + controls["temperature"] * noise
        if controls["poison"] == 2:
            centre[0] = np.nan
        centre.flags.writeable = False
        return ToyState(centre, state.step + 1, state.seed), {"shift": float(abs(centre - state.centre_f).sum())}

    def edits(self) -> dict[str, Any]:
        return {"move": self._move}

    def _move(self, state: ToyState, data: Rows, to: float, feature: int = 0) -> ToyState:
        centre = state.centre_f.copy()
        centre[feature] = to
        return ToyState(centre, state.step + 1, state.seed)

    def adopt(self, state: ToyState, data: Rows) -> None:
        self.centre_ = state.centre_f

    def config(self) -> dict[str, Any]:
        return {"random_state": self.random_state}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Toy:
        return cls(**config)


def rows(n: int = 100, n_features: int = 3) -> np.ndarray:
    return np.random.default_rng(1).normal(2.0, 1.0, size=(n, n_features))


def run(session: Session, n: int) -> Session:
    session.step(n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # some of these runs are made to fail
        assert session.wait(30)
    return session


def kinds(session: Session) -> list[str]:
    return [change.kind for change in session.log]
