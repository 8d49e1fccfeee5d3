"""The dashboard without a browser: what it sends to a view, and what it passes on to the session."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mixviz.dashboard import Dashboard
from mixviz.data.corpus import Corpus
from mixviz.engine.session import Session
from mixviz.exports import Exports
from mixviz.models.lda import LDA
from mixviz.steering import steer
from mixviz.types import Batch, Control, Metric
from mixviz.views.base import Frame
from mixviz.views.panel import PanelView

N_WORDS, N_TOPICS = 40, 3


@dataclass(frozen=True)
class ToyState:
    phi_vk: np.ndarray
    step: int


class Rows:
    vocabulary = tuple(f"w{v}" for v in range(N_WORDS))

    def __len__(self) -> int:
        return 100

    def take(self, rows: np.ndarray) -> Batch:
        return Batch(rows, np.zeros((len(rows), 1)))

    def fingerprint(self) -> str:
        return "rows"


class Toy:
    """A topic model of a few lines: each step moves the topics a little."""

    state_type, batch_size = ToyState, 10

    def __init__(self, pause_s: float = 0.002) -> None:
        self.pause_s = pause_s

    def seed(self) -> int:
        return 0

    def controls(self) -> Sequence[Control]:
        return [
            Control("l1", 0.0, 0.0, 1e-4, 1.0, "log", group="objective", allows_zero=True),
            Control("temperature", 1.0, 1.0, 0.01, 10.0, "log"),
        ]

    def as_dataset(self, data: Any) -> Any:
        return data

    def metrics(self, data: Any) -> Sequence[Metric]:
        return [Metric("likelihood", lambda state, batch: -1.0 / state.step, help="per token")]

    def init_state(self, data: Any, seed: int) -> ToyState:
        return ToyState(np.random.default_rng(seed).dirichlet(np.ones(N_WORDS), N_TOPICS).T.astype(np.float32), 0)

    def step(self, state: ToyState, batch: Batch, controls: Mapping[str, float]) -> tuple[ToyState, dict[str, float]]:
        time.sleep(self.pause_s)
        if controls["temperature"] == 10.0:
            raise FloatingPointError("too hot")
        return ToyState(np.roll(state.phi_vk, 1, axis=0), state.step + 1), {}

    def adopt(self, state: ToyState, data: Any) -> None:
        self.components_ = state.phi_vk.T

    def config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Toy:
        return cls()


class Browser:
    """A view that acknowledges whatever it is sent, and keeps the newest frame of each panel."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.panels: dict[str, dict[str, Any]] = {}
        self.buffers: dict[str, list[bytes]] = {}
        self.replies: list[dict[str, Any]] = []
        self.exports: list[dict[str, Any]] = []
        self.n_messages = 0
        monkeypatch.setattr(Dashboard, "send", lambda dash, header, buffers=None: self.receive(dash, header, buffers))

    def receive(self, dash: Dashboard, header: dict[str, Any], buffers: list[bytes]) -> None:
        self.n_messages += 1
        if header["type"] == "reply":
            self.replies.append(header)
        if header["type"] == "export":
            self.exports.append(header)
        if header["type"] != "frame":
            return
        queue = list(buffers)
        for panel in header["panels"]:
            self.buffers[panel["id"]], queue = queue[: panel["n_buffers"]], queue[panel["n_buffers"] :]
            self.panels[panel["id"]] = panel
        self.say(dash, type="ack", seq=header["seq"], is_attended=True)

    def say(self, dash: Dashboard, *buffers: bytes, **message: Any) -> None:
        dash._handle_custom_msg({"view": "v", **message}, list(map(memoryview, buffers)))

    def ask(self, dash: Dashboard, verb: str, **arguments: Any) -> dict[str, Any]:
        """Ask for something and return the reply."""
        n = len(self.replies) + 1
        self.say(dash, type="request", n=n, verb=verb, arguments=arguments)
        wait_until(lambda: len(self.replies) == n)
        return self.replies[-1]


