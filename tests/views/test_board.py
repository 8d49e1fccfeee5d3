"""The board without widgets: which panels there are, where they stand, and what comes back of what was kept."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mixviz as mv
from mixviz.data.corpus import Corpus
from mixviz.engine.instruments import Instruments
from mixviz.types import Metric, Published
from mixviz.views.board import MAX_PANELS, Board
from mixviz.views.entries import EDGES
from mixviz.views.layout import N_COLUMNS
from mixviz.views.lines import Lines
from mixviz.views.log import Log
from mixviz.views.session_source import SessionSource
from mixviz.views.shared_layout import SharedLayout, shared_layout
from tests.views.clusters import clustered
from tests.views.session import Columns, still_session

SAVED = ["maximised", "hidden_controls", "known_metrics"]


def session(*metrics: str, has_topics: bool = True, **fields: Any) -> SimpleNamespace:
    """A session with these metrics, each recorded once."""
    declared = {name: Metric(name, lambda state, batch: 1.0, help=f"about {name}") for name in metrics}
    usual: dict[str, Any] = {
        "instruments": Instruments(list(declared.values()), lambda **failure: None),
        "history": Columns({name: (np.array([1]), np.array([0.5])) for name in metrics}),
    }
    if has_topics:
        state = SimpleNamespace(phi_vk=np.ones((4, 2), np.float32))
        usual |= {"published": Published(1, 1, state, {}), "data": SimpleNamespace(vocabulary=list("abcd"))}
    still = still_session(**{**usual, **fields})
    for name in ("metrics", "failures", "hidden_controls", "changes"):
        delattr(still, name)
    return still


def topic_session(*metrics: str) -> SimpleNamespace:
    """A session that panels of topics find something in."""
    state = SimpleNamespace(phi_vk=np.full((4, 2), 0.25, np.float32), alpha=0.1)
    data = Corpus(np.array([[2, 1, 0, 0], [0, 0, 1, 3]]), list("abcd"))
    return session(*metrics, published=Published(1, 1, state, {}), data=data)


def board(*metrics: str, has_topics: bool = True, **arguments: Any) -> Board:
    return Board(SessionSource(session(*metrics, has_topics=has_topics)), **arguments)


def holding(saved: Any) -> SharedLayout:
    """A layout that was kept earlier."""
    return SharedLayout(SimpleNamespace(attachments={"dashboard": saved}))


def edges(board: Board) -> dict[str, tuple[int, ...]]:
    return {entry["id"]: tuple(entry[name] for name in EDGES) for entry in board.layout}


def ids(board: Board) -> list[str]:
    return [entry["id"] for entry in board.layout]


# ---- at first


def test_at_first_a_row_of_lines_the_topics_their_documents_and_the_log():
    topics = topic_session("likelihood", "density", "cosine")
    assert edges(Board(SessionSource(topics))) == {
        "lines:likelihood": (0, 0, 4, 5),
        "lines:density": (4, 0, 4, 5),
        "lines:cosine": (8, 0, 4, 5),
        "topic_matrix": (0, 5, 8, 18),
        "documents": (8, 5, 4, 14),
        "log": (8, 19, 4, 4),
    }


def test_without_documents_the_topics_are_wide():
    assert edges(board("density")) == {
        "lines:density": (0, 0, 12, 5), "topic_matrix": (0, 5, 12, 14), "log": (0, 19, 12, 4)
    }  # fmt: skip


def test_beside_clusters_of_images_their_members_take_most_room_and_the_log_least():
    found = clustered(mv.datasets.load_digits())
    clusters = session("distance", "silhouette", published=found.published, data=found.data)
    assert edges(Board(SessionSource(clusters))) == {
        "lines:distance": (0, 0, 6, 5),
        "lines:silhouette": (6, 0, 6, 5),
        "cluster_grid": (0, 5, 8, 18),
        "members": (8, 5, 4, 9),
        "silhouette": (8, 14, 4, 5),
        "log": (8, 19, 4, 4),
    }


def test_without_topics_the_log_is_wide():
    assert edges(board("inertia", has_topics=False)) == {"lines:inertia": (0, 0, 12, 5), "log": (0, 5, 12, 8)}


def test_without_metrics_there_are_no_lines():
    assert edges(board(has_topics=False)) == {"log": (0, 0, 12, 8)}


@pytest.mark.parametrize(
    ("n", "widths"),
    [(1, [12]), (2, [6, 6]), (4, [3] * 4), (5, [4] * 3 + [6] * 2), (7, [3] * 4 + [4] * 3), (9, [4] * 9)],
)
def test_lines_fill_their_rows(n: int, widths: list[int]):
    made = board(*(f"m{i}" for i in range(n)))
    assert [entry["w"] for entry in made.layout if entry["kind"] == "lines"] == widths
    assert len(made.layout) == n + 2
    assert all(entry["y"] == -(-n // 4) * 5 for entry in made.layout if entry["kind"] == "topic_matrix")


def test_at_most_nine_metrics_have_lines_unasked():
    assert len(board(*(f"m{i}" for i in range(12)), has_topics=False).layout) == 10


def test_panels_may_be_named_made_or_described():
    made = board("density", panels=["density", "log", Lines(["density"]), {"kind": "log", "x": 8, "w": 2, "h": 3}])
    assert ids(made) == ["lines:density", "log", "lines:density:2", "log:2"]
    assert edges(made)["log:2"][2:] == (2, 3)


def test_a_layout_is_a_list_of_panels():
    first = board("density", "cosine")
    assert board("density", "cosine", panels=first.layout).layout == first.layout


@pytest.mark.parametrize(
    ("panels", "error", "words"),
    [
        ("log", TypeError, "panels must be a list, got 'log'"),
        (5, TypeError, "panels must be a list, got 5"),
        ({"kind": "log"}, TypeError, "panels must be a list, got {"),
        (Log(), TypeError, "panels must be a list, got <"),
        ([{"kind": "lines", "options": {"metrics": 5}}], ValueError, "metrics takes a list of 1 to 6 .*, got 5"),
        (
            ["densty"],
            ValueError,
            r"panels\[0\]: panel must be a kind \(.*log.*\) or a metric \(density\), got 'densty'",
        ),
        ([3], TypeError, "panel must be a metric's name, a kind, a panel or a dict, got 3"),
        ([{"kind": "pie"}], ValueError, "kind must be one of .*, got 'pie'"),
        ([{"kind": "log", "colour": 1}], ValueError, "a panel has id, kind, .*, got 'colour'"),
        ([{"kind": "log", "options": 3}], ValueError, "options must be a dict .*, got 3"),
        ([{"kind": "log", "options": {"pie": 3}}], ValueError, "a log panel has no option 'pie'; options: show"),
        ([{"kind": "log", "id": 3}], ValueError, "id must be text of 1 to 200 characters, got 3"),
        ([{"kind": "log", "id": "a"}, {"kind": "log", "id": "a"}], ValueError, r"panels\[1\]: id must be one that no"),
        ([{"kind": "log", "id": "run_bar"}], ValueError, "id must be none of layout, run_bar, .*, got 'run_bar'"),
        ([{"kind": "log", "w": 13}], ValueError, "w must be a whole number from 1 to 12, got 13"),
        ([{"kind": "log", "x": 11}], ValueError, r"x \+ w must be at most 12, got x=11 and w=4"),
        (["log"] * 65, ValueError, "at most 64 panels"),
    ],
)
def test_what_is_no_panel_is_refused(panels: Any, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        board("density", panels=panels)


def test_a_panel_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="a topic_matrix panel finds nothing to show in this session"):
        board(has_topics=False, panels=["topic_matrix"])


# ---- changes


def test_add_finds_room():
    made = board(panels=["topic_matrix", "log"])
    assert made.add("log") == "log:2"
    assert edges(made)["log:2"] == (8, 8, 4, 8)


def test_add_at_a_place_pushes_what_is_there():
    made = board("density", has_topics=False)
    id = made.add({"kind": "lines", "options": {"metrics": ["density"]}}, x=0, y=0, w=6, h=4)
    assert edges(made) == {id: (0, 0, 6, 4), "lines:density": (0, 4, 12, 5), "log": (0, 9, 12, 8)}


def test_add_in_a_column_stands_below_everything():
    made = board("density", has_topics=False)
    id = made.add("log", x=6)
    assert edges(made)[id] == (6, 13, 4, 8)


def test_a_panel_is_a_pattern_for_one_of_the_boards_own():
    panel = Lines(["density"], axis="log")
    first, second = board("density", panels=[panel, panel]), board("density", panels=["log", panel])
    second.configure("lines:density", {"axis": "linear", "metrics": ["density"]})
    first.configure("lines:density:2", {"window": "last 100 steps"})
    assert [entry["options"]["axis"] for entry in first.layout] == ["log", "log"]
    assert first.views["lines:density"].options == panel.options
    assert panel not in (*first.views.values(), *second.views.values())


def test_remove_closes_the_gap():
    made = board("density", has_topics=False)
    made.maximise("lines:density")
    made.remove("lines:density")
    assert edges(made) == {"log": (0, 0, 12, 8)}
    assert made.maximised is None


def test_place_changes_what_is_given():
    made = board("density", has_topics=False)
    made.place("log", w=4)
    made.place("lines:density", w=8)
    made.place("log", x=8, y=0)
    assert edges(made) == {"lines:density": (0, 0, 8, 5), "log": (8, 0, 4, 8)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda made: made.remove("pie"), "panel must be one of 'lines:density', 'topic_matrix', 'log', got 'pie'"),
        (lambda made: made.place("pie", x=1), "got 'pie'"),
        (lambda made: made.place("log", w=0), "w must be a whole number from 1 to 12, got 0"),
        (lambda made: made.place("log", x=1.5), "x must be a whole number from 0 to 11, got 1.5"),
        (lambda made: made.configure("pie", {}), "got 'pie'"),
        (lambda made: made.configure("log", {"pie": 1}), "a log panel has no option 'pie'"),
        (lambda made: made.maximise("pie"), "got 'pie'"),
        (lambda made: made.hide_control("pie"), "control must be one of alpha, l1, rate, got 'pie'"),
        (lambda made: made.show_control("pie"), "control must be one of"),
        (lambda made: made.add("pie"), "got 'pie'"),
        (lambda made: setattr(made, "layout", [{"kind": "pie"}]), r"layout\[0\]: kind must be one of"),
    ],
)
def test_what_cannot_be_done_changes_nothing(change: Any, words: str):
    made = board("density")
    before, kept = made.layout, made.shared.saved
    with pytest.raises(ValueError, match=words):
        change(made)
    assert made.layout == before
    assert made.shared.saved is kept


def test_a_layout_that_is_no_list_is_refused():
    made = board("density")
    with pytest.raises(TypeError, match="layout must be a list, got None"):
        made.layout = None
    assert len(made.layout) == 3


def test_a_new_layout_keeps_the_panels_that_stay():
    made = board("density", "cosine")
    before = dict(made.views)
    entries = [entry for entry in made.layout if entry["kind"] != "log"]
    entries[0]["x"], entries[1]["x"] = 6, 0
    made.layout = entries
    assert ids(made) == ["lines:cosine", "lines:density", "topic_matrix"]
    assert all(made.views[id] is before[id] for id in made.views)


def test_options_that_a_layout_leaves_out_are_the_usual_ones():
    made = board("density")
    (id, before), *_ = made.views.items()
    entry = {"id": id, "kind": "lines", "options": {"metrics": ["density"]}}
    made.layout = [entry]
    assert made.views[id] is before
    made.layout = [entry | {"options": {"metrics": ["density"], "axis": "log"}}]
    assert made.views[id] is not before


def test_a_layout_that_is_handed_out_is_a_copy():
    made = board("density")
    made.layout[0]["options"]["metrics"].append("pie")
    assert made.layout[0]["options"]["metrics"] == ["density"]


def test_controls_are_hidden_once():
    made = board()
    made.hide_control("l1")
    made.hide_control("l1")
    made.hide_control("rate")
    assert made._source.hidden_controls == ("l1", "rate")
    made.show_control("l1")
    assert made._source.hidden_controls == ("rate",)


# ---- metrics that come and go


def record(made: Board, name: Any, value: Any) -> None:
    made._source.session.instruments.metrics[name] = Metric(name, lambda state, batch: value)
    made._source.session.history[name] = (np.array([1]), np.array([value]))


def test_a_new_metric_gets_a_line_where_there_is_room():
    made = board("density", panels=["topic_matrix", "log"])
    record(made, "largest", 0.5)
    made.update()
    assert edges(made)["lines:largest"] == (8, 8, 4, 5)
    made.update()
    assert len(made.layout) == 3


def test_a_removed_metric_does_not_come_back():
    made = board("density")
    made.remove("lines:density")
    made.update()
    again = Board(made._source, shared=holding(json.loads(json.dumps(made.shared.saved))))
    again.update()
    assert ids(made) == ids(again) == ["topic_matrix", "log"]
    assert made.add("density") == "lines:density"


def test_a_metric_that_came_after_saving_gets_its_line():
    again = board("density", "later", shared=holding(board("density").shared.saved))
    again.update()
    assert "lines:later" in ids(again)


def test_panels_that_were_chosen_stay_the_choice_until_there_is_a_new_metric():
    made = board("density", "cosine", panels=["log"])
    made.update()
    assert ids(made) == ["log"]
    record(made, "largest", 0.5)
    made.update()
    assert ids(made) == ["log", "lines:largest"]


def test_a_new_metric_waits_for_nothing_where_the_dashboard_is_full():
    made = board("density", panels=["log"] * (MAX_PANELS - 1))
    record(made, "first", 0.5)
    record(made, "second", 0.5)
    made.update()
    assert ids(made)[-1] == "lines:first"
    assert len(made.layout) == MAX_PANELS
    made.remove("log")
    made.update()
    assert "lines:second" not in ids(made)


def test_a_new_metric_that_was_removed_does_not_come_back():
    made = board("density")
    record(made, "largest", 0.5)
    made.update()
    made.remove("lines:largest")
    made.update()
    assert "lines:largest" not in ids(made)
    assert "largest" in made.shared.saved["known_metrics"]


def test_a_name_that_is_no_text_gets_no_line():
    made = board("density")
    record(made, 5, 0.5)
    made.update()
    made.frame(made._source)
    assert ids(board("density", shared=made.shared)) == ids(made)


def test_panels_of_metrics_with_long_names_can_be_kept_and_followed():
    names = ["x" * 250, "x" * 251]
    made = board(panels=["log"])
    for name in names:
        record(made, name, 0.5)
    made.update()
    assert [made.views[id].options["metrics"] for id in ids(made)[1:]] == [[name] for name in names]
    assert board(shared=holding(json.loads(json.dumps(made.shared.saved)))).layout == made.layout


def test_a_line_of_what_turns_out_to_be_arrays_is_dropped():
    made = board("density", has_topics=False)
    made._source.session.history["density"] = (np.array([1]), np.ones((1, 3)))
    made.update()
    assert ids(made) == ["log"]


def test_a_metric_without_line_is_offered_but_not_shown():
    quiet = session("density")
    quiet.instruments.metrics["density"] = Metric("density", lambda state, batch: 1.0, has_line=False)
    made = Board(SessionSource(quiet))
    assert ids(made) == ["topic_matrix", "log"]
    assert made.add("density") == "lines:density"


# ---- what is kept


def test_every_change_is_kept_as_json():
    kept: list[str] = []
    made = board("density")
    shared = made.shared
    shared.changed.connect(lambda: kept.append(json.dumps(shared.saved, allow_nan=False)))
    made.hide_control("l1")
    made.add("log", w=6)
    made.maximise("log")
    again = board("density", shared=holding(json.loads(kept[-1])))
    assert again.layout == made.layout
    assert (again.maximised, again._source.hidden_controls) == ("log", ("l1",))
    assert len(kept) == 3


def test_a_metric_of_ones_own_need_not_be_there_yet():
    again = board("density", shared=holding(board("density", "mine").shared.saved))
    assert "lines:mine" in ids(again)


@pytest.mark.parametrize(
    "saved",
    [
        3,
        {},
        {"panels": 3},
        {"panels": [3]},
        {"panels": [{"kind": "pie"}]},
        {"panels": [{"kind": "log", "x": "left"}]},
        {"panels": [], "hidden_controls": 3},
        {"panels": [], "known_metrics": [3]},
    ],
)
def test_a_damaged_layout_is_refused(saved: Any):
    with pytest.raises((ValueError, TypeError)):
        board(shared=holding(saved))


# ---- several boards with one layout


@pytest.fixture
def two() -> tuple[Board, Board]:
    """Boards of two dashboards of one session."""
    shared, one = SharedLayout(), session("density", "cosine")
    return Board(SessionSource(one), shared=shared), Board(SessionSource(one), shared=shared)


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.add("log", x=0, y=0),
        lambda made: made.remove("log"),
        lambda made: made.place("lines:density", w=3, h=9),
        lambda made: made.configure("lines:density", {"axis": "log", "window": "last 100 steps"}),
        lambda made: made.configure("topic_matrix", {"names": {1: "horror"}}),
        lambda made: made.maximise("log"),
        lambda made: made.hide_control("l1"),
        lambda made: setattr(made, "layout", ["log", "topic_matrix"]),
    ],
)
def test_what_one_board_changes_the_other_takes_over(two: tuple[Board, Board], change: Any):
    first, second = two
    before = shown(second)
    change(first)
    assert shown(second) == shown(first) != before


def shown(made: Board) -> list[Any]:
    """What a board has to show, but for the panels' own frames."""
    made.update()
    header, _ = made.frame(made._source)
    return [made.layout, header, made._source.hidden_controls, made._source.topic_names]


