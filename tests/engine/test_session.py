"""The session's verbs, from any thread, and what happens when something goes wrong."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mixviz.engine.replay import replay
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.types import Metric
from tests.engine.toy import Toy, kinds, rows, run


def test_a_new_session_is_idle_with_a_state(session: Session) -> None:
    status = session.status
    assert (status.state, status.step, status.epoch, status.tick) == (RunState.IDLE, 0, 0, 0)
    assert status.n_steps_per_epoch == 12  # 90 training rows in batches of 8
    np.testing.assert_array_equal(session.model.centre_, np.zeros(3))


def test_step_returns_at_once_and_pauses_after_n(session: Session) -> None:
    run(session, 25)
    status = session.status
    assert (status.state, status.step, status.epoch) == (RunState.PAUSED, 25, 3)
    steps, values = session.history["norm"]
    np.testing.assert_array_equal(steps, np.arange(1, 26))
    assert np.isfinite(values).all()
    assert session.model.centre_ is session.published.state.centre_f


def test_start_pause_resume_stop(session: Session) -> None:
    session.start()
    while session.status.step < 5:
        time.sleep(0.001)
    assert session.status.state is RunState.RUNNING
    assert session.status.steps_per_second > 0
    session.pause()
    assert session.wait(30)
    held = session.status.step
    assert session.status.state is RunState.PAUSED
    assert session.status.steps_per_second == 0
    session.resume()
    while session.status.step <= held:
        time.sleep(0.001)
    session.stop()
    assert session.wait(30)
    assert session.status.state is RunState.STOPPED
    assert kinds(session) == ["start", "pause", "resume", "stop"]
    run(session, 1)  # a stopped session can go on
    assert session.status.state is RunState.PAUSED


def test_no_thread_is_left_when_there_is_nothing_to_do() -> None:
    others = set(threading.enumerate())
    session = run(Session(Toy(), rows()), 3)
    assert "mixviz-training" not in [thread.name for thread in set(threading.enumerate()) - others]
    ref = weakref.ref(session)
    del session
    gc.collect()
    assert ref() is None


def test_set_acts_at_the_next_step_and_is_logged(session: Session) -> None:
    run(session, 2)
    session.set(rate=0.7, temperature=0)
    run(session, 1)
    changes = [(c.step, c.source, c.name, c.old, c.new) for c in session.log if c.kind == "set"]
    assert changes == [(2, "user", "rate", 0.1, 0.7), (2, "user", "temperature", 0.5, 0.0)]
    assert session.controls["rate"].value == 0.7
    assert session.published.values["temperature"] == 0.0


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"rat": 0.1}, ValueError, "did you mean 'rate'"),
        ({"rate": 2}, ValueError, "control 'rate' takes 0 to 1, got 2"),
        ({"rate": float("nan")}, ValueError, "got nan"),
        ({"temperature": 1e-5}, ValueError, "takes 0 or 0.001 to 10"),
        ({"rate": "high"}, TypeError, "takes a number, got 'high'"),
        ({"rate": True}, TypeError, "takes a number, got True"),
        ({"poison": 0.5}, ValueError, "whole numbers"),
        ({"rate": 0.5, "poison": 9}, ValueError, "control 'poison'"),
    ],
)
def test_a_bad_value_is_refused_at_once_and_changes_nothing(
    session: Session, values: dict[str, float], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        session.set(**values)
    run(session, 1)
    assert session.controls["rate"].value == 0.1
    assert "set" not in kinds(session)


@pytest.mark.parametrize("arguments", [{"batch_size": 0.5}, {"seed": -1}, {"seed": "a"}, {"validation": 100},
                                       {"validation": 1.0}, {"validation": -1}, {"snapshot_every": 0},
                                       {"snapshot_budget_bytes": -1}, {"autosave_interval_s": 0}])  # fmt: skip
def test_constructor_names_the_bad_argument(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Session(Toy(), rows(), **arguments)


@pytest.mark.parametrize("n", [0, -1, 1.5, True])
def test_step_refuses_nonsense(session: Session, n: object) -> None:
    with pytest.raises(ValueError, match="n must be"):
        session.step(n)


def test_ten_thousand_sets_from_eight_threads_are_all_logged_and_the_last_wins(session: Session) -> None:
    session.start()
    values = np.arange(10_000).reshape(8, 1250) / 10_000

    def hammer(own: np.ndarray) -> None:
        for value in own.tolist():
            session.set(rate=value)

    threads = [threading.Thread(target=hammer, args=(own,)) for own in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.stop()
    assert session.wait(60)
    changes = [change for change in session.log if change.kind == "set"]
    logged = [change.new for change in changes]
    assert sorted(logged) == values.ravel().tolist()
    for own in values.tolist():  # each thread's own order is kept
        assert [value for value in logged if own[0] <= value <= own[-1]] == own
    assert [change.old for change in changes][1:] == logged[:-1]
    assert session.controls["rate"].value == logged[-1]


def test_a_failing_step_keeps_the_process_and_the_state(session: Session) -> None:
    run(session, 3)
    state = session.published.state
    session.set(poison=1)
    run(session, 5)
    status = session.status
    assert status.state is RunState.FAILED
    assert status.message == "step 4 failed: RuntimeError: poisoned"
    assert "Traceback" in status.error
    assert "toy.py" in status.error
    assert session.errors == {status.message: status.error}
    assert session.published.state is state
    session.set(poison=0)
    session.step(5)
    assert session.wait(30)
    assert (session.status.state, session.status.step, session.status.error) == (RunState.PAUSED, 8, None)


def test_not_finite_stops_at_that_step_and_names_the_changes(session: Session) -> None:
    run(session, 2)
    session.set(rate=0.9)
    session.set(poison=2)
    run(session, 5)
    message = session.status.message
    assert session.status.state is RunState.FAILED
    assert session.status.step == 2
    assert "step 3 made centre_f not finite" in message
    assert "rate 0.1 → 0.9 (user); step 2: poison 0 → 2 (user)" in message
    session.rewind(0)
    assert session.wait(30)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 0)
    assert session.controls["poison"].value == 0  # as it was at that snapshot
    run(session, 3)
    assert session.status.step == 3


def test_a_failing_metric_is_disabled_and_reported(session: Session) -> None:
    @session.metric(every=2)
    def wrong(state: object, batch: object) -> float:
        raise ZeroDivisionError("no words")

    @session.metric
    def n_rows(state: object, batch: object) -> int:
        return len(batch)

    run(session, 6)
    assert session.status.state is RunState.PAUSED
    errors = [change.name for change in session.log if change.kind == "error"]
    assert errors == ["metric wrong disabled: ZeroDivisionError: no words"]
    assert "Traceback" in session.errors[errors[0]]
    assert "wrong" not in session.history
    np.testing.assert_array_equal(session.history["n_rows"][1], [10] * 6)  # the held-out rows


def test_a_failing_listener_is_reported_once_and_the_run_goes_on(session: Session) -> None:
    seen: list[int] = []
    session.events.stepped.connect(lambda step: 1 / 0)
    session.events.paused.connect(lambda: seen.append(session.status.step))
    run(session, 4)
    errors = [change.name for change in session.log if change.kind == "error"]
    assert len(errors) == 1
    assert "listener of stepped" in errors[0]
    assert "ZeroDivisionError" in errors[0]
    assert seen == [4]


def test_wait_from_a_listener_is_refused_instead_of_hanging(session: Session) -> None:
    session.events.stepped.connect(lambda step: session.wait())
    run(session, 1)
    assert "would never return" in " ".join(session.errors)


@pytest.fixture
def heeds_interrupts() -> Iterator[None]:
    """Tests that run in the background of a shell ignore interrupts otherwise."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupted_wait_pauses_and_keeps_the_model(session: Session, heeds_interrupts: None) -> None:
    session.start()
    interrupt = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        session.wait(60)
    assert session.wait(30)
    assert session.status.state is RunState.PAUSED
    assert session.status.step > 0
    assert session.model.centre_ is session.published.state.centre_f


