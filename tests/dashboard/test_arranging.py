"""Panels come, go and move, asked for by a person or a program; the layout belongs to the session."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from mixviz.dashboard import Dashboard
from mixviz.data.corpus import Corpus
from mixviz.engine.session import Session
from mixviz.models.lda import LDA
from mixviz.steering import steer
from mixviz.types import Metric
from mixviz.views.base import Frame
from mixviz.views.panel import PanelView
from tests.dashboard.toy import Browser, Rows, Toy, ids, wait_until


def shown(browser: Browser) -> list[str]:
    return [panel["id"] for panel in browser.panels.get("layout", {}).get("panels", ())]


def test_a_person_and_a_program_arrange_the_same_panels(browser, dash):
    browser.say(dash, type="hello", seen=0)
    assert browser.ask(dash, "add", kind="lines", options={"metrics": ["likelihood"]}).keys() == {"type", "view", "n"}
    wait_until(lambda: "lines:likelihood:2" in shown(browser))
    assert dash.add("log", w=3) == "log:2"
    wait_until(lambda: "log:2" in shown(browser) and "log:2" in browser.panels)
    browser.ask(dash, "place", panel="log:2", x=0, y=0, w=12, h=4)
    wait_until(lambda: shown(browser)[0] == "log:2")
    place = {"id": "log:2", "kind": "log", "x": 0, "y": 0, "w": 12, "h": 4}
    assert dash.layout[0] == {**place, "options": dash.layout[0]["options"]}
    dash.place("log:2", h=9)
    wait_until(lambda: browser.panels["layout"]["panels"][0]["h"] == 9)
    browser.ask(dash, "maximise", panel="log")
    wait_until(lambda: browser.panels["layout"]["maximised"] == "log")
    browser.ask(dash, "maximise", panel=None)
    wait_until(lambda: browser.panels["layout"]["maximised"] is None)
    browser.ask(dash, "remove", panel="log:2")
    dash.remove("lines:likelihood:2")
    wait_until(lambda: len(shown(browser)) == 3)


def test_panels_are_configured_from_both_sides(browser, dash):
    browser.say(dash, type="hello", seen=0)
    wait_until(lambda: "layout" in browser.panels)
    settings = {panel["id"]: panel["settings"] for panel in browser.panels["layout"]["panels"]}
    for id, fields in settings.items():
        values = {field["name"]: field["value"] for field in fields}
        assert "error" not in browser.ask(dash, "configure", panel=id, options=values)
        dash.configure(id, **values)


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("add", {"kind": "pie", "options": {}}, "kind must be one of"),
        ("add", {"kind": "lines", "options": {"metrics": 3}}, ""),
        ("add", {"kind": "log"}, "options"),
        ("remove", {"panel": "pie"}, "panel must be one of"),
        ("place", {"panel": "log", "x": 0, "y": 0, "w": 0, "h": 1}, "w must be a whole number from 1 to 12, got 0"),
        ("place", {"panel": "pie", "x": 0}, "got 'pie'"),
        ("place", {"panel": "log", "x": "0", "y": 0, "w": 1, "h": 1}, "x must be a whole number"),
        ("configure", {"panel": "log", "options": {"pie": 1}}, "no option 'pie'"),
        ("maximise", {"panel": "pie"}, "panel must be one of"),
        ("hide_control", {"control": "pie"}, "control must be one of l1, temperature, got 'pie'"),
        ("name_snapshot", {"snapshot": 999, "name": "x"}, "snapshot 999 was thinned out"),
        ("name_snapshot", {"snapshot": 1, "name": 3}, "name must be text, got 3"),
        ("fork", {"snapshot": 999}, "snapshot 999"),
        ("snapshot", {"name": "x", "pie": 1}, "pie"),
    ],
)
def test_what_cannot_be_arranged_is_said_in_words(browser, dash, verb, arguments, words):
    before = dash.layout
    assert words in browser.ask(dash, verb, **arguments)["error"]
    assert dash.layout == before


@pytest.mark.parametrize("name", ["id", "self", "source", "panel", "options"])
def test_an_option_that_is_called_like_an_argument_is_refused_as_any_other(dash, name):
    with pytest.raises(ValueError, match=f"a log panel has no option '{name}'; options: show"):
        dash.configure("log", **{name: 3})


def test_figures_come_and_go_with_their_panels(browser, dash):
    browser.say(dash, type="hello", seen=0)
    id = dash.add("likelihood")
    wait_until(lambda: set(dash.figures) == {"lines:likelihood", id})
    figure = dash.figures[id]
    dash.remove(id)
    wait_until(lambda: set(dash.figures) == {"lines:likelihood"})
    wait_until(lambda: figure.comm is None)
    assert dash.figures["lines:likelihood"].comm is not None


def test_the_layout_travels_with_the_session(browser, dash, tmp_path):
    dash.layout = [{"kind": "log", "id": "mine", "x": 3, "y": 0, "w": 6, "h": 9}]
    dash.hide_control("l1")
    second = Dashboard(dash.session)
    assert second.layout == dash.layout
    assert second._source.hidden_controls == ("l1",)
    dash.session.save(tmp_path / "run.mixviz")
    third = Dashboard(Session.load(tmp_path / "run.mixviz", Rows(), Toy()))
    assert third.layout == dash.layout
    fresh = Dashboard(dash.session, ["likelihood"])
    assert ids(fresh) == ["lines:likelihood"]
    for other in (second, third, fresh):
        other.close()


def test_a_damaged_layout_says_what_to_do(browser):
    session = Session(Toy(), Rows())
    session.attachments["dashboard"] = {"panels": [{"kind": "pie"}]}
    with pytest.raises(ValueError, match=r"session.attachments\['dashboard'\] .*'pie'.*; delete it, or pass panels="):
        Dashboard(session)
    dash = Dashboard(session, ["log"])
    assert ids(dash) == ["log"]
    dash.close()


def test_a_removed_line_stays_away_while_it_runs(browser, dash):
    browser.say(dash, type="hello", seen=0)
    dash.remove("lines:likelihood")
    dash.session.metric(lambda state, batch: 1.0, name="one")
    dash.session.step(5)
    wait_until(lambda: "lines:one" in shown(browser))
    assert "lines:likelihood" not in ids(dash)


def test_an_array_valued_metric_has_no_line() -> None:
    session = Session(Toy(), Rows())
    session.metric(lambda state, batch: state.phi_vk[:3], name="corner")
    session.step(2)
    assert session.wait(10)
    dashboard = Dashboard(session)
    assert [id for id in dashboard._compose() if "corner" in id] == []
    dashboard.close()


def test_before_step_1_only_the_models_own_metrics_have_lines(browser, dash):
    dash.session.metric(lambda state, batch: state.phi_vk[:3], name="corner")
    dash.session.metric(lambda state, batch: float(state.phi_vk[0, 0]), name="one")
    assert [id for id in dash._compose() if "lines" in id] == ["lines:likelihood"]
    dash.session.step(2)
    assert dash.session.wait(10)
    assert [id for id in dash._compose() if "lines" in id] == ["lines:likelihood", "lines:one"]


def test_a_line_whose_metric_gives_arrays_is_dropped(browser, monkeypatch):
    monkeypatch.setattr(Toy, "metrics", lambda model, data: [Metric("corner", lambda state, batch: state.phi_vk[:3])])
    dash = Dashboard(Session(Toy(), Rows()))
    assert "lines:corner" in dash._compose()
    dash.session.step(1)
    assert dash.session.wait(10)
    assert "lines:corner" not in dash._compose()
    assert dash.figures == {}
    dash.close()


def test_a_metric_may_be_recorded_without_a_line() -> None:
    quiet = Metric("quiet", lambda state, batch: 1.0, has_line=False)
    session = Session(Toy(), Rows(), metrics=[quiet, Metric("loud", lambda state, batch: 2.0)])
    dashboard = Dashboard(session)
    session.step(2)
    assert session.wait(10)
    assert [id for id in dashboard._compose() if id.startswith("lines:")] == ["lines:loud"]
    assert len(session.history["quiet"][0]) == 2
    dashboard.close()


class Growing(PanelView):
    """Has more to show at each of five frames."""

    kind = "growing"
    interval_s = 0.0

    def frame(self, source: Any) -> Frame:
        self.n = min(getattr(self, "n", 0) + 1, 5)
        self.is_unfinished = self.n < 5
        return Frame({"n": self.n}, [])


def test_a_panel_that_is_not_finished_goes_on_while_the_session_stands_still(browser):
    dash = Dashboard(Session(Toy(), Rows()), [Growing()], interval_ms=10)
    browser.say(dash, type="hello", seen=0)
    wait_until(lambda: browser.panels.get("growing", {}).get("n") == 5)
    time.sleep(0.1)
    assert browser.panels["growing"]["n"] == 5
    wait_until(lambda: [p["n"] for p in dash.saved_frame["header"]["panels"] if p["id"] == "growing"] == [5])
    dash.close()


def test_a_topic_is_renamed_and_its_documents_shown_from_the_browser(browser):
    rng = np.random.default_rng(0)
    corpus = Corpus(rng.poisson(0.5, (80, 30)), [f"w{v}" for v in range(30)])
    dash = steer(LDA(n_components=4, random_state=0), corpus, start=False, panels=["topic_matrix"])
    browser.say(dash, type="hello", seen=0)
    assert "error" not in browser.ask(dash, "configure", panel="topic_matrix", options={"names": {"2": "horror"}})
    assert "error" not in browser.ask(dash, "configure", panel="topic_matrix", options={"rank_by": 2})
    assert "error" not in browser.ask(dash, "add", kind="documents", options={"topic": 2})
    wait_until(lambda: browser.panels.get("documents", {}).get("caption") == "all 80 documents")
    wait_until(lambda: "documents · horror" in [panel["title"] for panel in browser.panels["layout"]["panels"]])
    assert (browser.panels["topic_matrix"]["topics"][2], browser.panels["topic_matrix"]["rank_by"]) == ("horror", 2)
    assert "'w1'" in browser.ask(dash, "configure", panel="documents", options={"word": "w1x"})["error"]
    assert dash.layout[0]["options"]["names"] == {"2": "horror"}
    again = Dashboard(dash.session)
    assert again.layout == dash.layout
    for shown in (dash, again):
        shown.close()


def page_of(dash: Dashboard, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Show one of several dashboards on a page of its own."""
    page = Browser(monkeypatch)
    monkeypatch.setattr(dash._relay, "_send", lambda header, buffers: page.receive(dash, header, buffers))
    page.say(dash, type="hello", seen=0)
    wait_until(lambda: "layout" in page.panels)
    return page


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch, dash: Dashboard) -> Iterator[list[tuple[Dashboard, Browser]]]:
    """Two dashboards of a session that stands still, each on a page of its own."""
    second = Dashboard(dash.session, interval_ms=10)
    yield [(each, page_of(each, monkeypatch)) for each in (dash, second)]
    second.close()


