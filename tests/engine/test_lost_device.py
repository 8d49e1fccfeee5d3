"""A device that fails in the middle of a run costs the steps since the last snapshot, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from mixviz.cuda import DeviceError
from mixviz.engine import states
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.types import Batch
from tests.engine.toy import Toy, ToyState, kinds, rows, run


class Card:
    """A device that may be lost, and what was asked of it."""

    def __init__(self) -> None:
        self.is_lost = False
        self.fetched: list[int] = []


class Remote(ToyState):
    """A toy state on a card."""

    card: Card

    @classmethod
    def of(cls, state: ToyState, card: Card) -> Remote:
        made = cls(state.centre_f, state.step, state.seed)
        object.__setattr__(made, "card", card)
        object.__setattr__(made, "has_left", False)
        return made

    @property
    def n_bytes(self) -> int:
        return self.centre_f.nbytes

    def audit(self) -> tuple[str | None, int]:
        return None if np.isfinite(self.centre_f).all() else "centre_f", int(
            np.float64(self.centre_f.sum()).view(np.uint64)
        )

    def fetch(self) -> None:
        self.card.fetched.append(self.step)

    def leave(self) -> None:
        if not self.has_left and self.card.is_lost:
            raise DeviceError("the GPU is gone.")
        object.__setattr__(self, "has_left", True)


class OnCard(Toy):
    """Computes on a card that is lost at some step, or when a metric is asked for."""

    def __init__(self, lost_at: int = 10**9) -> None:
        super().__init__()
        self.card, self.lost_at, self.is_left = Card(), lost_at, False

    def step(self, state: ToyState, batch: Batch, controls: Mapping[str, float]) -> tuple[ToyState, dict[str, float]]:
        if self.is_left:
            return super().step(state, batch, controls)
        if state.step + 1 == self.lost_at:
            self.card.is_lost = True
            raise DeviceError("the GPU is gone.")
        new, info = super().step(state, batch, controls)
        return Remote.of(new, self.card), info

    def leave_gpu(self) -> None:
        self.is_left = True


@pytest.fixture
def session() -> Session:
    return Session(OnCard(lost_at=25), rows(), seed=3, snapshot_every=10)


def test_the_run_fails_in_words_and_stands_at_the_newest_snapshot_that_is_here(session: Session) -> None:
    run(session, 40)
    assert session.status.state is RunState.FAILED
    # that of step 20 had not been brought here for certain, that of step 10 was when the next was taken
    assert session.status.error == "step 25 failed: the GPU is gone. Resume goes on from step 10, on the processor."
    assert (session.status.step, kinds(session)[-1]) == (10, "error")
    assert session.model.is_left


def test_it_goes_on_from_there_on_the_processor(session: Session) -> None:
    run(session, 40)
    whole = run(Session(Toy(), rows(), seed=3), 30)
    run(session, 20)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 30)
    np.testing.assert_array_equal(session.published.state.centre_f, whole.published.state.centre_f)
    steps, _ = session.history["norm"]
    np.testing.assert_array_equal(steps, np.arange(1, 31))


def test_a_device_lost_before_any_snapshot_goes_back_to_the_beginning() -> None:
    session = run(Session(OnCard(lost_at=3), rows(), seed=3), 5)
    assert session.status.error is not None
    assert "from step 0" in session.status.error


def test_a_metric_that_finds_the_device_lost_is_not_disabled() -> None:
    session = Session(OnCard(), rows(), seed=3)
    run(session, 4)

    def lost(state: Any, batch: Batch) -> float:
        if not session.model.is_left:
            raise DeviceError("the GPU is out of memory.")
        return 1.0

    session.metric(lost)
    run(session, 1)
    assert session.status.error == (
        "step 5 failed: the GPU is out of memory. Resume goes on from step 0, on the processor."
    )
    run(session, 3)
    assert session.history.latest("lost") == 1.0


def test_snapshots_bring_states_here_and_the_device_says_what_they_hold() -> None:
    session = run(Session(OnCard(), rows(), seed=3, snapshot_every=2), 6)
    state = session.published.state
    assert session.model.card.fetched == [2, 4, 6]
    assert [kept.state.has_left for kept in session.snapshots[1:]] == [True, True, False]
    assert states.n_bytes(state) == 24
    assert states.digest(state) == state.audit()[1]
    assert states.not_finite(Remote.of(ToyState(np.array([np.nan]), 1, 0), Card())) == "centre_f"


def test_what_a_device_makes_not_finite_fails_as_ever() -> None:
    session = Session(OnCard(), rows(), seed=3)
    session.set(poison=2)
    run(session, 1)
    assert "made centre_f not finite" in str(session.status.error)