def test_wait_times_out(session: Session) -> None:
    session.start()
    assert session.wait(0.02) is False
    session.stop()
    assert session.wait(30) is True


def test_metrics_see_the_batch_when_nothing_is_held_out() -> None:
    session = Session(Toy(), rows(10), validation=0, batch_size=4)
    session.metric(lambda state, batch: len(batch), name="size")
    run(session, 3)
    np.testing.assert_array_equal(session.history["size"][1], [3, 3, 4])


def test_every_row_is_seen_once_an_epoch() -> None:
    session = Session(Toy(), rows(50), validation=5, batch_size=8)
    for epoch in (1, 2):
        first = (epoch - 1) * session.batches.n_per_epoch
        seen = np.concatenate([session.batches[first + i] for i in range(1, session.batches.n_per_epoch + 1)])
        assert len(set(seen.tolist())) == len(seen) == 45
        assert not set(seen.tolist()) & set(session.held_out.rows.tolist())
    assert not np.array_equal(session.batches[1], session.batches[session.batches.n_per_epoch + 1])


def test_array_valued_metrics(session: Session) -> None:
    session.metric(lambda state, batch: state.centre_f.copy(), name="centre")
    run(session, 5)
    steps, values = session.history["centre"]
    assert steps.shape == (5,)
    assert values.shape == (5, 3)
    frame = session.history.to_frame()
    assert list(frame.columns) == ["shift", "norm"]
    assert list(frame.index) == [1, 2, 3, 4, 5]


