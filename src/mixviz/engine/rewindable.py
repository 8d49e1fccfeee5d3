"""Keeping what a run was, and going back to it: snapshots, rewinds, forks."""

from __future__ import annotations

import copy
import threading
from typing import Self

from mixviz.engine import attachments
from mixviz.engine.snapshots import Snapshot
from mixviz.engine.worker import Worker
from mixviz.types import Published, check_text


class Rewindable(Worker):
    """A worker with the verbs of :class:`mixviz.engine.session.Session` that keep states and return to them."""

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """Snapshots, oldest first."""
        return self.snapshots_store.items

    def _settle(self) -> None:
        """Wait until all that was asked for is applied; the training thread itself never waits."""
        if threading.current_thread() is not self._thread:
            with self._changed:
                done = self.n_applied + len(self._requests)
                self._changed.wait_for(lambda: self.n_applied >= done)

    def _settle_edits(self) -> None:
        """Wait where an edit is pending: unlike a control's value, what it makes of the state is not known before."""
        if any(apply == self._edit for _, apply, _ in tuple(self._requests)):
            self._settle()

    def snapshot(self, name: str = "") -> Snapshot:
        """Keep the newest finished state, with the control values asked for so far. A named one is never thinned."""
        check_text("name", name)
        self._settle_edits()
        now, path = self.foreseen()
        snapshot = self.snapshots_store.add(now, path, name)
        self._request(self._note_snapshot, snapshot)
        return snapshot

    def name_snapshot(self, mark: Snapshot | str | int, name: str) -> Snapshot:
        """Name a snapshot, which pins it; "" takes the name away. Returns the snapshot as it is now.

        Raises
        ------
        KeyError, ValueError, TypeError
            If there is no such snapshot, it is another session's, or `name` is no text.
        """
        check_text("name", name)
        before = self.snapshots_store.find(mark)
        after = self.snapshots_store.change(before, name, before.is_pinned or bool(name))
        text = f"snapshot of step {after.step} named “{name}”" if name else f"snapshot “{before.name}” lost its name"
        self._request(self._log, "name", text)
        return after

    def pin_snapshot(self, mark: Snapshot | str | int, is_pinned: bool = True) -> Snapshot:
        """Keep a snapshot for good, or let it be thinned out again. Returns the snapshot as it is now.

        Raises
        ------
        KeyError, ValueError, TypeError
            If there is no such snapshot, it is another session's, or it has a name: a named one stays pinned.
        """
        if not isinstance(is_pinned, bool):
            raise TypeError(f"is_pinned must be True or False, got {is_pinned!r}")
        before = self.snapshots_store.find(mark)
        if before.name and not is_pinned:
            raise ValueError(f"is_pinned must be True for a named snapshot: take the name {before.name!r} away first")
        after = self.snapshots_store.change(before, before.name, is_pinned)
        self._request(self._log, "name", f"snapshot of step {after.step} {'pinned' if is_pinned else 'unpinned'}")
        return after

    def rewind(self, mark: Snapshot | str | int) -> None:
        """Go back to a snapshot: the state, the control values and the step count as they were then.

        Parameters
        ----------
        mark : Snapshot, str or int
            A snapshot, its name, or a step (the newest snapshot at or before it).

        Raises
        ------
        KeyError, ValueError
            If there is no such snapshot, or it is another session's.
        """
        self._request(self._rewind, self.snapshots_store.find(mark))

    def restart(self) -> None:
        """Go back to where the session began (step 0; a fork's: where it was forked) and train, after a failure too."""
        self.rewind(self.snapshots[0])
        self._request(self._go, None)

    def fork(self, mark: Snapshot | str | int | None = None) -> Self:
        """Return a second, idle session that begins at `mark` (default: now) with the same random numbers."""
        self._settle_edits()
        now, path = self.foreseen()
        if mark is not None:
            at = self.snapshots_store.find(mark)
            now, path = Published(at.step, at.tick, at.state, at.values), at.path
        other = type(self).__new__(type(self))  # a new session's __init__ would make a first state, for nothing
        batches, metrics = copy.copy(self.batches), list(self.instruments.metrics.values())
        Worker.__init__(
            other, copy.copy(self.model), self.data, batches, self.held_out, metrics, dict(self.settings), None
        )
        other.history, other.log = self.history.copied(path, now), self.log.copied(now.tick)
        other.attachments = attachments.copied(self.attachments)
        other.max_steps_per_second = self.max_steps_per_second
        other.begin(now)
        return other
