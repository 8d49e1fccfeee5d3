"""The preset for shared machines: threads, pace, and the pause while nobody looks; without a browser."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import mixviz as mv
from mixviz import backend
from mixviz.engine.status import RunState
from mixviz.sharing import SOURCE, Watch, find_preset
from tests.browser.server import JupyterServer
from tests.engine.toy import Toy

DATA = np.random.default_rng(0).normal(size=(60, 3))


@pytest.fixture(autouse=True)
def no_preset(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("MIXVIZ_PRESET", "MIXVIZ_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    yield
    backend.set_num_threads(None)


def wait_for_state(session: mv.Session, state: RunState) -> None:
    due = time.monotonic() + 10
    while session.status.state is not state:
        assert time.monotonic() < due, session.status
        time.sleep(0.002)


def test_names_come_from_the_argument_then_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_preset(None) is None
    monkeypatch.setenv("MIXVIZ_PRESET", "shared")
    assert find_preset(None) is find_preset("shared") is not None
    assert find_preset("none") is None
    with pytest.raises(ValueError, match="preset must be one of 'none', 'shared', got 'small'"):
        mv.steer(Toy(), DATA, preset="small")
    monkeypatch.setenv("MIXVIZ_PRESET", "tiny")
    with pytest.raises(ValueError, match="environment variable MIXVIZ_PRESET must be one of 'none', 'shared'"):
        mv.steer(Toy(), DATA)


def test_the_preset_completes_what_the_caller_says() -> None:
    dash = mv.steer(Toy(), DATA, start=False, preset="shared", max_steps_per_second=7.0)
    assert backend.get_num_threads() == 1
    assert dash.session.max_steps_per_second == 7.0
    assert dash.session.settings["snapshot_budget_bytes"] == 64 << 20
    assert dash.session.fork().max_steps_per_second == 7.0
    fork = dash.fork()
    assert fork._watch is not None
    dash.close()


def test_chosen_threads_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXVIZ_NUM_THREADS", "3")
    mv.steer(Toy(), DATA, start=False, preset="shared").close()
    assert backend.get_num_threads() == 3
    backend.set_num_threads(2)
    monkeypatch.delenv("MIXVIZ_NUM_THREADS")
    mv.steer(Toy(), DATA, start=False, preset="shared").close()
    assert backend.get_num_threads() == 2


def test_the_pace_is_kept() -> None:
    session = mv.Session(Toy(), DATA, max_steps_per_second=50)
    began = time.monotonic()
    session.step(11)
    assert session.wait(20)
    assert time.monotonic() - began >= 10 / 50


def test_requests_act_at_once_however_slow_the_pace() -> None:
    session = mv.Session(Toy(), DATA, max_steps_per_second=0.01)
    session.start()
    wait_for_state(session, RunState.RUNNING)
    while session.status.step < 1:
        time.sleep(0.002)
    began = time.monotonic()
    session.set(rate=0.7)
    session.rewind(0)
    session.pause()
    assert session.wait(20)
    assert time.monotonic() - began < 10
    assert session.controls["rate"].value == 0.1, "the rewind brought the old value back"
    assert (session.status.step, session.status.state) == (0, RunState.PAUSED)


@pytest.mark.parametrize("pace", [0, -1, float("nan")])
def test_a_pace_that_is_none(pace: float) -> None:
    with pytest.raises(ValueError, match="max_steps_per_second must be above 0"):
        mv.Session(Toy(), DATA, max_steps_per_second=pace)


class Seat:
    """Somebody who looks, or does not."""

    def __init__(self) -> None:
        self.is_taken = False


@pytest.fixture
def seat() -> Seat:
    return Seat()


@pytest.fixture
def watched(seat: Seat) -> Iterator[tuple[mv.Session, Watch]]:
    session = mv.Session(Toy(), DATA)
    watch = Watch(session, lambda: seat.is_taken, 30.0)
    watch.close()  # the test looks itself
    yield session, watch
    session.stop()
    assert session.wait(20)


def test_pauses_while_nobody_looks_and_goes_on_when_seen(watched: tuple[mv.Session, Watch], seat: Seat) -> None:
    session, watch = watched
    session.start()
    wait_for_state(session, RunState.RUNNING)
    watch.look(29.0)
    seat.is_taken = True
    watch.look(0.5)
    seat.is_taken = False
    watch.look(29.0)
    assert session.status.state is RunState.RUNNING, "a look starts the time anew"
    watch.look(1.0)
    wait_for_state(session, RunState.PAUSED)
    assert session.wait(20)
    change = session.log[-1]
    assert (change.kind, change.name, change.source) == ("pause", "nobody is looking", SOURCE)
    watch.look(100.0)
    assert session.status.state is RunState.PAUSED
    seat.is_taken = True
    watch.look(0.5)
    wait_for_state(session, RunState.RUNNING)


def test_a_pause_by_hand_stays(watched: tuple[mv.Session, Watch], seat: Seat) -> None:
    session, watch = watched
    session.start()
    session.pause()
    assert session.wait(20)
    seat.is_taken = True
    watch.look(0.5)
    assert session.wait(20)
    assert session.status.state is RunState.PAUSED


def test_a_run_of_so_many_steps_is_left_alone(seat: Seat) -> None:
    session = mv.Session(Toy(), DATA, max_steps_per_second=0.01)
    watch = Watch(session, lambda: seat.is_taken, 30.0)
    session.step(5)
    while session.status.step < 1:
        time.sleep(0.002)
    watch.look(1000.0)
    assert len(session._requests) == 0
    assert session.status.state is RunState.RUNNING
    watch.close()
    session.stop()
    assert session.wait(20)


def test_a_dashboard_without_views_pauses_by_itself() -> None:
    dash = mv.steer(Toy(), DATA, start=False, max_steps_per_second=1000.0)
    with pytest.raises(ValueError, match="seconds must be above 0"):
        dash.pause_unseen(0)
    dash.pause_unseen(0.5)
    dash.session.start()
    assert dash.session.wait(20)
    assert dash.session.log[-1].name == "nobody is looking"
    dash._relay.hello("a browser")
    wait_for_state(dash.session, RunState.RUNNING)
    dash.session.stop()
    assert dash.session.wait(20)
    dash.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_preset_on_the_tours_texts_takes_less_than_a_gigabyte() -> None:
    code = """