def test_failures_are_told_where_somebody_waits(session: Session) -> None:
    session.metric(lambda state, batch: 1 / 0, name="wrong")
    session.step(2)
    with pytest.warns(RuntimeWarning, match="metric wrong disabled: ZeroDivisionError"):
        session.wait(30)
    session.set(poison=1)
    session.step(2)
    with pytest.warns(RuntimeWarning, match="step 3 failed: RuntimeError: poisoned"):
        session.wait(30)
    assert session.wait(30)  # told once


@pytest.mark.parametrize("values", [[None], ["word"], [1.0, np.zeros(2)], [np.zeros(2), 1.0], [object()]])
def test_a_metric_that_returns_nonsense_is_disabled_and_nothing_is_lost(
    session: Session, values: list[object], tmp_path: Path
) -> None:
    rest = iter(values)
    session.metric(lambda state, batch: next(rest), name="odd")
    run(session, 12)
    assert (session.status.state, session.status.step, session.status.tick) == (RunState.PAUSED, 12, 12)
    assert "metric odd disabled: TypeError: returned" in " ".join(session.errors)
    np.testing.assert_array_equal(session.history["norm"][0], np.arange(1, 13))
    session.save(tmp_path / "run.mixviz")
    assert replay(tmp_path / "run.mixviz", rows(), Toy()).identical


def test_steps_asked_for_add_up(session: Session) -> None:
    for _ in range(20):
        session.step()
    session.step(30)
    assert session.wait(30)
    assert session.status.step == 50


def test_a_snapshot_knows_what_was_asked_for_before_it(session: Session) -> None:
    """The requests may not have been applied yet when the snapshot is taken, and nobody waits for them."""
    for i in range(200):
        session.set(rate=i / 200)
        assert session.snapshot().values["rate"] == i / 200
        assert session.fork().controls["rate"].value == i / 200 if i % 50 == 0 else True
    run(session, 10)
    mark = session.snapshot("ten")
    run(session, 5)
    session.rewind(mark)
    again = session.snapshot()
    assert (again.step, again.tick) == (10, 10)
    assert again.state is mark.state


def test_saving_misses_no_request(session: Session, tmp_path: Path) -> None:
    for i in range(30):
        session.set(rate=i / 30)
        session.save(tmp_path / "run.mixviz")
        loaded = Session.load(tmp_path / "run.mixviz", rows(), Toy())
        assert loaded.controls["rate"].value == i / 30
        assert [c.new for c in loaded.log if c.kind == "set"][-1] == i / 30


@pytest.mark.parametrize("model", [Toy, 3, None])
def test_a_model_is_a_model(model: object) -> None:
    with pytest.raises(TypeError, match="model must be"):
        Session(model, rows())


def test_misspelt_and_missing_names(session: Session) -> None:
    with pytest.raises(KeyError, match="nothing is recorded as 'norm'; recorded: nothing yet"):
        session.history["norm"]
    run(session, 1)
    with pytest.raises(KeyError, match="did you mean 'norm'"):
        session.history["nrom"]
    with pytest.raises(ValueError, match="no policy 'typo'; policies: none"):
        session.remove_policy("typo")
    with pytest.raises(TypeError, match="a policy is called"):
        session.add_policy(3)
    with pytest.raises(TypeError, match=r"a metric is a mixviz\.Metric"):
        Session(Toy(), rows(), metrics=[lambda state, batch: 1])
    with pytest.raises(ValueError, match="every must be a whole number"):
        Session(Toy(), rows(), metrics=[Metric("m", lambda state, batch: 1, every=0)])
    with pytest.raises(ValueError, match="name is needed"):
        session.metric(lambda state, batch: 1)
    with pytest.raises(ValueError, match="batch_size"):
        Session(Toy(), rows(), batch_size=0)


def test_it_says_what_it_is(session: Session) -> None:
    assert repr(session) == "Session(Toy, 100 rows, idle at step 0)"
    assert repr(run(session, 2).history) == "History(shift, norm)"


# ---- attachments


def test_attachments_travel_with_a_fork_as_a_copy(session: Session) -> None:
    session.attachments["notes"] = {"by": ["me"]}
    fork = session.fork()
    session.attachments["notes"]["by"].append("you")
    assert fork.attachments == {"notes": {"by": ["me"]}}


def test_an_attachment_that_is_no_json_is_refused_and_ends_no_run(session: Session, tmp_path: Path) -> None:
    session.attachments["array"] = np.zeros(3)
    with pytest.raises(TypeError, match=r"attachments\['array'\] must be plain JSON values"):
        session.save(tmp_path / "run.mixviz")
    with pytest.raises(TypeError, match="attachments"):
        session.fork()
    saving = Session(Toy(), rows(), autosave=tmp_path / "auto.mixviz")
    saving.attachments["nan"] = float("nan")
    saving.step(2)
    with pytest.warns(RuntimeWarning, match="autosave to .* failed: attachments"):
        assert saving.wait(30)
    assert saving.status.state is RunState.PAUSED
