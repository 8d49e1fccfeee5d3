"""Courses of a run: which of what happened lies on the present one, and where two of them part."""

from __future__ import annotations

import math

from mixviz.types import Path, Segment


def is_on(path: Path, tick: int) -> bool:
    """Whether the step executed as number `tick` is, or will be, part of `path`."""
    return any(segment.first <= tick <= _last(segment) for segment in path.segments)


def shared_step(path: Path, other: Path) -> int:
    """Return the last step that two courses have in common: 0 where they have none.

    Parameters
    ----------
    path, other : Path
        Either may be the beginning of the other.
    """
    shared = 0
    for own, its in zip(path.segments, other.segments, strict=False):
        if (own.first, own.shift) != (its.first, its.shift):
            break
        last = min(_last(own), _last(its))
        if math.isinf(last):
            last = own.first - 1  # both still grow from here
        shared = int(last) - own.shift
        if _last(own) != _last(its):
            break
    return shared


def _last(segment: Segment) -> float:
    return math.inf if segment.last is None else segment.last
