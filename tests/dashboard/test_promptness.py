"""What a dashboard tells its relay: when a frame may wait, when somebody waits for it, when the run came to rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mixviz.dashboard import Dashboard
from mixviz.engine.session import Session
from mixviz.relay import Relay
from tests.dashboard.toy import Rows, Toy


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the relay was told, in order; it does nothing."""
    said: list[Any] = []

    def telling(name: str) -> Any:
        return lambda relay: said.append(name)

    for name in ("notify", "hurry", "rest"):
        monkeypatch.setattr(Relay, name, telling(name))
    return said


@pytest.fixture
def quiet(told: list[Any]) -> Iterator[Dashboard]:
    dash = Dashboard(Session(Toy(), Rows()))
    yield dash
    dash.close()


def run(dash: Dashboard, n: int) -> None:
    dash.session.step(n)
    assert dash.session.wait(10)


def test_steps_may_wait_and_rest_may_not(quiet: Dashboard, told: list[Any]) -> None:
    run(quiet, 3)
    assert told[-3:] == ["notify", "notify", "rest"], "the second step, the third, paused"
    assert set(told[:-3]) == {"hurry"}, "asked for, started, its first step"


def test_a_change_by_hand_and_its_first_effect_are_hurried(quiet: Dashboard, told: list[Any]) -> None:
    quiet.session.set(l1=0.5)
    run(quiet, 2)
    assert told[0] == "hurry"
    assert told[-3:] == ["hurry", "notify", "rest"], "the first step after it, the second, paused"


def test_a_rewind_is_hurried_and_a_failure_is_rest(quiet: Dashboard, told: list[Any]) -> None:
    run(quiet, 2)
    told.clear()
    quiet.session.rewind(0)
    assert quiet.session.wait(10)
    assert "hurry" in told
    quiet.session.set(temperature=10.0)
    told.clear()
    quiet.session.step()
    with pytest.warns(RuntimeWarning, match="too hot"):
        quiet.session.wait(10)
    assert told[-1] == "rest"


def test_what_a_view_says_reaches_the_relay_whole(quiet: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []
    monkeypatch.setattr(Relay, "hello", lambda relay, view, seen: said.append((view, seen)))
    monkeypatch.setattr(
        Relay, "acknowledge", lambda relay, view, seq, *, is_attended: said.append((view, seq, is_attended))
    )
    for message in (
        {"type": "hello", "seen": 7},
        {"type": "ack", "seq": 8, "is_attended": False},
        {"type": "ack", "seq": 9, "is_attended": True},
    ):
        quiet._handle_custom_msg({"view": "v", **message}, [])
    assert said == [("v", 7), ("v", 8, False), ("v", 9, True)]


def test_a_dashboard_has_one_watch_and_ends_it(quiet: Dashboard) -> None:
    quiet.pause_unseen(50)
    first = quiet._watch
    quiet.pause_unseen(60)
    second = quiet._watch
    assert first is not None
    assert second is not None
    assert (first._closed.is_set(), second._closed.is_set()) == (True, False)
    quiet.close()
    assert second._closed.is_set()
