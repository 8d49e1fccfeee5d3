"""One call from model and data to a dashboard in a notebook cell."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from inspect import signature
from typing import Any
from weakref import WeakSet

from IPython import get_ipython

from mixviz.dashboard import Dashboard
from mixviz.engine.session import Session
from mixviz.sharing import find_preset
from mixviz.types import Model
from mixviz.views.entries import PanelLike

_steered: dict[str, tuple[str, WeakSet[Dashboard]]] = {}
"""The latest run of each notebook cell, as its request's id, and the dashboards it made."""


def steer(
    model: Model,
    data: Any,
    *,
    batch_size: int | None = None,
    start: bool = True,
    panels: Iterable[PanelLike] | None = None,
    preset: str | None = None,
    **session_arguments: Any,
) -> Dashboard:
    """Train `model` on `data` in the background and return the dashboard that steers it.

    Running a cell again stops the sessions that it started before and closes those dashboards: otherwise they would go
    on training unseen. Dashboards made by one run of a cell stand side by side.

    Parameters
    ----------
    model : Model
        An estimator of :mod:`mixviz.models`, or anything that satisfies :class:`mixviz.types.Model`.
    data : object
        What the model accepts.
    batch_size : int, optional
        Rows a step; the session's default where None.
    start : bool
        Whether to start training at once.
    panels : iterable, optional
        What to show, as for :class:`~mixviz.dashboard.Dashboard`.
    preset : {"none", "shared"}, optional
        "shared" is for a small machine that many share: one thread for the kernels, 20 steps a second, 64 MB of
        snapshots, and a pause while nobody has looked for 30 s. What is given as an argument, or was chosen with
        ``MIXVIZ_NUM_THREADS``, wins. Default: what the environment variable ``MIXVIZ_PRESET`` says, or "none".
    **session_arguments
        Handed to :class:`mixviz.engine.session.Session`.

    Returns
    -------
    Dashboard
        Shown by the cell that ends with it; ``dashboard.session`` is the session.

    Raises
    ------
    TypeError
        For an argument that is none of these, or a model or data that are none.
    ValueError
        For a value that is not allowed, or a panel that does not exist.
    """
    _check_names(session_arguments)
    terms = find_preset(preset)
    arguments = terms.arguments(session_arguments) if terms else session_arguments
    session = Session(model, data, batch_size=batch_size, **arguments)
    dashboard = Dashboard(session, panels)
    if terms:
        dashboard.pause_unseen(terms.unseen_s)
    _replace_earlier(dashboard)
    if start:
        session.start()
    return dashboard


def _check_names(given: Iterable[str]) -> None:
    """Refuse arguments that neither `steer` nor a session has."""
    known = dict.fromkeys((*signature(steer).parameters, *signature(Session).parameters))
    del known["session_arguments"]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise TypeError(f"steer has no argument {name!r}; {hint}arguments: {', '.join(known)}")


def _replace_earlier(dashboard: Dashboard) -> None:
    """End what earlier runs of the running cell made, where the front end says which cell that is."""
    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId")
    if cell is None:
        return
    run = parent["header"]["msg_id"]
    latest_run, dashboards = _steered.get(cell, (run, WeakSet[Dashboard]()))
    if run != latest_run:
        for earlier in tuple(dashboards):
            earlier.end()
        dashboards = WeakSet()
    dashboards.add(dashboard)
    _steered[cell] = run, dashboards
