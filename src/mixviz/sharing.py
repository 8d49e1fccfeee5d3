"""Presets for machines that many people share: how much of the machine a steered session may take."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mixviz.backend import suggest_num_threads
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.engine.worker import asked_by

SOURCE = "preset"
"""Who pauses and resumes, in the log."""
_CHECK_S = 0.5
_RUN_KINDS = ("start", "pause", "resume", "stop", "error")


@dataclass(frozen=True, slots=True)
class Preset:
    """What a steered session may take, where the caller says nothing else.

    Attributes
    ----------
    n_threads : int
        Threads of the kernels, in the whole process.
    max_steps_per_second : float
    snapshot_budget_bytes : int
    unseen_s : float
        Seconds without a live view after which a run that would go on for ever pauses.
    """

    n_threads: int
    max_steps_per_second: float
    snapshot_budget_bytes: int
    unseen_s: float

    def arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """Limit the threads, and return the session's arguments: `given`, completed by the preset's."""
        suggest_num_threads(self.n_threads)
        own = {"max_steps_per_second": self.max_steps_per_second, "snapshot_budget_bytes": self.snapshot_budget_bytes}
        return own | given


PRESETS: dict[str, Preset | None] = {"none": None, "shared": Preset(1, 20.0, 64 << 20, 30.0)}


def find_preset(name: str | None) -> Preset | None:
    """Return the preset of that name; None for ``"none"``.

    Parameters
    ----------
    name : str or None
        None takes the name in the environment variable ``MIXVIZ_PRESET``, and without that ``"none"``.

    Raises
    ------
    ValueError
        If there is no such preset.
    """
    origin = "preset" if name is not None else "environment variable MIXVIZ_PRESET"
    chosen = name if name is not None else os.environ.get("MIXVIZ_PRESET", "").strip() or "none"
    if chosen not in PRESETS:
        raise ValueError(f"{origin} must be one of {', '.join(map(repr, PRESETS))}, got {chosen!r}")
    return PRESETS[chosen]


class Watch:
    """Pauses a session that nobody looks at, and resumes it when somebody does. A thread checks twice a second.

    A run of a given number of steps is left alone: a cell may be waiting for it, unable to hear its views meanwhile.

    Parameters
    ----------
    session : Session
    is_watched : callable
        Whether somebody looks now.
    unseen_s : float
        Seconds without anybody until it pauses; above 0.
    """

    def __init__(self, session: Session, is_watched: Callable[[], bool], unseen_s: float) -> None:
        self.unseen_s = unseen_s
        self._session, self._is_watched = session, is_watched
        self._unseen_for = 0.0
        self._closed = threading.Event()
        weakref.finalize(self, self._closed.set)
        work = (weakref.ref(self), self._closed)
        threading.Thread(target=_run, args=work, name="mixviz-watch", daemon=True).start()

    def look(self, passed_s: float) -> None:
        """Check once, `passed_s` seconds after the last time."""
        session = self._session
        is_running = session.status.state is RunState.RUNNING
        is_watched = self._is_watched()
        self._unseen_for = self._unseen_for + passed_s if is_running and not is_watched else 0.0
        token = asked_by.set(SOURCE)
        try:
            if self._unseen_for >= self.unseen_s and not session.is_counting:
                self._unseen_for = 0.0
                session.pause("nobody is looking")
            elif is_watched and session.status.state is RunState.PAUSED and _is_paused_here(session):
                session.resume()
        finally:
            asked_by.reset(token)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()


def _is_paused_here(session: Session) -> bool:
    """Whether the session stands still because a watch paused it."""
    latest = next((change for change in reversed(session.log) if change.kind in _RUN_KINDS), None)
    return latest is not None and latest.kind == "pause" and latest.source == SOURCE


def _run(reference: weakref.ref[Watch], closed: threading.Event) -> None:
    """Look until the watch is closed or garbage; between looks nothing here keeps it alive."""
    while not closed.wait(_CHECK_S):
        watch = reference()
        if watch is None:
            return
        watch.look(_CHECK_S)
        del watch
