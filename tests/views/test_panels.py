"""Run bar, controls and log: what their headers say."""

import json
from types import SimpleNamespace

import pytest

from mixviz.backend import get_num_threads
from mixviz.views.changes import Changes
from mixviz.views.controls import Controls
from mixviz.views.log import Log
from mixviz.views.run_bar import RunBar
from tests.views.session import change, still_session


def test_run_bar_says_where_the_run_stands():
    header, buffers = RunBar("docs").frame(still_session())
    assert {name: header[name] for name in ("state", "step", "epoch", "items")} == {
        "state": "running",
        "step": 12,
        "epoch": 2,
        "items": "docs",
    }
    assert header["items_per_second"] == 98400
    assert header["device"] == f"cpu ×{get_num_threads()}"
    assert buffers == []


def test_run_bar_passes_a_failure_on():
    failed = SimpleNamespace(
        state="failed", step=3, epoch=1, items_per_second=0.0, error="Traceback …", message="NaN", device="cuda"
    )
    header = RunBar().frame(still_session(status=failed)).header
    assert (header["state"], header["message"], header["traceback"]) == ("failed", "NaN", "Traceback …")
    assert header["device"] == "gpu"


def test_controls_come_grouped_with_range_and_owner():
    changes = Changes()
    changes.read([change(name="l1", step=4, old=0.1, new=0.0)])
    rows = Controls().frame(still_session(changes=changes)).header["controls"]
    assert [row["name"] for row in rows] == ["l1", "alpha", "rate"]
    l1, alpha, _ = rows
    assert (l1["value"], l1["low"], l1["high"], l1["scale"], l1["allows_zero"]) == (0.0, 1e-4, 1, "log", True)
    assert (l1["owner"], l1["suspended"], l1["applied_step"]) == (None, ["link"], 5)
    assert (alpha["owner"], alpha["suspended"], alpha["applied_step"]) == ("anneal", [], None)
    json.dumps(rows, allow_nan=False)


@pytest.mark.parametrize(
    ("state", "verb"), [("running", None), ("idle", "start"), ("paused", "resume"), ("failed", "resume")]
)
def test_a_value_that_no_step_has_acted_on_says_what_it_waits_for(state, verb):
    log = [
        change(name="alpha", tick=11, old=0.3, new=0.1),  # acted in step 12
        change(name="l1", tick=12, old=0.5, new=0.4),
        change(name="rate", tick=12, old=0.5, new=0.7),
        change(name="l1", tick=12, old=0.4, new=0.0),
        change(name="rate", tick=12, old=0.7, new=0.5),  # back where it was
    ]
    assert waits(state, log) == {"l1": verb, "alpha": None, "rate": None}


def test_values_that_a_rewind_brought_back_wait_for_nothing():
    log = [
        change(name="l1", tick=12, old=0.5, new=0.4),
        change("rewind", "", tick=12, old=12, new=3),
        change(name="l1", tick=12, old=0.4, new=0.0, source="session"),
    ]
    assert waits("paused", log) == {"l1": None, "alpha": None, "rate": None}


def waits(state, log):
    session = still_session(log=log, status=SimpleNamespace(state=state, tick=12))
    return {row["name"]: row["waits_for"] for row in Controls().frame(session).header["controls"]}


def test_hidden_controls_are_only_named():
    header = Controls().frame(still_session(hidden_controls=("l1", "gone"))).header
    assert [row["name"] for row in header["controls"]] == ["alpha", "rate"]
    assert header["hidden"] == [{"name": "l1", "help": "sparser topics"}]


def lines(log, **fields):
    return [line["text"] for line in log.frame(still_session(**fields)).header["lines"]]


def test_log_shows_the_newest_first():
    changes = Changes()
    changes.read([change(name=f"c{i}", old=0.0, new=1.0) for i in range(70)])
    header = Log().frame(still_session(changes=changes)).header
    assert [line["text"] for line in header["lines"]][:2] == ["c69 0 → 1", "c68 0 → 1"]
    assert (len(header["lines"]), header["note"]) == (60, "newest 60 of 70")
    assert Log().frame(still_session()).header == {"lines": [], "note": ""}


LOG = [
    change("start", ""),
    change(name="l1", old=0.0, new=1.0),
    change("policy", "anneal added"),
    change(name="temperature", old=2.0, new=1.0, source="policy:anneal"),
    change("error", "metric x disabled: no", source="session"),
]


@pytest.mark.parametrize(
    ("show", "texts"),
    [
        ("by hand", ["anneal added", "l1 0 → 1", "started"]),
        ("policies", ["temperature 2 → 1", "anneal added"]),
        ("errors", ["metric x disabled: no"]),
    ],
)
def test_log_shows_only_what_is_asked_for(show, texts):
    changes = Changes()
    changes.read(LOG)
    log = Log()
    log.configure(still_session(), show=show)
    assert lines(log, changes=changes) == texts
    assert log.frame(still_session(changes=changes)).header["note"] == show
    assert Log(show).options == log.options == {"show": show}


def test_errors_in_the_log_have_their_tracebacks():
    changes = Changes()
    changes.read(LOG)
    errors = {"metric x disabled: no": "Traceback: here"}
    newest, second, *_ = Log().frame(still_session(changes=changes, errors=errors)).header["lines"]
    assert newest["traceback"] == "Traceback: here"
    assert "traceback" not in second


def test_log_refuses_a_filter_there_is_none_of():
    with pytest.raises(ValueError, match="show takes one of 'all', 'by hand', 'policies', 'errors', got 'some'"):
        Log("some")