def test_changes_in_turn_are_all_kept(two: tuple[Board, Board]):
    first, second = two
    first.remove("log")
    second.hide_control("l1")
    first.place("topic_matrix", h=9)
    second.configure("topic_matrix", {"names": {0: "food"}})
    first.add("density")
    kept = first.shared.saved
    assert [panel["id"] for panel in kept["panels"]] == [
        "lines:density", "lines:cosine", "topic_matrix", "lines:density:2"
    ]  # fmt: skip
    assert (kept["panels"][2]["h"], kept["panels"][2]["options"]["names"]) == (9, {"0": "food"})
    assert kept["hidden_controls"] == ["l1"]


def test_changes_from_many_threads_are_all_kept(two: tuple[Board, Board]):
    def add(made: Board) -> None:
        for _ in range(8):
            made.add("log", x=0)

    threads = [threading.Thread(target=add, args=(made,)) for made in two * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(two[0].shared.saved["panels"]) == 4 + 32
    assert two[0].layout == two[1].layout


def test_a_change_holds_the_layout_until_it_is_kept(two: tuple[Board, Board], monkeypatch: pytest.MonkeyPatch):
    """Else a change of another board, made in between, would be overwritten by something older."""
    made, _ = two
    free: list[bool] = []
    for name in ("_follow", "_require_control", "_keep"):
        monkeypatch.setattr(made, name, noting(getattr(made, name), made.shared.lock, free))
    made.hide_control("l1")
    assert free == [False, False, False]


def noting(function: Callable[..., None], lock: threading.RLock, free: list[bool]) -> Callable[..., None]:
    """Note at each call whether another thread could take `lock`."""

    def call(*arguments: Any) -> None:
        free.append(is_free(lock))
        function(*arguments)

    return call


def is_free(lock: threading.RLock) -> bool:
    with ThreadPoolExecutor(1) as pool:
        is_taken = pool.submit(lock.acquire, timeout=0.1).result(10)
        if is_taken:
            pool.submit(lock.release).result(10)
    return is_taken


def test_listeners_are_told_once_the_layout_is_free(two: tuple[Board, Board]):
    made, _ = two
    free: list[bool] = []
    made.shared.changed.connect(lambda: free.append(is_free(made.shared.lock)))
    made.hide_control("l1")
    record(made, "largest", 0.5)
    made.update()
    Board(made._source, shared=made.shared)
    assert free == [True, True]


def test_a_board_that_follows_keeps_its_own_panels(two: tuple[Board, Board]):
    """So a chart goes on where it is, and the words of a matrix keep their order."""
    first, second = two
    own = dict(second.views)
    first.configure("lines:density", {"axis": "log"})
    first.place("topic_matrix", h=9)
    second.update()
    assert second.views == own
    assert second.views["lines:density"].options["axis"] == "log"
    assert not set(map(id, first.views.values())) & set(map(id, second.views.values()))


def test_every_listener_hears_of_a_change(two: tuple[Board, Board]):
    heard: list[str] = []
    two[0].shared.changed.connect(lambda: heard.append("changed"))
    two[1].hide_control("l1")
    assert heard == ["changed"]


def test_panels_of_its_own_stand_apart_from_a_layout_that_is_there(two: tuple[Board, Board]):
    first, _ = two
    before = first.shared.saved
    apart = Board(first._source, panels=["log"], shared=first.shared)
    apart.add("density")
    assert (ids(apart), first.shared.saved) == (["log", "lines:density"], before)
    first.remove("topic_matrix")
    assert ids(apart) == ["log", "lines:density"]


def test_panels_become_the_layout_where_there_is_none():
    shared, one = SharedLayout(), SessionSource(session("density"))
    Board(one, panels=["log"], shared=shared)
    assert ids(Board(one, shared=shared)) == ["log"]


def test_a_layout_that_was_damaged_meanwhile_is_told_of_once_and_mended_by_the_next_change():
    owner = SimpleNamespace(attachments={})
    made = board("density", shared=SharedLayout(owner))
    before = made.layout
    owner.attachments["dashboard"] = {"panels": "none"}
    with pytest.raises(ValueError, match="a saved dashboard is a dict with a list of panels"):
        made.update()
    made.update()
    assert made.layout == before
    made.hide_control("l1")
    assert owner.attachments["dashboard"]["panels"] == before


class Owner:
    def __init__(self) -> None:
        self.attachments: dict[str, Any] = {}


def test_a_session_has_one_layout_and_may_be_collected():
    owner = Owner()
    assert shared_layout(owner) is shared_layout(owner)
    assert shared_layout(owner) is not shared_layout(Owner())
    owner.attachments = {"dashboard": {"panels": []}}
    assert shared_layout(owner).saved == {"panels": []}
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    assert gone() is None


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["log", "lines", "lines:density", ""]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "kind", "options", "x", "w", "metrics"]), children, max_size=5)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(panels=st.lists(JUNK, max_size=4) | JUNK, others=st.dictionaries(st.sampled_from(SAVED), JUNK))
def test_any_saved_layout_is_taken_or_refused(panels: Any, others: dict[str, Any]):
    try:
        made = board("density", shared=holding({"panels": panels, **others}))
    except (ValueError, TypeError):
        return
    made.frame(made._source)


