"""The dashboard: one widget that shows a session and passes on what a person asks of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets
from IPython import get_ipython

from mixviz.engine.session import Session
from mixviz.relay import Relay
from mixviz.types import Change, Model
from mixviz.views.base import Paced, Panel, View
from mixviz.views.controls import Controls
from mixviz.views.lines import Lines
from mixviz.views.log import Log
from mixviz.views.run_bar import RunBar
from mixviz.views.topic_matrix import TopicMatrix
from mixviz.views.watched import Watched

_STATIC = Path(__file__).parent / "static"
_N_LINES = 9
_steered: dict[str, tuple[str, list[Dashboard]]] = {}
"""The latest run of each notebook cell, as its request's id, and the dashboards it made."""

if not (_STATIC / "dashboard.js").exists():
    raise ImportError(f"the front end is not built: {_STATIC} has no dashboard.js. Install with `pip install .`")


def steer(
    model: Model, data: Any, *, batch_size: int | None = None, start: bool = True, **session_arguments: Any
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
    **session_arguments
        Handed to :class:`mixviz.engine.session.Session`.

    Returns
    -------
    Dashboard
        Shown by the cell that ends with it; ``dashboard.session`` is the session.
    """
    session = Session(model, data, batch_size=batch_size, **session_arguments)
    dashboard = Dashboard(session)
    _replace_earlier(dashboard)
    if start:
        session.start()
    return dashboard


def _replace_earlier(dashboard: Dashboard) -> None:
    """End what earlier runs of the running cell made, where the front end says which cell that is."""
    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId")
    if cell is None:
        return
    run = parent["header"]["msg_id"]
    latest_run, dashboards = _steered.get(cell, (run, []))
    if run != latest_run:
        for earlier in dashboards:
            earlier.session.stop()
            earlier.close()
        dashboards = []
    _steered[cell] = run, [*dashboards, dashboard]


class Dashboard(anywidget.AnyWidget):
    """A session in a notebook cell: run bar, controls, a line per metric, the model itself, the log.

    Without a front end nothing is sent and nothing waits. The training thread never touches the widget: it only tells
    the relay that there is something new. Widget messages may arrive in any thread and are only passed on as requests.

    Parameters
    ----------
    session : Session
        What to show. Several dashboards may show one session.
    interval_ms : float
        Shortest time between two frames.

    Raises
    ------
    TypeError
        If `session` is not a session.
    """

    _esm = _STATIC / "dashboard.js"
    _css = _STATIC / "dashboard.css"
    figures = traitlets.Dict().tag(sync=True, **ipywidgets.widget_serialization)
    saved_frame = traitlets.Dict().tag(sync=True)

    def __init__(self, session: Session, *, interval_ms: float = 100.0) -> None:
        if not isinstance(session, Session):
            raise TypeError(f"session must be a mixviz.Session, got {session!r}; `steer` makes one from model and data")
        self.session = session
        self._source = Watched(session)
        self._views: dict[str, View] = {}
        self._paced = Paced()
        self._awaits_step = self._is_awaited = False
        super().__init__()
        self._add_views()
        self._relay = Relay(self._compose, self.send, self._keep, interval_s=interval_ms / 1000)
        self.on_msg(self._receive)
        self._connections = self._slots()
        for signal, slot in self._connections:
            signal.connect(slot)

    def close(self) -> None:
        """Close the widget and end its publisher thread. The session goes on."""
        if not hasattr(self, "_connections"):  # the constructor raised, and this is the garbage collector
            return
        self._relay.close()
        for signal, slot in self._connections:
            signal.disconnect(slot)
        for figure in self.figures.values():
            figure.close()
        super().close()

    # ---- on the training thread: flags only

    def _slots(self) -> list[tuple[Any, Callable[..., None]]]:
        events, relay = self.session.events, self._relay
        return [
            (events.stepped, self._on_stepped),
            (events.changed, self._on_changed),
            (events.snapshotted, relay.notify),
            *((signal, self._hurry) for signal in (events.resumed, events.rewound)),
            *((signal, self._rest) for signal in (events.paused, events.stopped, events.failed)),
        ]

    def _hurry(self) -> None:
        self._is_awaited = True
        self._relay.hurry()

    def _rest(self) -> None:
        self._is_awaited = True
        self._relay.rest()

    def _on_stepped(self) -> None:
        if self._awaits_step:
            self._awaits_step = False
            self._hurry()
        else:
            self._relay.notify()

    def _on_changed(self, change: Change) -> None:
        """Show a change by hand at once, and its first effect at once too."""
        if change.source == "user":
            self._awaits_step = True
            self._hurry()

    # ---- on the publisher thread

    def _compose(self) -> dict[str, Panel]:
        is_prompt, self._is_awaited = self._is_awaited, False
        self._source.refresh()
        self._add_views()
        return self._paced.frames(self._views.values(), self._source, is_prompt=is_prompt)

    def _add_views(self) -> None:
        """Make room for what the run shows by now: metrics may be added while it runs."""
        views = self._views
        if not views:
            items = "docs" if hasattr(self.session.data, "vocabulary") else "rows"
            model: list[View] = [TopicMatrix()] if TopicMatrix.fits(self._source) else []
            whole: list[View] = [RunBar(items), Controls(), *model, Log()]
            views.update({view.id: view for view in whole})
        self._update_lines()

    def _update_lines(self) -> None:
        """Keep one line for each metric that is a number."""
        shown = {view.options["metrics"][0]: view for view in self._views.values() if isinstance(view, Lines)}
        for name in self._source.usual_metrics[:_N_LINES]:
            if name not in shown:
                self._add_line(name)
        for name, line in shown.items():
            if name not in self._source.metrics:
                self._drop_line(line)

    def _add_line(self, name: str) -> None:
        line = Lines([name])
        self._views[line.id] = line
        self.figures = {**self.figures, line.id: line.figure}

    def _drop_line(self, line: Lines) -> None:
        del self._views[line.id]
        figure = self.figures[line.id]
        self.figures = {id: kept for id, kept in self.figures.items() if id != line.id}
        figure.close()

    def _keep(self, header: dict[str, Any], buffers: list[bytes]) -> None:
        self.saved_frame = {"header": header, "buffers": buffers}

    # ---- what a browser view says, in whichever thread the kernel chose

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        view = message["view"]
        match message["type"]:
            case "hello":
                self._relay.hello(view, message["seen"])
            case "ack":
                self._relay.acknowledge(view, message["seq"])
            case "bye":
                self._relay.bye(view)
            case "request":
                refusal = self._ask(message["verb"], message["arguments"])
                self._relay.answer({"type": "reply", "view": view, "n": message["n"], **refusal})

    def _ask(self, verb: str, arguments: dict[str, Any]) -> dict[str, str]:
        """Pass a request on; the session only records it. Return why it was refused, if it was."""
        session = self.session
        verbs: dict[str, Callable[..., Any]] = {
            "start": session.start,
            "pause": session.pause,
            "resume": session.resume,
            "step": session.step,
            "stop": session.stop,
            "set": session.set,
            "snapshot": lambda: session.snapshot(f"kept at step {session.published.step}"),
            "rewind": self._rewind,
            "resume_policies": session.resume_policies,
        }
        try:
            verbs[verb](**arguments)
        except Exception as error:  # whatever it is, the person who asked must read it
            return {"error": str(error.args[0] if error.args else error)}
        return {}

    def _rewind(self, snapshot: int) -> None:
        found = [kept for kept in self.session.snapshots if kept.id == snapshot]
        if not found:
            raise KeyError(f"snapshot {snapshot} was thinned out meanwhile; choose another")
        self.session.rewind(found[0])
