"""What a dashboard shows unasked: lines, what the model has learnt, what says more about that, and the log."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from mixviz.views.entries import edges
from mixviz.views.layout import N_COLUMNS, Place
from mixviz.views.registry import PANELS
from mixviz.views.session_source import SessionSource

N_LINES = 9
"""Charts: one for each of the first metrics."""
_LINES_A_ROW, _LINE_HEIGHT = 4, 5
_LEFT, _HEIGHT, _LOG_HEIGHT = 8, 18, 4
"""Columns of the main panel, where others stand beside it; rows that it takes, with the log; rows of the log."""

Entry = dict[str, Any]


def usual_panels(source: SessionSource) -> list[Entry]:
    """Return entries for lines; below them the main panel, and beside that, as high, what says more and the log.

    Where nothing stands beside the main panel it is as wide as all, and the log below it.
    """
    metrics = source.usual_metrics[:N_LINES]
    top = -(-len(metrics) // _LINES_A_ROW) * _LINE_HEIGHT
    main, beside = _usual(source, "main")[:1], _usual(source, "beside")
    left, height = (_LEFT if main and beside else 0), _HEIGHT - _LOG_HEIGHT
    large = _stacked(main, Place(0, top, left, _HEIGHT)) if left else []
    right = _stacked(beside or main, Place(left, top, N_COLUMNS - left, height))
    y, h = (top + height, _LOG_HEIGHT) if right else (top, 2 * _LOG_HEIGHT)
    return [*_lines(metrics), *large, *right, _entry("log", Place(left, y, N_COLUMNS - left, h))]


def _usual(source: SessionSource, place: str) -> list[str]:
    return [kind for kind, panel in PANELS.items() if panel.usual == place and panel.fits(source)]


def _lines(metrics: Sequence[str]) -> list[Entry]:
    """Return charts in as few rows as may be, about equally many in each, which they fill."""
    n_rows = -(-len(metrics) // _LINES_A_ROW)
    lines = []
    for row in range(n_rows):
        first, end = (-(-len(metrics) * i // n_rows) for i in (row, row + 1))
        width = N_COLUMNS // (end - first)
        for i, name in enumerate(metrics[first:end]):
            lines.append(_entry("lines", Place(i * width, row * _LINE_HEIGHT, width, _LINE_HEIGHT), metrics=[name]))
    return lines


def _stacked(kinds: Sequence[str], room: Place) -> list[Entry]:
    """Return panels one below the other, each with as much of the room as its own size asks for."""
    asked = [0, *accumulate(PANELS[kind].size[1] for kind in kinds)]
    ends = pairwise(room.y + round(room.h * height / max(asked[-1], 1)) for height in asked)
    return [_entry(kind, Place(room.x, y, room.w, end - y)) for kind, (y, end) in zip(kinds, ends, strict=True)]


def _entry(kind: str, place: Place, **options: Any) -> Entry:
    return {"kind": kind, "options": options, **edges(place)}
