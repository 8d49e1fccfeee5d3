"""What a person reads when something asked for is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mixviz.requests import ask


def raising(error: BaseException) -> Any:
    def verb() -> None:
        raise error

    return verb


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("n must be 1"), "n must be 1"),
        (AssertionError(), "AssertionError"),
        (KeyError("there is no snapshot"), "there is no snapshot"),
        (KeyError(), "KeyError"),
        (FileNotFoundError(2, "No such file", "a.mv"), "[Errno 2] No such file: 'a.mv'"),
    ],
)
def test_why_something_was_refused_is_never_empty(error: Exception, words: str) -> None:
    assert ask({"x": raising(error)}, "x", {}) == {"error": words}


def test_what_was_done_has_no_error_and_an_unknown_verb_has_one() -> None:
    assert ask({"x": lambda n: None}, "x", {"n": 1}) == {}
    assert ask({"x": lambda: None}, "y", {}) == {"error": "verb must be one of x, got 'y'"}
