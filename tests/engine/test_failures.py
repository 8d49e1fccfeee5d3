"""What the user's code raises or returns never leaves a run half recorded, silent or running without a thread."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixviz.engine import states
from mixviz.engine.policies import schedule
from mixviz.engine.replay import replay
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.types import Batch
from tests.engine.toy import Rows, Toy, ToyState, rows


def run(session: Session, n: int) -> Session:
    session.step(n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # these runs are made to fail
        assert session.wait(30)
    return session


def errors(session: Session) -> list[str]:
    return [change.name for change in session.log if change.kind == "error"]


def assert_replays(session: Session, path: Path) -> None:
    session.save(path)
    assert replay(path, rows(), Toy(), progress=False).identical
    assert session.history.hashes.n == session.status.tick == session.status.step


# ---- metrics


@pytest.mark.parametrize("n_before", [0, 3])
def test_a_metric_of_another_kind_than_a_figure_of_the_step_is_disabled(
    session: Session, n_before: int, tmp_path: Path
) -> None:
    if n_before:
        run(session, n_before)
    session.metric(lambda state, batch: np.arange(3.0), name="shift", every=2)
    run(session, 4)
    assert session.status.state is RunState.PAUSED
    assert errors(session) == [
        "metric shift disabled: TypeError: returned an array of shape (3,); 'shift' was a number before"
    ]
    np.testing.assert_array_equal(session.history["shift"][0], np.arange(1, n_before + 5))
    assert_replays(session, tmp_path / "run.mixviz")


def test_a_fork_and_a_loaded_session_know_which_columns_hold_numbers(session: Session, tmp_path: Path) -> None:
    session.metric(lambda state, batch: 1.0, name="mine")
    run(session, 3).save(tmp_path / "run.mixviz")
    for other in (session.fork(), Session.load(tmp_path / "run.mixviz", rows(), Toy())):
        other.metric(lambda state, batch: np.zeros(2), name="mine")
        run(other, 2)
        assert (other.status.state, other.status.step, other.status.tick) == (RunState.PAUSED, 5, 5)
        assert "'mine' was a number before" in errors(other)[0]


def test_a_step_that_cannot_be_recorded_leaves_no_trace(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    run(session, 3)
    monkeypatch.setattr(session.instruments, "measure", lambda *_: iter([("norm", np.zeros(2))]))
    run(session, 1)
    assert session.status.state is RunState.FAILED
    monkeypatch.undo()
    run(session, 2)
    assert (session.status.step, session.status.tick, session.history.hashes.n) == (5, 5, 5)
    for name in session.history:
        np.testing.assert_array_equal(session.history[name][0], np.arange(1, 6))


def test_a_metric_may_return_its_own_buffer(session: Session) -> None:
    buffer = np.zeros(2)

    def count(state: object, batch: object) -> np.ndarray:
        buffer[:] += 1
        return buffer

    session.metric(count, name="first")
    session.metric(count, name="second")
    run(session, 3)
    assert session.history["first"][1].tolist() == [[1, 1], [3, 3], [5, 5]]
    assert session.history["second"][1].tolist() == [[2, 2], [4, 4], [6, 6]]
    assert not session.history.latest_array("first").flags.writeable


def test_a_metric_that_was_replaced_while_it_failed_does_not_take_the_new_one_with_it(session: Session) -> None:
    def replaced(state: object, batch: object) -> float:
        session.metric(lambda state, batch: 1.0, name="mine")
        raise ValueError("too late")

    session.metric(replaced, name="mine")
    run(session, 3)
    assert errors(session) == []
    assert session.instruments.failures == {}
    assert session.history["mine"][0].tolist() == [2, 3]


def test_metrics_added_from_two_threads_are_both_there(session: Session) -> None:
    class Slow(str):
        def __hash__(self) -> int:
            time.sleep(0.05)
            return super().__hash__()

    add = partial(session.metric, lambda state, batch: 1.0)
    threads = [threading.Thread(target=add, kwargs={"name": Slow(name)}) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(session.instruments.metrics) == ["first", "norm", "second"]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_no_except_should_catch_fails_the_run_and_tells_where(
    session: Session, error: type[BaseException]
) -> None:
    def leave(state: object, batch: object) -> float:
        raise error

    told: list[str] = []
    session.events.failed.connect(told.append)
    session.metric(leave)
    run(session, 5)
    assert session.status.state is RunState.FAILED
    assert "in leave" in (session.status.error or "")
    assert told == [session.status.message]
    assert (session.status.step, session.status.tick) == (0, 0)


# ---- policies


def test_a_policy_that_cannot_restart_is_disabled(session: Session) -> None:
    class Broken:
        controls = ("rate",)
        n_calls = 0

        def restart(self) -> None:
            raise ValueError("mine")

        def __call__(self, session: Session) -> None:
            self.n_calls += 1

    broken = Broken()
    session.add_policy(broken)
    run(session, 3)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 3)
    assert errors(session) == ["policy Broken disabled: ValueError: mine"]
    assert broken.n_calls == 0
    assert session.owners == {}


def test_a_policy_that_was_disabled_owns_nothing(session: Session) -> None:
    def wild(session: Session) -> None:
        session.set(rate=0.3)
        raise ValueError("mine")

    session.add_policy(wild)
    run(session, 2)
    assert session.controls["rate"].value == 0.3
    assert session.owners == {}


def test_a_snapshot_taken_by_a_policy_knows_what_the_policy_has_just_set(session: Session) -> None:
    def policy(session: Session) -> None:
        session.set(rate=session.status.step / 100)
        kept.append(session.snapshot().values["rate"])

    kept: list[float] = []
    session.add_policy(policy)
    run(session, 5)
    assert errors(session) == []
    assert kept == [0, 0.01, 0.02, 0.03, 0.04]


def test_a_snapshot_does_not_know_what_a_suspended_policy_asked_for(session: Session) -> None:
    session.add_policy(schedule("rate", lambda step: step / 100, name="mine"))
    run(session, 1)
    session.set(rate=0.9)

    def look(session: Session) -> None:
        kept.append(session.snapshot().values["rate"])

    kept: list[float] = []
    session.add_policy(look)
    run(session, 3)
    assert kept == [0.9] * 3


# ---- listeners


def test_a_listener_is_reported_once_whatever_it_says(session: Session) -> None:
    def tell(step: int) -> None:
        raise ValueError(f"at {step}")

    session.events.stepped.connect(tell)
    run(session, 50)
    assert errors(session) == ["a listener of stepped raised ValueError('at 1')"]
    assert len(session.errors) == 1


def test_a_listener_that_wants_to_exit_is_reported(session: Session) -> None:
    def leave(step: int) -> None:
        raise SystemExit(3)

    session.events.stepped.connect(leave)
    run(session, 5)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 5)
    assert errors(session) == ["a listener of stepped raised SystemExit(3)"]


def test_listeners_are_called_outside_the_lock(session: Session) -> None:
    taken: list[bool] = []

    def look(*arguments: object) -> None:
        def take() -> None:
            taken.append(session.lock.acquire(timeout=1))
            if taken[-1]:
                session.lock.release()

        thread = threading.Thread(target=take)
        thread.start()
        thread.join()

    events = session.events
    for signal in (events.stepped, events.changed, events.resumed, events.paused, events.rewound, events.snapshotted):
        signal.connect(look, check_nargs=False)
    session.snapshot("here")
    run(session, 2)
    session.rewind(0)
    assert session.wait(30)
    assert len(taken) >= 9
    assert all(taken)


# ---- models


@dataclass(frozen=True)
class TwoArrays:
    first_k: np.ndarray
    second_k: np.ndarray


def test_every_array_of_a_state_is_looked_at() -> None:
    fine, wrong = np.zeros(3, np.float32), np.array([0.0, np.inf, 0.0], np.float32)
    assert states.not_finite(TwoArrays(fine, wrong)) == "second_k"
    assert states.not_finite(TwoArrays(wrong, fine)) == "first_k"
    assert states.not_finite(TwoArrays(fine, np.arange(3))) is None
    assert states.not_finite(TwoArrays(fine, np.full(3, 3e38, np.float32))) is None  # only the sum overflows


def test_arrays_of_a_state_are_set_read_only() -> None:
    class Careless(Toy):
        def init_state(self, data: Rows, seed: int) -> ToyState:
            return ToyState(np.zeros(3), 0, seed)

        def step(self, state: ToyState, batch: Batch, controls: Mapping[str, float]) -> tuple[ToyState, dict[str, Any]]:
            return ToyState(state.centre_f + 1, state.step + 1, state.seed), {}

    session = Session(Careless(), rows())
    session.metric(lambda state, batch: state.centre_f.fill(0), name="vandal")
    assert not session.published.state.centre_f.flags.writeable
    run(session, 2)
    assert session.published.state.centre_f.tolist() == [2, 2, 2]
    assert "read-only" in errors(session)[0]


def test_a_model_that_does_not_adopt_its_state_does_not_take_the_session_with_it(session: Session) -> None:
    def refuse(state: object, data: object) -> None:
        raise ValueError("not mine")

    session.model.adopt = refuse  # type: ignore[method-assign]
    run(session, 3)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 3)
    assert errors(session) == ["the model did not adopt its state: ValueError: not mine"]
