"""The dashboard without a browser: what it sends to a view, and what it passes on to the session."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import ipywidgets
import numpy as np
import pytest

from mixviz.dashboard import Dashboard
from mixviz.data.datasets import load_digits
from mixviz.engine.session import Session
from mixviz.models.kmeans import KMeans
from mixviz.steering import steer
from tests.dashboard.toy import N_TOPICS, Rows, Toy, wait_until


def test_without_a_view_nothing_is_sent_and_nothing_waits(browser, dash):
    dash.session.step(50)
    assert dash.session.wait(20)
    wait_until(lambda: dash.saved_frame)
    assert browser.n_messages == 0
    assert [panel["step"] for panel in dash.saved_frame["header"]["panels"] if panel["id"] == "run_bar"] == [50]


def test_hello_shows_every_panel(browser, dash):
    browser.say(dash, type="hello", seen=0)
    wait_until(lambda: browser.panels)
    assert set(browser.panels) >= {"layout", "run_bar", "controls", "topic_matrix", "log", "lines:likelihood"}
    assert next(iter(browser.panels)) == "layout"
    assert [panel for panel in browser.panels.values() if "error" in panel] == []
    assert set(dash.figures) == {"lines:likelihood"}
    assert browser.panels["lines:likelihood"]["series"][0]["help"] == "per token"


def test_frames_follow_the_run(browser, dash):
    browser.say(dash, type="hello", seen=0)
    dash.session.step(30)
    wait_until(lambda: browser.panels.get("run_bar", {}).get("step") == 30)
    wait_until(lambda: browser.panels["run_bar"]["state"] == "paused")
    steps = np.frombuffer(browser.buffers["lines:likelihood"][0], "<f8")
    assert steps.tolist() == list(range(1, 31))
    weights = np.frombuffer(browser.buffers["topic_matrix"][0], "<f4")
    assert weights.size == 28 * N_TOPICS


def test_a_slider_reaches_the_session_and_comes_back_as_applied(browser, dash):
    browser.say(dash, type="hello", seen=0)
    dash.session.start()
    assert "error" not in browser.ask(dash, "set", l1=0.25)
    wait_until(lambda: browser.panels["controls"]["controls"][0]["value"] == 0.25)
    row = browser.panels["controls"]["controls"][0]
    assert (row["name"], row["applied_step"]) == ("l1", dash.session.log[-1].step + 1)
    assert browser.panels["log"]["lines"][0]["text"] == "l1 0 → 0.25"


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("set", {"l1": 7.0}, "control 'l1' takes 0 or 0.0001 to 1, got 7.0"),
        ("set", {"nothing": 1.0}, "there is no control 'nothing'"),
        ("rewind", {"snapshot": 999}, "snapshot 999"),
        ("resume_policies", {"control": "nothing"}, "nothing"),
        ("edit", {"name": "split", "cluster": 3}, "edit must be one of none, got 'split'"),
        ("format_disk", {}, "format_disk"),
    ],
)
def test_what_the_session_refuses_is_said_in_words(browser, dash, verb, arguments, words):
    reply = browser.ask(dash, verb, **arguments)
    assert words in reply["error"]
    assert (reply["view"], reply["n"]) == ("v", 1)


def test_verbs(browser, dash):
    session = dash.session
    browser.ask(dash, "start")
    wait_until(lambda: session.status.step > 3)
    browser.ask(dash, "pause")
    wait_until(lambda: session.status.state == "paused")
    at = session.status.step
    browser.ask(dash, "step")
    wait_until(lambda: session.status.step == at + 1)
    browser.ask(dash, "snapshot")
    wait_until(lambda: session.snapshots[-1].name == f"kept at step {at + 1}")
    assert session.snapshots[-1].step == at + 1
    browser.ask(dash, "rewind", snapshot=session.snapshots[0].id)
    wait_until(lambda: session.status.step == 0)
    browser.ask(dash, "resume")
    wait_until(lambda: session.status.state == "running")
    browser.ask(dash, "stop")
    wait_until(lambda: session.status.state == "stopped")


def test_clusters_are_edited_by_hand(browser):
    dash = steer(KMeans(4, random_state=0), load_digits(), start=False)
    assert "error" not in browser.ask(dash, "edit", name="split", cluster=3)
    wait_until(lambda: dash.session.status.step == 1)
    assert [(change.kind, change.name) for change in dash.session.log][-1] == ("edit", 'split {"cluster": 3}')
    assert "error" not in browser.ask(dash, "edit", name="merge", cluster=3, into=3)
    wait_until(lambda: browser.notices)
    assert browser.notices == ["merge refused: into must be another cluster than 3"]
    assert dash.session.status.step == 1
    with pytest.warns(RuntimeWarning, match="merge refused"):
        dash.session.wait(10)
    dash.close()


def test_a_policy_shows_as_owner_and_a_slider_suspends_it(browser, dash):
    def cool(session: Any) -> None:
        session.set(temperature=0.5)

    def row() -> dict[str, Any]:
        return browser.panels["controls"]["controls"][1]

    browser.say(dash, type="hello", seen=0)
    dash.session.add_policy(cool)
    dash.session.start()
    wait_until(lambda: browser.panels and row()["owner"] == "cool")
    browser.ask(dash, "set", temperature=2.0)
    wait_until(lambda: row()["suspended"] == ["cool"])
    assert (row()["owner"], row()["value"]) == (None, 2.0)
    browser.ask(dash, "resume_policies", control="temperature")
    wait_until(lambda: row()["owner"] == "cool" and row()["value"] == 0.5)


def test_a_failure_is_shown_with_its_traceback(browser, dash):
    browser.say(dash, type="hello", seen=0)
    dash.session.set(temperature=10.0)
    dash.session.start()
    wait_until(lambda: browser.panels.get("run_bar", {}).get("state") == "failed")
    bar = browser.panels["run_bar"]
    assert "too hot" in bar["message"]
    assert "FloatingPointError" in bar["traceback"]
    with pytest.warns(RuntimeWarning, match="too hot"):
        dash.session.wait(10)


def test_a_metric_added_while_it_runs_gets_a_line(browser, dash):
    browser.say(dash, type="hello", seen=0)
    dash.session.start()

    @dash.session.metric
    def largest(state: Any, batch: Any) -> float:
        return float(state.phi_vk.max())

    wait_until(lambda: "lines:largest" in browser.panels)
    wait_until(lambda: browser.panels["lines:largest"]["series"][0]["value"] is not None)
    assert set(dash.figures) == {"lines:likelihood", "lines:largest"}


def test_a_view_that_raises_leaves_the_others_alone(browser, dash, monkeypatch):
    monkeypatch.setattr(dash._board.views["topic_matrix"], "frame", lambda source: 1 / 0)
    browser.say(dash, type="hello", seen=0)
    wait_until(lambda: "topic_matrix" in browser.panels)
    assert "ZeroDivisionError" in browser.panels["topic_matrix"]["error"]["message"]
    assert "error" not in browser.panels["lines:likelihood"]


def test_requests_from_many_threads_all_arrive(browser, dash):
    """Messages may come in any thread; the last value of each thread is applied in the order it was taken."""

    def drag(thread: int) -> None:
        for i in range(200):
            browser.say(dash, type="request", n=i, verb="set", arguments={"l1": (thread * 200 + i + 1) / 10_000})

    threads = [threading.Thread(target=drag, args=(t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: len([c for c in dash.session.log if c.kind == "set"]) == 800)
    wait_until(lambda: len(browser.replies) == 800)
    assert dash.session.controls["l1"].value == dash.session.log[-1].new


def test_close_ends_the_thread_and_leaves_the_session(browser):
    before = {thread for thread in threading.enumerate() if thread.name == "mixviz-publisher"}
    dash = Dashboard(Session(Toy(), Rows()))
    (thread,) = {t for t in threading.enumerate() if t.name == "mixviz-publisher"} - before
    dash.session.start()
    dash.close()
    thread.join(5)
    assert not thread.is_alive()
    step = dash.session.status.step
    wait_until(lambda: dash.session.status.step > step)
    dash.session.stop()
    dash.session.wait(10)


def test_snapshots_are_named_pinned_and_gone_back_to(browser, dash):
    session = dash.session
    browser.ask(dash, "snapshot", name="here")
    (first, here) = session.snapshots
    assert here.name == "here"
    browser.ask(dash, "name_snapshot", snapshot=first.id, name="start")
    browser.ask(dash, "name_snapshot", snapshot=here.id, name="")
    browser.ask(dash, "pin_snapshot", snapshot=here.id, is_pinned=False)
    assert [(s.name, s.is_pinned) for s in session.snapshots] == [("start", True), ("", False)]
    session.step(5)
    assert session.wait(10)
    browser.ask(dash, "restart")
    wait_until(lambda: session.status.tick > 6)
    assert [(c.old, c.new) for c in session.log if c.kind == "rewind"] == [(5, 0)]


def test_a_fork_is_shown_below(browser, dash):
    dash.session.step(12)
    assert dash.session.wait(10)
    dash.remove("log")
    fork = dash.fork(10)
    assert (fork.session.status.step, fork.session.status.state, fork.forked_at) == (10, "idle", 10)
    assert fork.layout == dash.layout
    assert dash.forks == [fork]
    assert dash.get_state("forks")["forks"] == [f"IPY_MODEL_{fork.model_id}"]
    browser.ask(dash, "fork", snapshot=dash.session.snapshots[0].id)
    browser.ask(dash, "fork", snapshot=None)
    assert [fork.forked_at for fork in dash.forks] == [10, 0, 12]
    fork.close()
    assert [fork.forked_at for fork in dash.forks] == [0, 12]
    browser.ask(dash, "close_fork", index=1)
    assert [fork.forked_at for fork in dash.forks] == [0]
    assert "number of forks" in browser.ask(dash, "close_fork", index=1)["error"]
    assert dash.layout[0]["id"] == "lines:likelihood"


def test_a_dashboard_of_no_session_is_refused() -> None:
    with pytest.raises(TypeError, match=r"session must be a mixviz.Session, got 3"):
        Dashboard(3)  # type: ignore[arg-type]
    gc.collect()  # an exception in __del__ would fail the test as unraisable


def test_a_metric_that_failed_says_why_in_its_own_panel(browser, dash):
    def broken(state: Any, batch: Any) -> float:
        raise LookupError("no such topic")

    dash.session.metric(broken)
    dash.session.step(1)
    with pytest.warns(RuntimeWarning, match="no such topic"):
        assert dash.session.wait(10)
    failure = dash._compose()["lines:broken"][0]["series"][0]["failure"]
    assert failure["message"] == "metric broken disabled: LookupError: no such topic"
    assert "in broken" in failure["traceback"]
    dash.session.metric(lambda state, batch: 1.0, name="broken")
    dash.session.step(1)
    assert dash.session.wait(10)
    wait_until(lambda: dash._compose()["lines:broken"][0]["series"][0]["failure"] is None)


def test_a_dashboard_says_what_it_shows(dash):
    assert repr(dash).startswith("Dashboard(Session(Toy, ")


@pytest.mark.parametrize("interval_ms", [0, -1, "100", True, None])
def test_a_pace_that_is_none_is_refused_before_anything_is_made(interval_ms):
    before = len(ipywidgets.widgets.widget._instances)
    with pytest.raises(ValueError, match=f"interval_ms must be a number above 0, got {interval_ms!r}"):
        Dashboard(Session(Toy(), Rows()), interval_ms=interval_ms)
    assert len(ipywidgets.widgets.widget._instances) == before


def test_what_was_shown_and_ended_can_be_forgotten(browser):
    """Session, dashboard and fork, with their states and charts."""

    def used() -> list[weakref.ref[Any]]:
        dash = steer(Toy(), Rows())
        fork = dash.fork()
        browser.say(dash, type="hello", seen=0)
        wait_until(lambda: dash.session.status.step > 3)
        dash.end()
        assert dash.session.wait(10)
        return [weakref.ref(thing) for thing in (dash, dash.session, fork, fork.session)]

    n_widgets = len(ipywidgets.widgets.widget._instances)
    kept = used()
    wait_until(lambda: gc.collect() >= 0 and [ref() for ref in kept] == [None] * 4)
    assert len(ipywidgets.widgets.widget._instances) == n_widgets


def test_closing_a_fork_stops_its_session(dash):
    fork = dash.fork()
    fork.session.start()
    dash.close_fork(0)
    assert fork.session.wait(10)
    assert (fork.session.status.state, fork.comm) == ("stopped", None)
