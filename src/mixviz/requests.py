"""What a browser may ask for: the verbs of js/requests.ts, and what each does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mixviz.engine.session import Session
from mixviz.engine.snapshots import Snapshot
from mixviz.views.board import Board

Verbs = dict[str, Callable[..., Any]]


def verbs(
    session: Session, board: Board, fork: Callable[[Snapshot | None], Any], close_fork: Callable[[int], None]
) -> Verbs:
    """Return what each verb calls; arguments are those of the message, plain JSON values and unchecked.

    Parameters
    ----------
    session : Session
    board : Board
    fork : callable
        ``fork(snapshot)`` forks the session there (None: now) and shows the fork.
    close_fork : callable
        ``close_fork(index)`` ends a fork and takes it away.
    """

    def at(id: Any) -> Snapshot:
        found = [kept for kept in session.snapshots if kept.id == id]
        if not found:
            raise KeyError(f"snapshot {id} was thinned out meanwhile; choose another")
        return found[0]

    return {
        "start": session.start,
        "pause": session.pause,
        "resume": session.resume,
        "step": session.step,
        "stop": session.stop,
        "restart": session.restart,
        "set": session.set,
        "edit": session.edit,
        "resume_policies": session.resume_policies,
        "snapshot": lambda name="": session.snapshot(name or f"kept at step {session.published.step}"),
        "name_snapshot": lambda snapshot, name: session.name_snapshot(at(snapshot), name),
        "pin_snapshot": lambda snapshot, is_pinned=True: session.pin_snapshot(at(snapshot), is_pinned),
        "rewind": lambda snapshot: session.rewind(at(snapshot)),
        "fork": lambda snapshot=None: fork(None if snapshot is None else at(snapshot)),
        "close_fork": close_fork,
        "add": lambda kind, options: board.add({"kind": kind, "options": options}),
        "remove": board.remove,
        "place": board.place,
        "configure": board.configure,
        "maximise": board.maximise,
        "hide_control": board.hide_control,
        "show_control": board.show_control,
    }


def ask(known: Verbs, verb: str, arguments: dict[str, Any]) -> dict[str, str]:
    """Do what was asked; return ``{"error": why}`` if it was refused, else an empty dict."""
    try:
        if verb not in known:
            raise ValueError(f"verb must be one of {', '.join(known)}, got {verb!r}")
        known[verb](**arguments)
    except Exception as error:  # whatever it is, the person who asked must read it
        text = error.args[0] if isinstance(error, KeyError) and error.args else error  # its own text has quotes
        return {"error": str(text) or type(error).__name__}
    return {}