import ipykernel.ipkernel, mixviz as mv
dash = mv.steer(mv.LDA(n_components=32, random_state=0), mv.datasets.load_docstrings(), preset="shared",
                max_steps_per_second=1e9, start=False)
dash.session.step(400)
assert dash.session.wait(120)
dash._compose()
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 2**20)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.75, "GiB; the rest is for the server"


@pytest.mark.skipif(sys.platform == "win32", reason="a script for bash")
def test_binder_runs_with_the_preset_and_the_kernel_that_works() -> None:
    folder = Path(__file__).parents[1] / "binder"
    code = "from mixviz.sharing import PRESETS, find_preset; print(find_preset(None) is PRESETS['shared'])"
    done = subprocess.run(["bash", folder / "start", sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr
    for name in ("environment.yml", "postBuild"):
        assert "ipykernel>=7.1,<7.4" in (folder / name).read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="a script for bash")
@pytest.mark.parametrize("application", ["lab", "notebook"])
def test_binder_opens_the_tour(application: str, tmp_path: Path) -> None:
    """Whichever application is started: the images have begun with either."""
    root, tour = Path(__file__).parents[1], "notebooks/01_steer_topics.ipynb"
    assert (root / tour).exists()
    command = ("bash", str(root / "binder" / "start"), sys.executable, "-m", "jupyter", application)
    with JupyterServer(tmp_path, command) as server, urllib.request.urlopen(f"{server.url}/") as page:
        assert page.url == f"{server.url}/lab/tree/{tour}"
