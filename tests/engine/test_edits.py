"""What a person does to the state by hand: in place of a step, in the log, and replayed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixviz.engine.replay import replay
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from tests.engine.toy import Toy, rows, run


def settled(session: Session) -> Session:
    assert session.wait(10)
    return session


def test_an_edit_takes_the_place_of_a_step(session: Session) -> None:
    run(session, 3)
    session.edit("move", to=7.0, feature=1)
    settled(session)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 4)
    assert session.published.state.centre_f[1] == 7.0
    assert session.model.centre_ is session.published.state.centre_f
    line = session.log[-1]
    assert (line.kind, line.name, line.source, line.step) == ("edit", 'move {"to": 7.0, "feature": 1}', "user", 4)
    assert session.edits == ("move",)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "words"),
    [
        ("jump", {}, ValueError, "edit must be one of move, got 'jump'"),
        ("move", {}, TypeError, "edit 'move': missing a required argument: 'to'"),
        ("move", {"to": 1.0, "by": 2}, TypeError, "edit 'move': got an unexpected keyword argument 'by'"),
        ("move", {"to": object()}, TypeError, "arguments of edit 'move' must be JSON values"),
        ("move", {"to": float("nan")}, TypeError, "arguments of edit 'move' must be JSON values"),
    ],
)
def test_an_edit_that_there_is_none_of_is_refused_at_once(session, name, arguments, error, words) -> None:
    with pytest.raises(error, match=words):
        session.edit(name, **arguments)
    assert len(session.log) == 0


def test_numbers_of_numpy_are_numbers(session: Session) -> None:
    run(session, 1)
    session.edit("move", to=np.float32(7), feature=np.argmax([0, 1]))
    settled(session)
    assert session.log[-1].name == 'move {"to": 7.0, "feature": 1}'


def test_an_edit_that_does_not_fit_the_state_changes_nothing(session: Session) -> None:
    run(session, 2)
    before = session.published.state
    told: list[str] = []
    session.events.refused.connect(told.append)
    session.edit("move", to=1.0, feature=9)
    with pytest.warns(RuntimeWarning, match="move refused: index 9 is out of bounds"):
        session.wait(10)
    assert told == [session.log[-1].name]
    assert session.published.state is before
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 2)
    assert run(session, 1).status.step == 3


def test_an_edit_to_infinity_fails_the_run_and_can_be_rewound(session: Session) -> None:
    run(session, 2)
    toy = session.model
    toy._move = lambda state, data, to, feature=0: Toy._move(toy, state, data, np.inf, feature)  # type: ignore[method-assign]
    session.edit("move", to=1.0)
    with pytest.warns(RuntimeWarning, match="not finite"):
        session.wait(10)
    assert session.status.state is RunState.FAILED
    session.rewind(2)
    assert settled(session).status.step == 0, "the newest snapshot at or before step 2"


def test_a_snapshot_and_a_fork_know_the_edit_asked_for_before_them(session: Session) -> None:
    session.start()
    session.edit("move", to=50.0)
    mark = session.snapshot("moved")
    fork = session.fork(mark)
    session.stop()
    settled(session)
    assert any(change.kind == "edit" and change.tick <= mark.tick for change in session.log)
    assert any(change.kind == "edit" for change in fork.log)


def test_edits_are_replayed_also_after_rewinds_and_forks(session: Session, tmp_path: Path) -> None:
    run(session, 5)
    mark = session.snapshot("five")
    session.edit("move", to=3.0)
    session.set(rate=0.7)
    run(session, 4)
    session.rewind(mark)
    session.edit("move", to=-3.0, feature=2)
    session.edit("move", to=9.0)
    run(session, 6)
    session.save(tmp_path / "run.mixviz")
    report = replay(tmp_path / "run.mixviz", rows(), Toy())
    assert (report.identical, report.n_steps) == (True, 5 + 1 + 4 + 2 + 6)
    loaded = Session.load(tmp_path / "run.mixviz", rows(), Toy())
    fork = loaded.fork()
    fork.edit("move", to=1.0)
    run(fork, 3)
    fork.save(tmp_path / "fork.mixviz")
    assert replay(tmp_path / "fork.mixviz", rows(), Toy()).identical


def test_replay_notices_an_edit_that_does_something_else(session: Session, tmp_path: Path) -> None:
    run(session, 2)
    session.edit("move", to=3.0)
    settled(session)
    session.save(tmp_path / "run.mixviz")
    other = Toy()
    other._move = lambda state, data, to, feature=0: Toy._move(other, state, data, to + 1, feature)  # type: ignore[method-assign]
    report = replay(tmp_path / "run.mixviz", rows(), other)
    assert (report.identical, report.first_difference) == (False, 3)