def test_what_is_arranged_in_one_dashboard_shows_in_the_other(pages):
    (first, left), (second, right) = pages
    assert "error" not in left.ask(first, "add", kind="log", options={})
    wait_until(lambda: "log:2" in shown(right) and "log:2" in right.panels)
    assert "error" not in right.ask(second, "place", panel="log:2", x=0, y=0, w=12, h=4)
    wait_until(lambda: shown(left)[0] == "log:2")
    left.ask(first, "remove", panel="log")
    wait_until(lambda: "log" not in shown(right))
    right.ask(second, "configure", panel="topic_matrix", options={"names": {"1": "horror"}})
    wait_until(lambda: left.panels["topic_matrix"]["topics"][1] == "horror")
    left.ask(first, "hide_control", control="l1")
    wait_until(lambda: right.panels["controls"]["hidden"])
    assert first.layout == second.layout == first.session.attachments["dashboard"]["panels"]
    assert first.session.attachments["dashboard"]["hidden_controls"] == ["l1"]


def test_a_closed_dashboard_no_longer_hears_of_the_layout(pages):
    (first, left), (second, right) = pages
    second.close()
    n = right.n_messages
    first.remove("log")
    wait_until(lambda: "log" not in shown(left))
    assert right.n_messages == n


def test_panels_of_its_own_leave_the_sessions_layout_alone(browser, dash):
    before = dash.layout
    apart = Dashboard(dash.session, ["log"])
    apart.add("likelihood")
    apart.hide_control("l1")
    assert dash.layout == dash.session.attachments["dashboard"]["panels"] == before
    assert dash._source.hidden_controls == ()
    dash.remove("log")
    assert ids(apart) == ["log", "lines:likelihood"]
    fork = apart.fork()
    assert fork.layout == apart.layout
    assert fork.session.attachments["dashboard"]["panels"] == apart.layout
    apart.close()


def test_a_metric_can_be_shown_in_the_cell_that_declares_it(browser, dash):
    dash.session.metric(lambda state, batch: float(state.step), name="age")
    assert dash.add("age") == "lines:age"
    dash.session.step(3)
    assert dash.session.wait(10)
    assert [id for id in dash._compose() if "age" in id] == ["lines:age"], "once, not twice"
    with pytest.raises(ValueError, match=r"metrics takes names of likelihood, .*, got 'denisty'"):
        dash.add({"kind": "lines", "options": {"metrics": ["denisty"]}})
    with pytest.raises(ValueError, match="a lines panel has no option 'metric'; options: metrics, axis"):
        dash.add({"kind": "lines", "options": {"metric": "age"}})
