"""Saved sessions: whole, free of pickle, and clear about what is wrong with them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixviz.engine.files import FileError
from mixviz.engine.policies import anneal
from mixviz.engine.replay import replay
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from tests.engine.toy import Toy, rows


def run(session: Session, n: int) -> Session:
    session.step(n)
    assert session.wait(30)
    return session


def eventful() -> Session:
    """A session with changes, a policy, pauses, rewinds (one onto an abandoned course), and a named snapshot."""
    session = run(Session(Toy(), rows()), 12)
    session.set(rate=0.4)
    session.snapshot("after the change")
    run(session, 5)
    session.add_policy(anneal("temperature", 1.0, 0.01, 6))
    run(session, 10)
    left = session.snapshot("left")
    session.rewind(10)
    run(session, 3)
    session.set(temperature=0.3, rate=0.2)
    run(session, 4)
    session.rewind(left)
    session.rewind("after the change")
    run(session, 7)
    session.metric(lambda state, batch: state.centre_f, name="centre")
    return run(session, 4)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "run.mixviz"
    eventful().save(path)
    return path


def test_round_trip(saved: Path) -> None:
    before, after = eventful(), Session.load(saved, rows(), Toy())
    assert after.status.state is RunState.IDLE
    assert (after.status.step, after.status.tick) == (before.status.step, before.status.tick)
    np.testing.assert_array_equal(after.published.state.centre_f, before.published.state.centre_f)
    np.testing.assert_array_equal(after.model.centre_, before.published.state.centre_f)
    for name in before.history:
        np.testing.assert_array_equal(after.history[name][0], before.history[name][0])
        np.testing.assert_array_equal(after.history[name][1], before.history[name][1])
    assert [(c.tick, c.kind, c.name, c.new) for c in after.log] == [(c.tick, c.kind, c.name, c.new) for c in before.log]
    assert after.published.values == before.published.values
    assert {s.name for s in after.snapshots if s.is_pinned} == {"after the change", "left"}


def with_header(saved: Path, path: Path, **fields: object) -> Path:
    """Copy a session file with other values in its header; None takes one away."""
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            if name == "session.json":
                header = {**json.loads(raw), **fields}
                raw = json.dumps({key: value for key, value in header.items() if value is not None}).encode()
            new.writestr(name, raw)
    return path


def test_attachments_are_saved(tmp_path: Path) -> None:
    session = Session(Toy(), rows())
    session.attachments["dashboard"] = {"panels": [{"x": 1, "title": "é"}], "none": None}
    session.save(tmp_path / "run.mixviz")
    assert Session.load(tmp_path / "run.mixviz", rows(), Toy()).attachments == session.attachments


def test_a_file_of_before_there_were_attachments_has_none(saved: Path, tmp_path: Path) -> None:
    path = with_header(saved, tmp_path / "older.mixviz", attachments=None)
    assert Session.load(path, rows(), Toy()).attachments == {}


@pytest.mark.parametrize("damaged", [3, [], [["a", 1]], "text", {"a": float("nan")}])
def test_damaged_attachments_are_refused(saved: Path, tmp_path: Path, damaged: object) -> None:
    path = with_header(saved, tmp_path / "damaged.mixviz", attachments=damaged)
    with pytest.raises(FileError, match=r"damaged\.mixviz is damaged"):
        Session.load(path, rows(), Toy())


def test_a_loaded_session_can_go_back_to_its_beginning(saved: Path, tmp_path: Path) -> None:
    session = Session.load(saved, rows(), Toy())
    assert session.snapshots[0].step == 0
    session.restart()
    session.pause()
    assert session.wait(30)
    run(session, 3).save(tmp_path / "again.mixviz")
    report = replay(tmp_path / "again.mixviz", rows(), Toy())
    assert report.identical
    assert report.n_steps == session.status.tick


def test_pins_are_saved(tmp_path: Path) -> None:
    session = run(Session(Toy(), rows()), 25)
    session.pin_snapshot(10)
    session.name_snapshot(0, "start")
    session.save(tmp_path / "run.mixviz")
    loaded = Session.load(tmp_path / "run.mixviz", rows(), Toy())
    kept = [(s.step, s.name, s.is_pinned) for s in loaded.snapshots]
    assert kept == [(0, "start", True), (10, "", True), (25, "", False)]


def test_a_loaded_session_keeps_its_beginning_where_pinned_snapshots_exceed_the_budget(tmp_path: Path) -> None:
    session = Session(Toy(), rows(), snapshot_budget_bytes=60)
    for name in ("a", "b"):
        run(session, 5).snapshot(name)
    run(session, 3).save(tmp_path / "run.mixviz")
    loaded = Session.load(tmp_path / "run.mixviz", rows(), Toy())
    assert [(s.step, s.name) for s in loaded.snapshots] == [(0, ""), (5, "a"), (10, "b"), (13, "")]


def test_the_beginning_is_not_mistaken_for_a_snapshot_with_other_values(tmp_path: Path) -> None:
    session = Session(Toy(), rows())
    session.set(rate=0.9)
    session.snapshot("fast")
    run(session, 2).save(tmp_path / "run.mixviz")
    loaded = Session.load(tmp_path / "run.mixviz", rows(), Toy())
    assert [(s.step, s.name, s.values["rate"]) for s in loaded.snapshots] == [
        (0, "", 0.1),
        (0, "fast", 0.9),
        (2, "", 0.9),
    ]


def test_a_loaded_session_goes_on_to_the_same_bits(saved: Path) -> None:
    before, after = run(eventful(), 20), Session.load(saved, rows(), Toy())
    after.add_policy(anneal("temperature", 1.0, 0.01, 6))
    after.remove_policy("anneal")
    run(after, 20)
    np.testing.assert_array_equal(after.published.state.centre_f, before.published.state.centre_f)
    after.rewind("left")
    run(after, 1)
    assert after.status.step == before.snapshots_store.find("left").step + 1


def test_replay_of_an_eventful_session_is_identical(saved: Path) -> None:
    report = replay(saved, rows(), Toy())
    assert report.identical
    assert report.first_difference is None
    assert report.n_steps == eventful().status.tick
    np.testing.assert_array_equal(report.final_state.centre_f, eventful().published.state.centre_f)


def test_replay_after_loading_and_going_on(saved: Path, tmp_path: Path) -> None:
    session = run(Session.load(saved, rows(), Toy()), 5)
    session.set(rate=0.9)
    run(session, 5).save(tmp_path / "more.mixviz")
    report = replay(tmp_path / "more.mixviz", rows(), Toy())
    assert report.identical
    assert report.n_steps == session.status.tick


def test_replay_of_a_fork(tmp_path: Path) -> None:
    session = eventful()
    other = run(session.fork("left"), 3)
    other.set(rate=0.7)
    run(other, 12)
    other.rewind(other.snapshots[0])
    run(other, 2).save(tmp_path / "fork.mixviz")
    report = replay(tmp_path / "fork.mixviz", rows(), Toy())
    assert report.identical
    assert report.n_steps == 17


def test_replay_finds_the_first_difference(saved: Path, tmp_path: Path) -> None:
    class Other(Toy):
        def step(self, state, batch, controls):  # type: ignore[no-untyped-def]
            after, info = super().step(state, batch, controls)
            if after.step == 14:
                after.centre_f.flags.writeable = True
                after.centre_f[1] = np.nextafter(after.centre_f[1], np.inf)
            return after, info

    report = replay(saved, rows(), Other())
    assert not report.identical
    assert report.first_difference == 14


def test_other_data_and_other_models_are_refused(saved: Path) -> None:
    with pytest.raises(FileError, match="made with other data"):
        Session.load(saved, rows() + 1, Toy())
    with pytest.raises(FileError, match="no model named 'Toy' is installed: pass model="):
        Session.load(saved, rows())
    with pytest.raises(FileError, match="of another model"):
        Session.load(saved, rows(), type("Empty", (Toy,), {"controls": lambda self: ()})())


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.mixviz"
    with pytest.raises(FileNotFoundError):
        Session.load(path, rows(), Toy())
    path.write_bytes(b"")
    with pytest.raises(FileError, match=r"x\.mixviz is damaged or not a mixviz session"):
        Session.load(path, rows(), Toy())
    np.savez(path.with_suffix(".npz"), a=1)
    with pytest.raises(FileError, match="not a mixviz session"):
        Session.load(path.with_suffix(".npz"), rows(), Toy())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("session.json", json.dumps({"format": "mixviz session", "version": 99}))
    with pytest.raises(FileError, match="has version 99; this mixviz reads version 1"):
        Session.load(path, rows(), Toy())


def test_no_pickle_even_when_a_member_asks_for_it(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "evil.mixviz"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if name == "log.npy":
                with new.open(name, "w") as stream:
                    np.lib.format.write_array(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
            else:
                new.writestr(name, old.read(name))
    with pytest.raises(FileError, match="damaged"):
        Session.load(path, rows(), Toy())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_fuzzed_bytes_either_load_or_say_they_are_damaged(saved: Path, tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(saved.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    path = tmp_path / "fuzzed.mixviz"
    path.write_bytes(bytes(raw) if data.draw(st.booleans()) else bytes(raw[:cut]))
    assert_loads_or_is_refused(path)


def assert_loads_or_is_refused(path: Path) -> None:
    """Anything but a session or a FileError that names the file fails the test."""
    with contextlib.suppress(FileError):
        Session.load(path, rows(), Toy())
        return
    with pytest.raises(FileError, match=path.name):
        Session.load(path, rows(), Toy())


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(["model", "data", "settings", "texts", "n_inherited", "path", "columns", "places",
                            "snapshots", "tick", "attachments"]), junk=JUNK)  # fmt: skip
def test_fuzzed_headers_either_load_or_say_they_are_damaged(
    saved: Path, tmp_path: Path, key: str, junk: object
) -> None:
    path = tmp_path / "fuzzed.mixviz"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            new.writestr(name, json.dumps({**json.loads(raw), key: junk}) if name == "session.json" else raw)
    assert_loads_or_is_refused(path)


def test_a_file_cannot_choose_where_a_session_writes(saved: Path, tmp_path: Path) -> None:
    path, target = tmp_path / "evil.mixviz", tmp_path / "elsewhere"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            if name == "session.json":
                header = json.loads(raw)
                header["settings"]["autosave"] = str(target)
                raw = json.dumps(header).encode()
            new.writestr(name, raw)
    run(Session.load(path, rows(), Toy()), 1)
    assert not target.exists()
    run(Session.load(path, rows(), Toy(), autosave=target), 1)
    assert Session.load(target, rows(), Toy()).status.step > 0


def test_others_may_read_a_saved_session(tmp_path: Path) -> None:
    Session(Toy(), rows()).save(tmp_path / "run.mixviz")
    (tmp_path / "plain").touch()
    assert (tmp_path / "run.mixviz").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_failed_save_leaves_the_old_file_and_no_litter(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.mixviz"
    session = run(Session(Toy(), rows()), 2)
    session.save(path)
    before = path.read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    run(session, 2)
    with pytest.raises(OSError, match="No space"):
        session.save(path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        session.save(tmp_path / "nowhere" / "run.mixviz")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.mixviz"]


def test_autosave_that_fails_is_reported_and_the_run_goes_on(tmp_path: Path) -> None:
    session = Session(Toy(), rows(), autosave=tmp_path / "missing" / "run.mixviz")
    session.step(3)
    with pytest.warns(RuntimeWarning, match="there is no folder"):
        assert session.wait(30)
    assert session.status.state is RunState.PAUSED
    assert "autosave to" in next(c.name for c in session.log if c.kind == "error")


def test_a_killed_process_resumes_from_its_autosave(tmp_path: Path) -> None:
    path = tmp_path / "run.mixviz"
    script = textwrap.dedent(f"""
        import sys, time
        from mixviz.engine.session import Session
        from tests.engine.toy import Toy, rows
        session = Session(Toy(), rows(), autosave={str(path)!r}, autosave_interval_s=0.05)
        session.set(rate=0.3)
        session.start()
        while True:
            print(session.status.step, flush=True)
            time.sleep(0.01)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True
    )
    assert process.stdout is not None
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    session = Session.load(path, rows(), Toy())
    assert session.status.step > 0
    assert session.controls["rate"].value == 0.3
    step = session.status.step
    assert replay(path, rows(), Toy()).identical
    assert run(session, 5).status.step == step + 5
