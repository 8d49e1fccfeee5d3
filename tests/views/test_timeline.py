"""What the timeline shows of a run, and where courses part."""

import itertools
import json
from types import SimpleNamespace

import pytest

from mixviz.engine.path import Path, Segment
from mixviz.types import Published
from mixviz.views.changes import Changes
from mixviz.views.course import is_on, shared_step
from mixviz.views.timeline import N_MARKS, N_SNAPSHOTS, Timeline
from tests.views.session import Columns, change, still_session

ONWARDS = Path()
REWOUND = Path((Segment(1, 20, 0), Segment(41, None, 20)))


def kept(id, step, name="", is_pinned=False, path=None):
    path = path or ONWARDS.until(step)
    return SimpleNamespace(id=id, step=step, name=name, is_pinned=is_pinned or bool(name), path=path)


def shown(**fields):
    frame = Timeline().frame(still_session(**fields))
    json.dumps(frame.header, allow_nan=False)
    assert frame.buffers == []
    return frame.header


@pytest.mark.parametrize(
    ("path", "other", "step"),
    [
        (ONWARDS, ONWARDS.until(30), 30),
        (ONWARDS, ONWARDS.until(0), 0),
        (REWOUND, ONWARDS.until(20), 20),
        (REWOUND, ONWARDS.until(30), 20),
        (REWOUND, REWOUND.until(50), 30),
        (REWOUND, Path((Segment(1, 20, 0), Segment(61, 70, 40))), 20),
        (REWOUND, Path((Segment(1, 10, 0), Segment(31, 70, 20))), 10),
    ],
)
def test_where_two_courses_part(path, other, step):
    assert shared_step(path, other) == step


@pytest.mark.parametrize(("tick", "answer"), [(1, True), (20, True), (21, False), (40, False), (41, True), (999, True)])
def test_which_steps_are_on_a_course(tick, answer):
    assert is_on(REWOUND, tick) is answer


def test_it_shows_where_the_run_stands_and_what_it_left():
    snapshots = [kept(1, 0), kept(2, 10, "mine"), kept(3, 30)]
    header = shown(
        published=Published(22, 42, None, {}), snapshots=snapshots, history=Columns(path=REWOUND), changes=Changes()
    )
    assert (header["step"], header["last"], header["marks"]) == (22, 30, [])
    assert header["snapshots"] == [
        {"id": 1, "step": 0, "name": "", "is_pinned": False, "shared": 0},
        {"id": 2, "step": 10, "name": "mine", "is_pinned": True, "shared": 10},
        {"id": 3, "step": 30, "name": "", "is_pinned": False, "shared": 20},
    ]


def test_of_many_snapshots_those_with_name_or_pin_stay():
    snapshots = [kept(i, 10 * i, "mine" if i == 77 else "", is_pinned=i == 123) for i in range(200)]
    listed = shown(snapshots=snapshots)["snapshots"]
    ids = [line["id"] for line in listed]
    assert len(ids) == len(set(ids)) == N_SNAPSHOTS
    assert ids == sorted(ids)
    assert {0, 77, 123, 199} <= set(ids)
    gaps = [after - before for before, after in itertools.pairwise(ids)]
    assert max(gaps) <= 5


def test_no_more_than_that_many_even_if_all_have_names():
    assert len(shown(snapshots=[kept(i, i, f"s{i}") for i in range(100)])["snapshots"]) == N_SNAPSHOTS


def test_marks_say_what_changed_by_whom_and_when():
    changes = Changes()
    changes.read([change(step=4, old=0.0, new=0.5), change("policy", "anneal added", step=7)])
    set_, policy = shown(changes=changes)["marks"]
    assert set_ == {"step": 5, "first": 5, "title": "l1 0 → 0.5", "kind": "set", "who": "you", "n": 1, "n_by_hand": 1}
    assert (policy["kind"], policy["title"], policy["n_by_hand"]) == ("policy", "anneal added", 0)


def test_an_edit_by_hand_is_a_change_and_a_rewind_is_none():
    changes = Changes()
    edit = change("edit", 'split {"cluster": 3}', step=4)
    policy = change("edit", 'split {"cluster": 3}', step=6, source="policy:anneal", tick=6)
    changes.read([edit, policy, change("rewind", step=9, old=9.0, new=7.0, tick=9)])
    assert [mark["n_by_hand"] for mark in shown(changes=changes)["marks"]] == [1, 0, 0]


def test_too_many_marks_are_merged():
    changes = Changes()
    changes.read([change(name=f"c{i}", step=i, old=0.0, new=1.0) for i in range(450)])
    marks = shown(changes=changes)["marks"]
    assert len(marks) <= N_MARKS
    assert sum(mark["n"] for mark in marks) == sum(mark["n_by_hand"] for mark in marks) == 450
    assert (marks[0]["first"], marks[0]["step"], marks[0]["title"]) == (1, 3, "c2 0 → 1")
