"""What a verb, a policy or the constructor cannot use is refused at once, by name, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mixviz.engine import policies
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.types import Metric
from tests.engine.toy import Toy, rows

NAN, INF = float("nan"), float("inf")


def constant(*arguments: object) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        *(
            (lambda s, n=n: s.step(n), "n must be a whole number of at least 1, got ")
            for n in ("a", NAN, INF, None, [])
        ),
        (lambda s: s.pause(["why"]), r"reason must be text, got \['why'\]"),
        (lambda s: s.snapshot(["x"]), r"name must be text, got \['x'\]"),
        (lambda s: s.snapshot(5), "name must be text, got 5"),
        (lambda s: s.wait("x"), "timeout must be a finite number, got 'x'"),
        (lambda s: s.wait(INF), "timeout must be a finite number, got inf"),
        (lambda s: s.save(5), "path must be a path, got 5"),
        (lambda s: Session.load(5, rows(), Toy()), "path must be a path, got 5"),
        (lambda s: s.history.window("norm", n_bins=0), "n_bins must be a whole number of at least 1, got 0"),
        (lambda s: s.metric(constant, every="x"), "metric 'constant': every must be a whole .* at least 1, got 'x'"),
        (lambda s: s.metric(constant, every=INF), "every must be a whole number of at least 1, got inf"),
        (lambda s: s.metric(constant, name=5), "name must be text, got 5"),
        (lambda s: s.metric(constant, name=""), "name must be text of 1 to 100 characters, got ''"),
        (lambda s: s.metric(constant, name="x" * 101), "name must be text of 1 to 100 characters, got 'xx"),
        (lambda s: s.metric(5), "function must be callable, got 5"),
        (lambda s: s.add_policy(constant, name=5), "name must be text, got 5"),
    ],
)
def test_verbs(session: Session, ask: Callable[[Session], object], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        ask(session)
    session.step(2)
    assert session.wait(30)
    assert (session.status.state, session.status.step) == (RunState.PAUSED, 2)
    assert [change.kind for change in session.log] == ["start", "pause"]
    assert list(session.instruments.metrics) == ["norm"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("snapshot_every", "x", "a whole number of at least 1, got 'x'"),
        ("snapshot_every", None, "a whole number of at least 1, got None"),
        ("snapshot_budget_bytes", "x", "a whole number of at least 0, got 'x'"),
        ("snapshot_budget_bytes", INF, "a whole number of at least 0, got inf"),
        ("validation", "x", "a whole number of at least 0, got 'x'"),
        ("validation", True, "a whole number of at least 0, got True"),
        ("validation", NAN, "a whole number from 0 to 99 or a share .*, got nan"),
        ("validation", 2.5, "a whole number from 0 to 99 or a share .*, got 2.5"),
        ("max_steps_per_second", "x", "above 0, got 'x'"),
        ("max_steps_per_second", NAN, "above 0, got nan"),
        ("autosave_interval_s", "x", "above 0, got 'x'"),
        ("autosave", 5, "a path, got 5"),
        ("metrics", [Metric(5, constant)], "text, got 5"),
    ],
)
def test_the_constructor(name: str, value: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"{name.removesuffix('metrics') or 'name'} must be {words}"):
        Session(Toy(), rows(), **{name: value})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: policies.anneal("rate", 0.1, 0.2, "x"), "steps must be a whole number of at least 2, got 'x'"),
        (lambda: policies.anneal("rate", "x", 0.2, 5), "start must be a finite number, got 'x'"),
        (lambda: policies.plateau("rate", "norm", patience=None), "patience must be a whole number .*, got None"),
        (lambda: policies.plateau("rate", "norm", factor=INF), "factor must be a finite number, got inf"),
        (lambda: policies.plateau("rate", "norm", min_change=NAN), "min_change must be a finite number, got nan"),
        (lambda: policies.time_limit("x"), "seconds must be above 0, got 'x'"),
        (lambda: policies.schedule("rate", 5), "function must be callable, got 5"),
        (lambda: policies.link("rate", None), "function must be callable, got None"),
    ],
)
def test_policies(make: Callable[[], object], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()


def test_whole_numbers_may_come_as_floats(session: Session) -> None:
    session.step(3.0)
    assert session.wait(30)
    assert session.status.step == 3
    assert policies.time_limit(INF).seconds == INF