# ---- the frame


def test_the_frame_says_where_panels_stand_and_what_may_be_added():
    made = board("density", "cosine")
    made.maximise("log")
    header, buffers = made.frame(made._source)
    assert (made.id, made.kind, buffers) == ("layout", "layout", [])
    assert [panel["id"] for panel in header["panels"]] == ids(made)
    first = header["panels"][0]
    assert {name: first[name] for name in ("kind", "title", *EDGES)} == {
        "kind": "lines", "title": "density", "x": 0, "y": 0, "w": N_COLUMNS // 2, "h": 5
    }  # fmt: skip
    assert header["maximised"] == "log"
    assert {"group", "label", "kind", "options"} == set(header["menu"][0])
    assert {"log", "topic_matrix"} <= {item["kind"] for item in header["menu"]}
    json.dumps(header, allow_nan=False)


def test_everything_a_menu_offers_can_be_added():
    made = board("density", "cosine", panels=[])
    offers = made.frame(made._source).header["menu"]
    for item in offers[:MAX_PANELS]:
        made.add({"kind": item["kind"], "options": item["options"]})
    assert len(made.layout) == min(len(offers), MAX_PANELS)


def test_settings_are_json():
    made = board("density", "cosine")
    for panel in made.frame(made._source).header["panels"]:
        for setting in panel["settings"]:
            assert {"name", "kind", "value", "label", "choices", "low", "high", "step", "help"} <= set(setting)
            json.dumps(setting, allow_nan=False)
