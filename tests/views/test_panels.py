"""Run bar, controls and log: what their headers say."""

import json
from types import SimpleNamespace

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
    assert buffers == []


def test_run_bar_lists_named_snapshots_and_a_spread_of_the_others():
    kept = [SimpleNamespace(id=i, step=10 * i, name="mine" if i == 2 else "") for i in range(61)]
    listed = RunBar().frame(still_session(snapshots=kept)).header["snapshots"]
    assert listed[0] == {"id": 2, "step": 20, "name": "mine"}
    assert [s["step"] for s in listed[1:]] == [600, 550, 500, 450, 400, 350, 300, 250, 200, 150, 100, 50]
    assert {s["name"] for s in listed[1:]} == {""}


def test_run_bar_passes_a_failure_on():
    failed = SimpleNamespace(state="failed", step=3, epoch=1, items_per_second=0.0, error="Traceback …", message="NaN")
    header = RunBar().frame(still_session(status=failed)).header
    assert (header["state"], header["message"], header["traceback"]) == ("failed", "NaN", "Traceback …")


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


def test_log_shows_the_newest_first():
    changes = Changes(n_lines=2)
    changes.read([change(name=name, old=0.0, new=1.0) for name in ("a", "b", "c")])
    header = Log().frame(still_session(changes=changes)).header
    assert [line["text"] for line in header["lines"]] == ["c 0 → 1", "b 0 → 1"]
    assert header["n_lines"] == 3
