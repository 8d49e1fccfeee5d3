"""Which executed steps make up a run's present path: ticks only grow, a rewind changes what they mean.

A *tick* counts the steps ever executed; a *step* is a place on the path. After 40 steps and a rewind to step 10
the next step is step 11 and tick 41: the path is ticks 1-10, then 41 onwards shifted by 30.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Segment:
    """Ticks ``first..last`` (None: still growing), at steps ``tick - shift``."""

    first: int
    last: int | None
    shift: int


@dataclass(frozen=True, slots=True)
class Path:
    """Segments in order; never changed, only replaced."""

    segments: tuple[Segment, ...] = (Segment(1, None, 0),)

    def until(self, tick: int) -> Path:
        """Return the part up to and including `tick`."""
        kept = [s for s in self.segments if s.first <= tick]
        return Path(tuple(replace(s, last=tick if s.last is None else min(s.last, tick)) for s in kept))

    def continued(self, tick: int, step: int) -> Path:
        """Return the path that goes on from `step` with ``tick + 1``; `self` ends at `step`."""
        return Path((*self.segments, Segment(tick + 1, None, tick - step)))
