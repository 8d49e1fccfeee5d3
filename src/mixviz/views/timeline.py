"""Timeline: the whole run on one line, with what was changed, what was kept, and where it stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mixviz.views.base import Frame, Snapshot, Source
from mixviz.views.changes import Mark
from mixviz.views.course import shared_step

N_SNAPSHOTS = 60
N_MARKS = 200
BY_HAND = {"set", "edit"}


class Timeline:
    """Marks of changes, kept states and the present step.

    At most `N_SNAPSHOTS` states are shown, those with a name or a pin before the automatic ones, and at most `N_MARKS`
    marks: where there are more, neighbours become one mark that says how many they are.
    """

    id = kind = "timeline"
    interval_s = 0.25

    def frame(self, source: Source) -> Frame:
        """Return the timeline.

        ``last`` is the furthest step that can be gone to; it lies beyond ``step`` after a rewind. A snapshot's
        ``shared`` is the last step that the course leading to it has in common with the present one.
        """
        step, path = source.published.step, source.history.path
        kept = _chosen(source.snapshots)
        snapshots = [
            {"id": s.id, "step": s.step, "name": s.name, "is_pinned": s.is_pinned, "shared": shared_step(path, s.path)}
            for s in sorted(kept, key=lambda s: (s.step, s.id))
        ]
        header = {
            "step": step,
            "last": max([step, *(s.step for s in kept)]),
            "snapshots": snapshots,
            "marks": _merged(source.changes.events),
        }
        return Frame(header, [])


def _chosen(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Return the first, the newest, those a person cares for, and others spread over the rest."""
    kept = sorted(snapshots, key=lambda s: s.id)
    ends = {s.id for s in (*kept[:1], *kept[-1:])}
    dear = [s for s in kept if s.name or s.is_pinned or s.id in ends][-N_SNAPSHOTS:]
    automatic = [s for s in kept if not (s.name or s.is_pinned or s.id in ends)]
    n = min(N_SNAPSHOTS - len(dear), len(automatic))
    return dear + [automatic[i * len(automatic) // n] for i in range(n)]


def _merged(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Return marks as JSON, ``n`` to each; too many of them are merged by step, and speak of the newest."""
    marks = sorted(marks, key=lambda mark: mark.step)
    n_each = max(math.ceil(len(marks) / N_MARKS), 1)
    groups = [marks[i : i + n_each] for i in range(0, len(marks), n_each)]
    return [
        {name: value for name, value in asdict(group[-1]).items() if name != "tick"}
        | {
            "first": group[0].step,
            "n": len(group),
            "n_by_hand": sum(mark.kind in BY_HAND and mark.who == "you" for mark in group),
        }
        for group in groups
    ]
