"""Policies steer with the same verbs as a person, in the same log, and give way to one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from mixviz.engine import policies
from mixviz.engine.session import Session
from mixviz.engine.status import RunState


def run(session: Session, n: int) -> None:
    session.step(n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # some of these policies are made to fail
        assert session.wait(30)


def settings(session: Session, name: str) -> list[float]:
    return [change.new for change in session.log if change.kind == "set" and change.name == name]


def test_anneal_is_geometric_and_holds(session: Session) -> None:
    session.add_policy(policies.anneal("temperature", start=1.0, stop=0.01, steps=5))
    run(session, 8)
    np.testing.assert_allclose(settings(session, "temperature"), [1.0, 10**-0.5, 0.1, 10**-1.5, 0.01])
    assert {c.source for c in session.log if c.kind == "set"} == {"policy:anneal"}
    assert session.owners == {"temperature": "anneal"}


def test_anneal_to_zero_is_linear(session: Session) -> None:
    session.add_policy(policies.anneal("rate", start=1.0, stop=0.0, steps=3))
    run(session, 4)
    np.testing.assert_allclose(settings(session, "rate"), [1.0, 0.5, 0.0])


def test_anneal_to_zero_passes_over_what_is_not_allowed(session: Session) -> None:
    session.add_policy(policies.anneal("temperature", start=0.003, stop=0.0, steps=8))
    run(session, 10)
    assert not session.errors
    np.testing.assert_allclose(settings(session, "temperature")[-3:], [0.003 * 3 / 7, 0.001, 0.0])
    assert session.controls["temperature"].low == 0.001


def test_anneal_begins_when_it_is_added_and_again_after_a_rewind_before_that(session: Session) -> None:
    run(session, 10)
    session.add_policy(policies.anneal("rate", start=0.8, stop=0.2, steps=3, shape="linear"))
    run(session, 3)
    assert [c.step for c in session.log if c.kind == "set"] == [10, 11, 12]
    session.rewind(0)
    run(session, 1)
    assert session.published.values["rate"] == 0.8


def test_a_manual_change_suspends_until_resumed(session: Session) -> None:
    session.add_policy(policies.schedule("rate", lambda step: step / 100))
    run(session, 3)
    session.set(rate=0.9)
    run(session, 3)
    assert session.controls["rate"].value == 0.9
    assert session.suspended == {"rate": ("schedule",)}
    assert session.owners == {}
    assert "schedule suspended on rate" in [change.name for change in session.log if change.kind == "policy"]
    session.resume_policies("rate")
    run(session, 1)
    assert session.controls["rate"].value == 0.07
    assert session.owners == {"rate": "schedule"}


def test_link_follows_another_control(session: Session) -> None:
    session.add_policy(policies.link("rate", lambda values: values["temperature"] / 2))
    session.set(temperature=0.2)
    run(session, 2)
    assert session.controls["rate"].value == 0.1
    session.set(temperature=0.8)
    run(session, 2)
    assert session.controls["rate"].value == 0.4


def test_plateau_acts_when_the_metric_stops_improving(session: Session) -> None:
    values = iter([1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3])
    session.metric(lambda state, batch: next(values), name="score")
    session.add_policy(policies.plateau("rate", "score", factor=0.5, patience=3))
    run(session, 7)
    assert settings(session, "rate") == [0.05]
    assert next(c.step for c in session.log if c.kind == "set") == 6


def test_plateau_passes_over_what_is_not_finite(session: Session) -> None:
    values = iter([1, np.nan, np.inf, np.nan, 2, np.nan, 3, -np.inf, 3, np.nan, 3, 3, 3])
    session.metric(lambda state, batch: next(values), name="score")
    session.add_policy(policies.plateau("rate", "score", factor=0.5, patience=2))
    run(session, 13)
    assert session.errors == {}
    assert [c.step for c in session.log if c.kind == "set"] == [11]


def test_plateau_watches_numbers_only(session: Session) -> None:
    session.metric(lambda state, batch: state.centre_f, name="centre")
    session.add_policy(policies.plateau("rate", "centre"))
    run(session, 3)
    assert list(session.errors) == [
        "policy plateau disabled: TypeError: metric must be a column of numbers, 'centre' is one of arrays"
    ]


def test_time_limit_pauses(session: Session) -> None:
    session.add_policy(policies.time_limit(0.05))
    session.start()
    assert session.wait(30)
    assert session.status.state is RunState.PAUSED
    assert next(c.source for c in session.log if c.kind == "pause") == "policy:time_limit"


def test_a_failing_policy_is_disabled_and_reported(session: Session) -> None:
    def wild(s: Session) -> None:
        s.set(rate=99)

    session.add_policy(wild)
    run(session, 3)
    assert session.status.step == 3
    assert [c.name for c in session.log if c.kind == "error"] == [
        "policy wild disabled: ValueError: control 'rate' takes 0 to 1, got 99"
    ]


def test_remove_policy(session: Session) -> None:
    name = session.add_policy(policies.schedule("rate", lambda step: 0.3, name="mine"))
    run(session, 1)
    session.remove_policy(name)
    session.set(rate=0.5)
    run(session, 1)
    assert session.controls["rate"].value == 0.5
    assert session.owners == session.suspended == {}


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: policies.anneal("rate", 1, 0.1, 1), "steps"),
        (lambda: policies.anneal("rate", 0, 1, 5, "geometric"), "geometric"),
        (lambda: policies.anneal("rate", float("nan"), 1, 5), "start must be a finite number, got nan"),
        (lambda: policies.anneal("rate", 1, float("inf"), 5), "stop must be a finite number, got inf"),
        (lambda: policies.anneal("rate", 0, 1, 5, "wavy"), "shape"),
        (lambda: policies.plateau("rate", "norm", factor=0), "factor"),
        (lambda: policies.plateau("rate", "norm", patience=0), "patience"),
        (lambda: policies.plateau("rate", "norm", mode="up"), "mode"),
        (lambda: policies.time_limit(0), "seconds"),
    ],
)
def test_bad_arguments_are_named(make: object, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        make()


def test_a_policy_on_an_unknown_control_is_refused_at_once(session: Session) -> None:
    with pytest.raises(ValueError, match="no control 'heat'"):
        session.add_policy(policies.anneal("heat", 1, 0.1, 5))
    with pytest.raises(KeyError, match="no control 'rat'; did you mean 'rate'"):
        session.controls["rat"]
    assert repr(session.controls).startswith("Controls(rate=")


def test_two_anneals_on_two_controls_live_side_by_side(session: Session) -> None:
    first = session.add_policy(policies.anneal("rate", 1.0, 0.1, 3))
    second = session.add_policy(policies.anneal("temperature", 1.0, 0.1, 3))
    assert (first, second) == ("anneal", "anneal temperature")
    run(session, 4)
    assert session.owners == {"rate": "anneal", "temperature": "anneal temperature"}
    assert session.add_policy(policies.anneal("rate", 0.5, 0.2, 3)) == "anneal"  # replaces the first
    run(session, 1)
    assert session.controls["rate"].value == 0.5


def test_a_policy_added_again_starts_again(session: Session) -> None:
    course = policies.anneal("rate", 1.0, 0.1, 3)
    session.add_policy(course)
    run(session, 5)
    session.add_policy(course)
    run(session, 1)
    assert session.controls["rate"].value == 1.0


def test_whole_number_controls_are_rounded(session: Session) -> None:
    session.add_policy(policies.anneal("poison", 0.4, 0.0, 3))
    run(session, 4)
    assert session.status.step == 4
    assert session.controls["poison"].value == 0
    assert not session.errors


def test_plateau_leaves_zero_alone(session: Session) -> None:
    session.metric(lambda state, batch: 1.0, name="flat")
    session.set(temperature=0)
    session.add_policy(policies.plateau("temperature", "flat", patience=2))
    run(session, 8)
    assert session.controls["temperature"].value == 0
