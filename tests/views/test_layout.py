"""The grid of panels: packed, never overlapping, whatever is done to it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixviz.views.layout import N_COLUMNS, Place, Places, moved, packed, with_room_for

A, B, C = Place(0, 0, 6, 4), Place(6, 0, 6, 4), Place(0, 4, 12, 8)


@st.composite
def any_place(draw: st.DrawFn) -> Place:
    w = draw(st.integers(1, N_COLUMNS))
    return Place(draw(st.integers(0, N_COLUMNS - w)), draw(st.integers(0, 30)), w, draw(st.integers(1, 12)))


any_places = st.dictionaries(st.sampled_from("abcdefgh"), any_place(), max_size=8)


def assert_tidy(places: Places) -> None:
    """Fail where two panels overlap or one could rise."""
    cells = {name: set(itertools.product(range(p.x, p.x + p.w), range(p.y, p.y + p.h))) for name, p in places.items()}
    for one, other in itertools.combinations(places, 2):
        assert not cells[one] & cells[other], (one, other, places)
    taken = set().union(*cells.values()) if cells else set()
    for p in places.values():
        assert p.y == 0 or any((x, p.y - 1) in taken for x in range(p.x, p.x + p.w)), (p, places)


@given(any_places)
def test_packing_leaves_no_overlap_and_no_gap_and_is_stable(places: dict[str, Place]) -> None:
    once = packed(places)
    assert_tidy(once)
    assert packed(once) == once
    assert {name: (p.x, p.w, p.h) for name, p in once.items()} == {name: (p.x, p.w, p.h) for name, p in places.items()}


@given(any_places, any_place())
def test_moving_anywhere_stays_tidy_and_keeps_every_panel(places: dict[str, Place], place: Place) -> None:
    result = moved({**places, "x": Place(0, 0, 3, 4)}, "x", place)
    assert_tidy(result)
    assert set(result) == {*places, "x"}
    assert (result["x"].x, result["x"].w, result["x"].h) == (place.x, place.w, place.h)


@given(any_places, st.integers(1, N_COLUMNS), st.integers(1, 12))
def test_a_new_panel_moves_no_other(places: dict[str, Place], w: int, h: int) -> None:
    before = packed(places)
    after = with_room_for(before, "new", w, h)
    assert_tidy(after)
    assert {name: p for name, p in after.items() if name != "new"} == before


def test_dropped_on_the_upper_half_it_goes_in_front() -> None:
    result = moved({"a": A, "b": B, "c": C}, "b", Place(0, 1, 6, 4))
    assert list(result) == ["b", "a", "c"]
    assert result["a"].y == 4


def test_dropped_on_the_lower_half_it_goes_behind() -> None:
    result = moved({"a": A, "b": B, "c": C}, "b", Place(0, 3, 6, 4))
    assert (result["a"].y, result["b"].y, result["c"].y) == (0, 4, 8)


def test_resizing_pushes_what_is_below() -> None:
    assert moved({"a": A, "b": B, "c": C}, "a", Place(0, 0, 12, 6)) == {
        "a": Place(0, 0, 12, 6),
        "b": Place(6, 6, 6, 4),
        "c": Place(0, 10, 12, 8),
    }


def test_a_new_panel_stands_as_high_as_it_can() -> None:
    assert with_room_for({"a": A}, "new", 6, 4)["new"] == Place(6, 0, 6, 4)
    assert with_room_for({"a": A, "b": B}, "new", 4, 4)["new"] == Place(0, 4, 4, 4)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0, 0, 13, 1), "w must be a whole number from 1 to 12, got 13"),
        ((-1, 0, 1, 1), "x must be a whole number from 0 to 11, got -1"),
        ((0, 0.5, 1, 1), "y must be a whole number from 0 to 100000, got 0.5"),
        ((0, 0, 1, 0), "h must be a whole number from 1 to 100, got 0"),
        ((0, 0, True, 1), "w must be a whole number from 1 to 12, got True"),
        ((7, 0, 6, 1), "x . w must be at most 12, got x=7 and w=6"),
    ],
)
def test_nonsense_is_named(numbers: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Place(*numbers)


def test_no_two_panels_of_one_name() -> None:
    with pytest.raises(ValueError, match="there is a panel 'a' already"):
        with_room_for({"a": A}, "a", 1, 1)
