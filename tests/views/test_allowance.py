"""A panel's processor time a second."""

from __future__ import annotations

import pytest

from mixviz.views import allowance as module
from mixviz.views.allowance import Allowance


class Clock:
    """Stands in for the module `time`."""

    now = cpu = 0.0

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.cpu


def test_what_is_spent_comes_back_with_time_and_neither_saving_nor_debt_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    allowance = Allowance(0.01)

    def spend(seconds: float) -> None:
        with allowance.spent():
            clock.cpu += seconds

    spend(0.01)
    assert not allowance.is_left()
    clock.now += 0.1
    assert allowance.is_left()
    clock.now += 60
    assert allowance.is_left()
    spend(0.0101)  # no more than a second's worth was saved up
    assert not allowance.is_left()
    clock.now += 1
    spend(5)
    clock.now += 1.01  # and no more is owed
    assert allowance.is_left()
