"""Re-executing a saved session from its log, and comparing every state with what was recorded."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mixviz.engine.edits import edited
from mixviz.engine.files import load_session
from mixviz.engine.log import ON_GPU, Change, is_on_gpu
from mixviz.engine.session import Session
from mixviz.engine.states import digest
from mixviz.types import Model, Published


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay found.

    Attributes
    ----------
    identical : bool
        Whether every state had the recorded digest.
    first_difference : int or None
        Tick (steps executed in all) of the first state that differs.
    n_steps : int
        Steps compared.
    final_state : object
        The state after the last step compared.
    note : str
        Why states must differ, where that is known: the run was computed on another kind of device.
    """

    identical: bool
    first_difference: int | None
    n_steps: int
    final_state: Any = field(repr=False)
    note: str = ""


def replay(source: str | Path, data: Any, model: Model | None = None, *, progress: bool = True) -> ReplayReport:
    """Execute a saved session again: same changes, rewinds and random numbers; policies act through the log.

    Stops at the first state that differs. Identical on the same machine and library versions whatever the
    number of threads; across machines the last bits of floating-point functions may differ.

    Parameters
    ----------
    source : path
        A file written by ``session.save``.
    data : object
        The data it was made with.
    model : Model, optional
        As in ``Session.load``.
    progress : bool
        Whether to show how far it has come, from the third second on, on standard output.

    Raises
    ------
    FileError, FileNotFoundError
        As ``Session.load``.
    """
    session = load_session(Session, Path(source), data, model)
    hashes, first = session.history.hashes.view(), session.origin.tick
    due: dict[int, list[Change]] = defaultdict(list)
    for change in session.log[session.n_inherited :]:
        if change.kind in ("set", "rewind"):
            due[change.tick].append(change)
    edits = {change.tick: change.name for change in session.log[session.n_inherited :] if change.kind == "edit"}
    targets = {change.target for changes in due.values() for change in changes if change.kind == "rewind"}
    now, kept = session.origin, dict[int, Published]()
    ticks = range(first, len(hashes))
    shown = tqdm(ticks, "replay", unit="step", delay=3, leave=False, disable=not progress, file=sys.stdout)
    for tick in shown:
        if tick in targets:
            kept[tick] = now
        now = _execute(session, _apply(due[tick], now, kept), tick + 1, edits.get(tick + 1))
        if digest(now.state) != int(hashes[tick]):
            return ReplayReport(False, tick + 1, tick + 1 - first, now.state, _note(session))
    kept[len(hashes)] = now
    return ReplayReport(True, None, len(hashes) - first, _apply(due[len(hashes)], now, kept).state)


def _note(session: Session) -> str:
    """Return on what the run was computed where it is computed on something else now."""
    was = [change.name == ON_GPU for change in session.log if change.kind in ("start", "resume")]
    now = is_on_gpu(session.model)
    if all(then == now for then in was):
        return ""
    there, here = ("the processor", "a GPU") if now else ("a GPU", "the processor")
    return f"recorded on {there}, computed on {here} now: the last bits of numbers differ"


def _apply(changes: list[Change], now: Published, kept: dict[int, Published]) -> Published:
    """Apply what was logged at one boundary. A rewind restores the state; the control changes follow as `set`."""
    for change in changes:
        if change.kind == "rewind":
            mark = kept[change.target]
            now = Published(mark.step, mark.tick, mark.state, now.values)
        elif change.new is not None:
            now = replace(now, values={**now.values, change.name: change.new})
    return now


def _execute(session: Session, now: Published, tick: int, edit: str | None) -> Published:
    step = now.step + 1
    if edit is not None:
        return Published(step, tick, edited(session.model, now.state, session.data, edit), now.values)
    state, _ = session.model.step(now.state, session.feed[step], now.values)
    return Published(step, tick, state, now.values)
