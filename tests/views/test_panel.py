"""Options of a panel: checked, named, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from mixviz.views.base import Frame
from mixviz.views.panel import PanelView, Setting
from tests.views.session import still_session

CHOICE = Setting("axis", "choice", "linear", choices=("linear", "log"))
MANY = Setting("metrics", "many", ["a"], choices=("a", "b", "c"))
TOPIC = Setting("topic", "choice", None, choices=(None, *range(32)))
WHOLE = Setting("n_words", "number", 28, low=1, high=200, step=1)
SHARE = Setting("smoothing", "number", 0.0, low=0, high=0.99)
SWITCH = Setting("is_wide", "switch", False)
TEXT = Setting("name", "text", "")


class Bars(PanelView):
    kind = "bars"

    def __init__(self, axis: str = "linear", n_words: int = 28) -> None:
        super().__init__(axis=axis, n_words=n_words)

    def settings(self, source: Any) -> list[Setting]:
        return [CHOICE, WHOLE]

    def frame(self, source: Any) -> Frame:
        return Frame({}, [])


@pytest.mark.parametrize(
    ("setting", "value", "kept"),
    [
        (CHOICE, "log", "log"),
        (TOPIC, None, None),
        (TOPIC, 31, 31),
        (MANY, ("c", "a"), ["c", "a"]),
        (MANY, [], []),
        (WHOLE, 200, 200),
        (SHARE, 0.5, 0.5),
        (SWITCH, True, True),
        (TEXT, "horror", "horror"),
    ],
)
def test_an_allowed_value_is_kept(setting: Setting, value: Any, kept: Any) -> None:
    assert setting.check(value) == kept


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        (CHOICE, "cubic", "axis takes one of 'linear', 'log', got 'cubic'"),
        (CHOICE, ["log"], "axis takes one of"),
        (TOPIC, 32, "topic takes one of None, 0, 1, …, 31, got 32"),
        (TOPIC, True, "topic takes one of"),
        (TOPIC, "1", "topic takes one of"),
        (MANY, "a", "metrics takes a list of some of 'a', 'b', 'c', got 'a'"),
        (MANY, ["a", "d"], "metrics takes a list"),
        (MANY, ["a", "a"], "metrics takes a list"),
        (MANY, [["a"]], "metrics takes a list"),
        (WHOLE, 0, "n_words takes a whole number from 1 to 200, got 0"),
        (WHOLE, 2.5, "n_words takes a whole number"),
        (WHOLE, True, "n_words takes a whole number"),
        (SHARE, float("nan"), "smoothing takes a number from 0 to 0.99, got nan"),
        (SHARE, "0.5", "smoothing takes a number"),
        (SWITCH, 1, "is_wide takes true or false, got 1"),
        (TEXT, 7, "name takes text"),
        (TEXT, "x" * 1001, "name takes text of at most 1,000 characters"),
    ],
)
def test_any_other_is_refused_in_words(setting: Setting, value: Any, allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        setting.check(value)


def test_configure_changes_what_is_named() -> None:
    bars = Bars()
    bars.configure(still_session(), axis="log")
    assert bars.options == {"axis": "log", "n_words": 28}
    assert Bars(**bars.options).options == bars.options


def test_configure_changes_all_or_nothing() -> None:
    bars = Bars()
    with pytest.raises(ValueError, match="n_words takes"):
        bars.configure(still_session(), axis="log", n_words=0)
    with pytest.raises(ValueError, match="a bars panel has no option 'colour'; options: axis, n_words"):
        bars.configure(still_session(), axis="log", colour="red")
    assert bars.options["axis"] == "linear"
