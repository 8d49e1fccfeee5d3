"""States kept for going back: references, so taking one costs nothing; thinned as they age to stay in budget."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mixviz.engine.path import Path
from mixviz.engine.states import n_bytes
from mixviz.types import Published, RemoteState, check_whole

_MAX_UNPINNED = 200
"""Unpinned snapshots kept at most, however small: more than a timeline can show."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state to go back to, with the control values of that moment.

    Attributes
    ----------
    id : int
        Number within the session.
    step, tick : int
        Step of the state, and how many steps had been executed in all.
    name : str
        Given by a person; empty for automatic ones.
    is_pinned : bool
        Never thinned.
    n_bytes : int
        Size of the state.
    path : Path
        The ticks that led to it.
    """

    id: int
    step: int
    tick: int
    name: str
    is_pinned: bool
    n_bytes: int
    path: Path = field(repr=False)
    state: Any = field(repr=False)
    values: Mapping[str, float] = field(repr=False)
    owner: object = field(repr=False)


class Snapshots:
    """The snapshots of a session, oldest first.

    Parameters
    ----------
    budget_bytes : int
        Unpinned snapshots are thinned, the closest together relative to their age first, until all fit. The
        first and the newest stay, and pinned ones stay even where they alone exceed the budget.
    """

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = check_whole("snapshot_budget_bytes", budget_bytes, 0)
        self.items: tuple[Snapshot, ...] = ()
        self._lock = threading.Lock()
        self._next_id = 1

    def add(self, now: Published, path: Path, name: str = "", *, is_pinned: bool = False) -> Snapshot:
        """Keep the published state, reached by `path`. A named one is pinned, and takes its name from any older one."""
        with self._lock:
            snapshot = self._made(now, path, name, is_pinned)
            self._bring_here(snapshot.state)
            kept = [replace(s, name="") if name and s.name == name else s for s in self.items]
            self.items = tuple(self._thin([*kept, snapshot]))
            return snapshot

    def _bring_here(self, state: Any) -> None:
        """Begin to copy a state from another device, so that it outlives that; what was begun before is complete."""
        if not isinstance(state, RemoteState):
            return
        state.fetch()
        before = self.items[-1].state if self.items else state
        if before is not state and isinstance(before, RemoteState):
            before.leave()

    def change(self, snapshot: Snapshot, name: str, is_pinned: bool) -> Snapshot:
        """Give a snapshot another name, taken from any older one, and pin it or not; KeyError if it was thinned out."""
        with self._lock:
            if all(kept.id != snapshot.id for kept in self.items):
                raise KeyError(f"the snapshot of step {snapshot.step} was thinned out meanwhile; choose another")
            changed = replace(snapshot, name=name, is_pinned=is_pinned)
            others = [replace(s, name="") if name and s.name == name else s for s in self.items]
            self.items = tuple(self._thin([changed if s.id == snapshot.id else s for s in others]))
            return changed

    def put(self, kept: Iterable[tuple[Published, Path, str, bool]]) -> None:
        """Replace all by (place, path, name, whether pinned) of each, in the order of their ticks, without thinning."""
        with self._lock:
            self.items = tuple(self._made(*each) for each in sorted(kept, key=lambda each: each[0].tick))

    def _made(self, now: Published, path: Path, name: str, is_pinned: bool) -> Snapshot:
        place = (self._next_id, now.step, now.tick, name, is_pinned or bool(name), n_bytes(now.state))
        self._next_id += 1
        return Snapshot(*place, path.until(now.tick), now.state, dict(now.values), self)

    def _thin(self, items: list[Snapshot]) -> list[Snapshot]:
        now = max(s.tick for s in items) + 1
        while self._is_over(items):
            loose = [i for i in range(1, len(items) - 1) if not items[i].is_pinned]
            if not loose:
                break
            del items[min(loose, key=lambda i: abs(items[i + 1].tick - items[i - 1].tick) / (now - items[i].tick))]
        return items

    def _is_over(self, items: list[Snapshot]) -> bool:
        n_unpinned = sum(not s.is_pinned for s in items)
        return n_unpinned > _MAX_UNPINNED or sum(s.n_bytes for s in items) > self.budget_bytes

    def find(self, mark: Snapshot | str | int) -> Snapshot:
        """Return the snapshot meant by `mark`.

        Parameters
        ----------
        mark : Snapshot, str or int
            A snapshot; the name of one; or a step, which means the newest taken at or before that step.

        Raises
        ------
        KeyError
            If there is none.
        ValueError
            If it is a snapshot of another session.
        TypeError
            If `mark` is something else.
        """
        items = self.items
        if isinstance(mark, Snapshot):
            if mark.owner is not self:
                raise ValueError(f"{mark!r} belongs to another session")
            return next((s for s in items if s.id == mark.id), mark)
        if isinstance(mark, str):
            named = [s for s in items if s.name == mark]
            names = ", ".join(repr(s.name) for s in items if s.name) or "none"
            if not named:
                raise KeyError(f"there is no snapshot named {mark!r}; names: {names}")
            return named[-1]
        if isinstance(mark, bool) or not hasattr(mark, "__index__"):
            raise TypeError(f"a mark is a Snapshot, a name or a step, got {mark!r}")
        before = [s for s in items if s.step <= mark]
        if not before:
            raise KeyError(f"there is no snapshot at or before step {mark}; steps: {[s.step for s in items]}")
        return max(before, key=lambda s: (s.step, s.tick))
