"""Going back, starting over, forking, and the snapshots that a person names and pins."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from tests.engine.toy import Toy, kinds, rows, run


def test_rewind_restores_state_controls_and_count(session: Session) -> None:
    run(session, 10)
    mark = session.snapshot("before")
    at_mark = session.published.state
    session.set(rate=0.8)
    run(session, 10)
    left = session.history["norm"][1].copy()
    session.rewind("before")
    assert session.wait(30)
    assert session.status.step == 10
    assert session.status.tick == 20
    assert session.controls["rate"].value == 0.1
    assert session.published.state is at_mark
    assert session.model.centre_ is at_mark.centre_f
    assert len(session.history["norm"][0]) == 10
    run(session, 10)
    steps, values = session.history["norm"]
    np.testing.assert_array_equal(steps, np.arange(1, 21))
    assert not np.allclose(values[10:], left[10:])  # the other rate no longer acts
    rewinds = [(c.old, c.new, c.name, c.target) for c in session.log if c.kind == "rewind"]
    assert rewinds == [(20, 10, "before", mark.tick)]


def test_rewind_and_the_same_course_give_the_same_bits(session: Session) -> None:
    run(session, 20)
    first = session.published.state.centre_f
    session.rewind(10)
    run(session, 10)
    np.testing.assert_array_equal(session.published.state.centre_f, first)


def test_rewind_into_a_course_that_was_left(session: Session) -> None:
    run(session, 10)
    session.set(rate=0.9)
    run(session, 10)
    left = session.snapshot("fast")
    fast = session.history["norm"][1].copy()
    session.rewind(10)
    run(session, 30)
    session.rewind(left)
    run(session, 5)
    steps, values = session.history["norm"]
    np.testing.assert_array_equal(steps, np.arange(1, 26))
    np.testing.assert_array_equal(values[:20], fast)
    assert session.controls["rate"].value == 0.9


def test_values_that_a_rewind_restores_are_not_changed_by_hand(session: Session) -> None:
    run(session, 2)
    session.set(rate=0.9)
    session.rewind(0)
    session.wait()
    changes = [(c.kind, c.source, c.new) for c in session.log if c.kind in ("set", "rewind")]
    assert changes == [("set", "user", 0.9), ("rewind", "user", 0.0), ("set", "session", 0.1)]


def test_what_a_rewind_leaves_can_be_returned_to(session: Session) -> None:
    run(session, 14)
    left = session.published
    session.rewind(10)
    session.rewind(0)
    session.wait()
    assert [kept.step for kept in session.snapshots] == [0, 10, 14]
    session.rewind(session.snapshots[-1])
    session.wait()
    assert session.published.state is left.state


@pytest.mark.parametrize(
    ("mark", "error"), [("nowhere", KeyError), (-1, KeyError), (1.5, TypeError), (None, TypeError)]
)
def test_rewind_to_nowhere(session: Session, mark: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        session.rewind(mark)


def test_fork_is_independent_and_shares_the_random_numbers(session: Session) -> None:
    run(session, 10)
    mark = session.snapshot("here")
    run(session, 5)
    other = session.fork(mark)
    assert (other.status.state, other.status.step) == (RunState.IDLE, 10)
    run(other, 5)
    np.testing.assert_array_equal(other.published.state.centre_f, session.published.state.centre_f)
    other.set(rate=0.9)
    run(other, 5)
    assert (session.status.step, other.status.step) == (15, 20)
    assert session.controls["rate"].value == 0.1
    np.testing.assert_array_equal(other.history["norm"][0], np.arange(1, 21))
    assert session.model is not other.model
    assert session.model.centre_ is session.published.state.centre_f


def test_a_fork_takes_metrics_and_log_along_but_nothing_later(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.metric(lambda state, batch: 1.0, name="mine")
    run(session, 10)
    mark = session.snapshot("here")
    run(session, 1)
    session.set(rate=0.9)
    run(session, 2)
    monkeypatch.setattr(session.model, "init_state", lambda *_: pytest.fail("a fork needs no first state"))
    fork = session.fork(mark)
    assert [(c.kind, c.name) for c in fork.log] == [("start", ""), ("pause", ""), ("snapshot", "here"), ("resume", "")]
    assert fork.history.hashes.n == 10
    run(fork, 2)
    assert fork.history["mine"][0].tolist() == list(range(1, 13))
    assert fork.seed == session.seed
    assert fork.batches is not session.batches


def test_fork_of_a_rewound_session(session: Session) -> None:
    run(session, 20)
    session.rewind(10)
    assert session.wait(30)
    other = run(session.fork(), 3)
    np.testing.assert_array_equal(other.history["norm"][0], np.arange(1, 14))


def test_snapshots_right_after_a_rewind() -> None:
    session = run(Session(Toy(), rows(), snapshot_every=1), 199)
    session.rewind(50)
    session.snapshot()
    run(session, 60)
    assert session.status.step == 110


def test_marks_of_another_session_are_refused(session: Session) -> None:
    other = run(Session(Toy(), rows()), 3)
    with pytest.raises(ValueError, match="another session"):
        session.rewind(other.snapshot("theirs"))


# ---- naming, pinning, starting over


def test_a_snapshot_gets_a_name_later(session: Session) -> None:
    run(session, 25)
    mark = session.snapshots[1]
    named = session.name_snapshot(mark, "early")
    assert (named.step, named.name, named.is_pinned) == (10, "early", True)
    assert session.snapshots[1] == named
    run(session, 1)
    assert [c.name for c in session.log if c.kind == "name"] == ["snapshot of step 10 named “early”"]
    assert session.log[-3].source == "user"
    session.name_snapshot(named, "")
    assert (session.snapshots[1].name, session.snapshots[1].is_pinned) == ("", True)


def test_a_name_moves_to_the_snapshot_that_got_it_last(session: Session) -> None:
    run(session, 25)
    session.name_snapshot(10, "best")
    session.name_snapshot(20, "best")
    assert [s.step for s in session.snapshots if s.name] == [20]
    session.rewind("best")
    run(session, 1)
    assert session.status.step == 21


def test_a_snapshot_can_be_pinned_and_let_go(session: Session) -> None:
    run(session, 15)
    mark = session.snapshots[1]
    assert session.pin_snapshot(mark).is_pinned
    assert session.snapshots[1].is_pinned
    assert not session.pin_snapshot(mark, False).is_pinned
    run(session, 1)
    told = [c.name for c in session.log if c.kind == "name"]
    assert told == ["snapshot of step 10 pinned", "snapshot of step 10 unpinned"]


def test_a_named_snapshot_stays_pinned(session: Session) -> None:
    mark = session.snapshot("here")
    with pytest.raises(ValueError, match="is_pinned must be True for a named snapshot: take the name 'here' away"):
        session.pin_snapshot(mark, False)
    session.name_snapshot("here", "")
    assert not session.pin_snapshot(mark, False).is_pinned


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda s: s.name_snapshot("nowhere", "x"), KeyError, "no snapshot named 'nowhere'"),
        (lambda s: s.name_snapshot(0, 3), TypeError, "name must be text, got 3"),
        (lambda s: s.name_snapshot(None, "x"), TypeError, "a mark is a Snapshot, a name or a step, got None"),
        (lambda s: s.pin_snapshot(0, 1), TypeError, "is_pinned must be True or False, got 1"),
        (lambda s: s.pin_snapshot(Session(Toy(), rows()).snapshots[0]), ValueError, "belongs to another session"),
    ],
)
def test_what_cannot_be_named_or_pinned(session: Session, ask: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ask(session)  # type: ignore[operator]


def test_restart_goes_back_to_the_beginning_and_trains(session: Session) -> None:
    session.set(rate=0.7)
    run(session, 12)
    session.restart()
    session.pause()
    assert session.wait(30)
    assert kinds(session)[-4:] == ["rewind", "set", "resume", "pause"]
    assert session.controls["rate"].value == 0.1
    n_steps = session.status.step + 3  # a step may have been taken before the pause
    run(session, 3)
    assert session.history["norm"][0].tolist() == list(range(1, n_steps + 1))


def test_restart_out_of_a_failure(session: Session) -> None:
    run(session, 3)
    session.set(poison=1)
    run(session, 3)
    assert session.status.state is RunState.FAILED
    session.restart()
    while session.status.step < 5:
        time.sleep(0.001)
    session.stop()
    assert session.wait(30)
    assert (session.status.state, session.status.message) == (RunState.STOPPED, "")


def test_a_fork_restarts_where_it_was_forked(session: Session) -> None:
    run(session, 12)
    fork = session.fork(10)
    run(fork, 3)
    fork.restart()
    fork.pause()
    assert fork.wait(30)
    assert [(c.old, c.new) for c in fork.log if c.kind == "rewind"] == [(13, 10)]
    assert fork.status.step >= 10
    assert fork.history["norm"][0].tolist() == list(range(1, fork.status.step + 1))
