"""What is dear is made once for each state, and seldom."""

from __future__ import annotations

import time

import pytest

from mixviz.views import spared as module
from mixviz.views.base import Frame
from mixviz.views.spared import LONGEST_REST_S, Spared


def test_the_same_is_not_made_twice_and_the_next_waits_for_a_rest() -> None:
    spared, made, state = Spared(0.02), [], object()

    def make() -> Frame:
        begun = time.thread_time()
        while time.thread_time() - begun < 0.03:
            pass
        made.append(Frame({}, []))
        return made[-1]

    first = spared.made(state, (1,), make)
    assert 1 < spared._rests_until - time.monotonic() < 2
    assert spared.made(state, (1,), make) is first
    assert spared.is_newest
    assert spared.made(object(), (1,), make) is first
    assert not spared.is_newest
    assert spared.made(state, (2,), make) is first
    spared._rests_until = 0
    assert spared.made(state, (2,), make) is made[1]
    assert spared.is_newest


def test_it_never_rests_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = [0.0]
    monkeypatch.setattr(module.time, "thread_time", lambda: spent[0])
    spared: Spared[None] = Spared(0.01)
    spared.made(None, (), lambda: spent.append(spent.pop() + 9.0))
    assert LONGEST_REST_S - 1 < spared._rests_until - time.monotonic() <= LONGEST_REST_S
