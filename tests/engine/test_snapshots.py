"""Snapshots: within their budget, thinner with age, and the pinned ones stay."""

from __future__ import annotations

import numpy as np
import pytest

from mixviz.engine.path import Path
from mixviz.engine.snapshots import Snapshots
from mixviz.types import Published
from tests.engine.toy import ToyState

STATE = ToyState(np.zeros(125), 0, 0)
SIZE = 1016  # 125 float64 and two integers


def place(tick: int) -> Published:
    return Published(tick, tick, STATE, {})


def filled(budget: int, n: int, named: dict[int, str] | None = None) -> Snapshots:
    store = Snapshots(budget)
    for tick in range(n):
        store.add(place(tick), Path(), (named or {}).get(tick, ""))
    return store


def test_budget_holds_and_old_ones_thin_out() -> None:
    store = filled(20 * SIZE, 500)
    ticks = [s.tick for s in store.items]
    assert sum(s.n_bytes for s in store.items) <= 20 * SIZE
    assert len(ticks) == 20
    assert (ticks[0], ticks[-1]) == (0, 499)
    gaps = np.diff(ticks)
    assert gaps[:5].mean() > 4 * gaps[-5:].mean()


def test_pinned_ones_stay_even_beyond_the_budget() -> None:
    store = filled(3 * SIZE, 300, {5: "a", 6: "b", 7: "c", 8: "d"})
    assert [s.name for s in store.items if s.is_pinned] == ["a", "b", "c", "d"]
    assert store.items[-1].tick == 299


def test_many_small_ones_are_limited_too() -> None:
    assert len(filled(1 << 30, 1000).items) <= 202


def test_a_name_belongs_to_the_newest() -> None:
    store = filled(1 << 20, 20, {3: "mark", 9: "mark"})
    assert store.find("mark").tick == 9
    assert [s.name for s in store.items].count("mark") == 1


def test_find_by_step_means_at_or_before() -> None:
    store = Snapshots(1 << 20)
    for tick in (0, 10, 20):
        store.add(place(tick), Path())
    assert [store.find(step).step for step in (0, 9, 10, 25)] == [0, 0, 10, 20]
    with pytest.raises(KeyError, match="names: none"):
        store.find("x")


def test_a_snapshot_has_values_of_its_own() -> None:
    store, values = Snapshots(1 << 20), {"rate": 0.1}
    snapshot = store.add(Published(0, 0, STATE, values), Path())
    values["rate"] = 0.9
    assert snapshot.values == {"rate": 0.1}


def test_negative_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="snapshot_budget_bytes"):
        Snapshots(-1)


def test_a_change_keeps_the_order_and_takes_the_name_from_others() -> None:
    store = filled(1 << 20, 4, {3: "mark"})
    changed = store.change(store.items[1], "mark", True)
    assert (changed.name, changed.is_pinned, changed.tick) == ("mark", True, 1)
    assert [s.tick for s in store.items] == [0, 1, 2, 3]
    assert [s.name for s in store.items] == ["", "mark", "", ""]
    assert store.items[1] is changed


def test_what_was_thinned_out_cannot_be_changed() -> None:
    store = filled(3 * SIZE, 5)
    early = store.add(place(5), Path())
    for tick in range(6, 30):
        store.add(place(tick), Path())
    with pytest.raises(KeyError, match="the snapshot of step 5 was thinned out meanwhile; choose another"):
        store.change(early, "late", True)


def test_an_unpinned_snapshot_counts_against_the_budget_again() -> None:
    store = filled(3 * SIZE, 300, {5: "a", 6: "b", 7: "c", 8: "d"})
    store.change(store.find("b"), "", False)
    assert [s.name for s in store.items if s.is_pinned] == ["a", "c", "d"]
    assert [s.tick for s in store.items] == [0, 5, 7, 8, 299]


def test_find_gives_a_snapshot_as_it_is_now() -> None:
    store = filled(1 << 20, 2)
    before = store.items[0]
    store.change(before, "start", True)
    assert store.find(before).name == "start"