def wait_until(condition: Callable[[], Any], timeout: float = 10.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s"
        time.sleep(0.002)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(monkeypatch)


@pytest.fixture
def dash(browser: Browser) -> Iterator[Dashboard]:
    dash = Dashboard(Session(Toy(), Rows()), interval_ms=10)
    yield dash
    dash.session.stop()
    assert dash.session.wait(10)
    dash.close()


def test_steer_starts_a_session_behind_a_dashboard(browser):
    dash = steer(Toy(), Rows(), batch_size=5, seed=3)
    wait_until(lambda: dash.session.status.step > 2)
    assert (dash.session.status.seed, dash.session.batches.batch_size) == (3, 5)
    dash.session.stop()
    dash.session.wait(10)
    dash.close()


def test_steer_can_leave_the_session_idle(browser):
    dash = steer(Toy(), Rows(), start=False)
    assert (dash.session.status.state, dash.session.status.step) == ("idle", 0)
    dash.close()


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


# ---- panels


def ids(dash: Dashboard) -> list[str]:
    return [entry["id"] for entry in dash.layout]


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


def test_steer_takes_panels(browser):
    dash = steer(Toy(), Rows(), start=False, panels=["log", "likelihood"])
    assert ids(dash) == ["log", "lines:likelihood"]
    dash.close()


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


# ---- forks


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


def test_forks_end_with_the_cell_that_is_run_again(shell: Shell) -> None:
    first = steer(Toy(), Rows())
    fork = first.fork()
    fork.session.start()
    shell.run = "2"
    second = steer(Toy(), Rows())
    assert fork.session.wait(10)
    assert (fork.session.status.state, fork.comm) == ("stopped", None)
    end(second)


# ---- pictures

PNG = b"\x89PNG\r\n\x1a\n and so on"


def test_a_picture_is_asked_of_one_view_and_written(browser, dash, tmp_path):
    browser.say(dash, type="hello", seen=0, view="other")
    browser.say(dash, type="hello", seen=0)
    future = dash.export_png(tmp_path / "run.png")
    wait_until(lambda: browser.exports)
    assert browser.exports == [{"type": "export", "view": "v", "n": 1}]
    browser.say(dash, b"of the wrong view", type="exported", view="other", n=1)
    browser.say(dash, b"never asked for", type="exported", n=7)
    assert not future.done()
    browser.say(dash, PNG, type="exported", n=1)
    assert future.result(0) == tmp_path / "run.png"
    assert (tmp_path / "run.png").read_bytes() == PNG
    assert [path.name for path in tmp_path.iterdir()] == ["run.png"]


def test_the_view_that_spoke_last_is_asked(browser, dash, tmp_path):
    browser.say(dash, type="hello", seen=0)
    browser.say(dash, type="hello", seen=0, view="other")
    browser.ask(dash, "pause")
    dash.export_png(tmp_path / "run.png").cancel()
    wait_until(lambda: browser.exports)
    assert browser.exports[0]["view"] == "v"
    browser.say(dash, PNG, type="exported", n=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("buffers", "error", "words"),
    [
        ([], "SecurityError: tainted", "the browser could not draw the picture: SecurityError: tainted"),
        ([], None, "the browser sent no PNG picture but 0 bytes"),
        ([b"GIF89a"], None, "the browser sent no PNG picture but 6 bytes beginning with b'GIF89a'"),
    ],
)
def test_a_picture_that_fails_raises_where_it_is_waited_for(browser, dash, tmp_path, buffers, error, words):
    (tmp_path / "run.png").write_bytes(b"older")
    browser.say(dash, type="hello", seen=0)
    future = dash.export_png(tmp_path / "run.png")
    browser.say(dash, *buffers, type="exported", n=1, **({"error": error} if error else {}))
    with pytest.raises(RuntimeError, match=words):
        future.result(0)
    assert (tmp_path / "run.png").read_bytes() == b"older"


def test_a_picture_needs_a_view_and_a_folder(browser, dash, tmp_path):
    with pytest.raises(RuntimeError, match="no browser shows this dashboard"):
        dash.export_png(tmp_path / "run.png")
    browser.say(dash, type="hello", seen=0)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        dash.export_png(tmp_path / "nowhere" / "run.png")
    future = dash.export_png(tmp_path / "run.png")
    browser.say(dash, type="bye")
    with pytest.raises(RuntimeError, match="the page with the dashboard was closed"):
        future.result(0)
    with pytest.raises(RuntimeError, match="no browser shows this dashboard"):
        dash.export_png(tmp_path / "run.png")


class Shell:
    """An IPython shell that runs a cell."""

    cell, run = "a", "1"

    def get_parent(self) -> dict[str, Any]:
        return {"metadata": {"cellId": self.cell}, "header": {"msg_id": self.run}}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell()
    monkeypatch.setattr("mixviz.steering.get_ipython", lambda: shell)
    monkeypatch.setattr("mixviz.steering._steered", {})
    return shell


def end(*dashboards: Dashboard) -> None:
    for dashboard in dashboards:
        dashboard.session.stop()
        assert dashboard.session.wait(10)
        dashboard.close()


def test_running_a_cell_again_stops_all_it_started(shell: Shell) -> None:
    first, second = steer(Toy(), Rows()), steer(Toy(), Rows())
    shell.cell, shell.run = "b", "2"
    elsewhere = steer(Toy(), Rows())
    shell.cell, shell.run = "a", "3"
    third = steer(Toy(), Rows())
    for earlier in (first, second):
        assert earlier.session.wait(10)
        assert earlier.session.status.state == "stopped"
        assert earlier.comm is None
    assert elsewhere.session.status.state in ("idle", "running")
    end(elsewhere, third)


def test_two_dashboards_of_one_run_of_a_cell_stand_side_by_side(shell: Shell) -> None:
    first, second = steer(Toy(), Rows()), steer(Toy(), Rows())
    step = first.session.status.step
    wait_until(lambda: first.session.status.step > step + 2)
    assert first.comm is not None
    end(first, second)


def test_a_dashboard_of_no_session_is_refused() -> None:
    with pytest.raises(TypeError, match=r"session must be a mixviz.Session, got 3"):
        Dashboard(3)  # type: ignore[arg-type]
    gc.collect()  # an exception in __del__ would fail the test as unraisable


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
    wait_until(lambda: browser.panels.get("documents", {}).get("note") == "all 80 sampled")
    wait_until(lambda: "documents · horror" in [panel["title"] for panel in browser.panels["layout"]["panels"]])
    assert (browser.panels["topic_matrix"]["topics"][2], browser.panels["topic_matrix"]["rank_by"]) == ("horror", 2)
    assert "'w1'" in browser.ask(dash, "configure", panel="documents", options={"word": "w1x"})["error"]
    assert dash.layout[0]["options"]["names"] == {"2": "horror"}
    again = Dashboard(dash.session)
    assert again.layout == dash.layout
    for shown in (dash, again):
        shown.close()


# ---- two dashboards of one session


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


# ---- pictures that do not come


def test_a_picture_that_does_not_come_is_given_up(browser, dash, tmp_path):
    """A hidden tab draws nothing, and a browser that crashed says no goodbye."""
    dash._exports = Exports(dash._relay.answer, patience_s=0.2)
    browser.say(dash, type="hello", seen=0)
    future = dash.export_png(tmp_path / "run.png")
    with pytest.raises(RuntimeError, match=r"the browser sent no picture within 0.2 s: is its tab in front\?"):
        future.result(5)
    browser.say(dash, PNG, type="exported", n=1)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_came_leaves_no_timer(browser, dash, tmp_path):
    browser.say(dash, type="hello", seen=0)
    before = threading.active_count()
    future = dash.export_png(tmp_path / "run.png")
    assert threading.active_count() == before + 1
    browser.say(dash, PNG, type="exported", n=1)
    assert future.result(0) == tmp_path / "run.png"
    wait_until(lambda: threading.active_count() == before)


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


def test_an_argument_that_steer_does_not_have_is_named():
    with pytest.raises(TypeError, match="steer has no argument 'panel'; did you mean 'panels'"):
        steer(Toy(), Rows(), panel=["log"])


def test_a_dashboard_says_what_it_shows(dash):
    assert repr(dash).startswith("Dashboard(Session(Toy, ")
