"""Where panels stand: a grid of 12 columns, packed upwards, without overlaps. The only place that knows how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

N_COLUMNS = 12
MAX_ROWS = 100
"""Rows of the grid that one panel takes at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of grid cells.

    Attributes
    ----------
    x, y : int
        Column and row of the upper left cell, from 0.
    w, h : int
        Columns, 1 to 12, and rows, 1 to 100.

    Raises
    ------
    ValueError
        If it does not fit into the columns, or a number is not a whole one.
    """

    x: int
    y: int
    w: int
    h: int

    def __post_init__(self) -> None:
        limits = {"w": (1, N_COLUMNS), "x": (0, N_COLUMNS - 1), "y": (0, 100_000), "h": (1, MAX_ROWS)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name} must be a whole number from {low} to {high}, got {value!r}")
        if self.x + self.w > N_COLUMNS:
            raise ValueError(f"x + w must be at most {N_COLUMNS}, got x={self.x} and w={self.w}")

    def shares_columns(self, other: Place) -> bool:
        """Whether one can stand above the other."""
        return self.x < other.x + other.w and other.x < self.x + self.w


Places = Mapping[str, Place]


def packed(places: Places) -> dict[str, Place]:
    """Move every panel up as far as those above it allow; overlapping ones end below each other.

    Panels are taken from top to bottom and from left to right, and come back in that order.
    """
    return _dropped(sorted(places.items(), key=lambda item: (item[1].y, item[1].x)))


def moved(places: Places, panel: str, place: Place) -> dict[str, Place]:
    """Put one panel at `place`, in front of those it lands on the upper half of, and pack the rest around it."""
    others = list(packed({name: kept for name, kept in places.items() if name != panel}).items())
    is_below = (place.shares_columns(kept) and kept.y + kept.h / 2 > place.y for _, kept in others)
    at = next((i for i, is_pushed in enumerate(is_below) if is_pushed), len(others))
    return packed(_dropped([*others[:at], (panel, place), *others[at:]]))


def with_room_for(places: Places, panel: str, width: int, height: int) -> dict[str, Place]:
    """Add a panel where it stands highest, the left one of equal places.

    Raises
    ------
    ValueError
        If the size is not allowed, or a panel of that name is there.
    """
    if panel in places:
        raise ValueError(f"there is a panel {panel!r} already")
    size = Place(0, 0, width, height)
    levels = _levels(packed(places).values())
    tops = [max(levels[x : x + width]) for x in range(N_COLUMNS - width + 1)]
    x = tops.index(min(tops))
    return packed({**places, panel: replace(size, x=x, y=tops[x])})


def _dropped(order: list[tuple[str, Place]]) -> dict[str, Place]:
    """Let panels rise one after another until they touch what is above."""
    placed: dict[str, Place] = {}
    levels = [0] * N_COLUMNS
    for name, place in order:
        columns = slice(place.x, place.x + place.w)
        y = max(levels[columns])
        placed[name] = replace(place, y=y)
        levels[columns] = [y + place.h] * place.w
    return placed


def _levels(places: Iterable[Place]) -> list[int]:
    """Return the first free row below everything, by column."""
    levels = [0] * N_COLUMNS
    for place in places:
        for x in range(place.x, place.x + place.w):
            levels[x] = max(levels[x], place.y + place.h)
    return levels
