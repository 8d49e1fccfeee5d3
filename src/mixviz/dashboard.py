"""The dashboard: one widget that shows a session and passes on what a person asks of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from mixviz.engine.session import Session
from mixviz.engine.snapshots import Snapshot
from mixviz.engine.status import RunState
from mixviz.exports import Exports
from mixviz.relay import Relay
from mixviz.requests import ask, verbs
from mixviz.sharing import Watch
from mixviz.types import Change
from mixviz.views.base import Paced, Panel, View
from mixviz.views.board import Board
from mixviz.views.controls import Controls
from mixviz.views.entries import PanelLike
from mixviz.views.lines import close_figure
from mixviz.views.run_bar import RunBar
from mixviz.views.session_source import SessionSource
from mixviz.views.shared_layout import shared_layout
from mixviz.views.timeline import Timeline

_STATIC = Path(__file__).parent / "static"
_UNATTENDED_S = 0.4
"""Shortest time between two frames while nobody touches the dashboard."""

if not (_STATIC / "dashboard.js").exists():
    raise ImportError(f"the front end is not built: {_STATIC} has no dashboard.js. Install with `pip install .`")


class Dashboard(anywidget.AnyWidget):
    """A session in a notebook cell: run bar, controls, and panels in a grid of 12 columns.

    Without a front end nothing is sent and nothing waits. The training thread never touches the widget: it only tells
    the relay that there is something new. Widget messages may arrive in any thread and are only passed on as requests.

    Parameters
    ----------
    session : Session
        What to show. Several dashboards may show one session: they have the same layout, kept with the session, and
        what is arranged in one of them is so in all.
    panels : iterable, optional
        Panels to show, each a metric's name, a kind (``"topic_matrix"``, see :data:`mixviz.views.registry.PANELS`), a
        :class:`~mixviz.views.panel.PanelView`, or a dict as in `layout`. They become the session's layout if it has
        none; else this dashboard has its own, with hidden controls and names of topics, which is not kept. Default:
        the session's layout; at first a line for each metric, the topics, their documents, and the log.
    interval_ms : float
        Shortest time between two frames while somebody is at work in the dashboard, by mouse or keyboard. 0.4 s,
        if that is longer, while nobody is: what drawing costs, the run then has.

    Attributes
    ----------
    forks : list of Dashboard
        Shown below this one, each until it is closed.
    forked_at : int
        Step at which the session began: 0, or where it was forked.

    Raises
    ------
    TypeError
        If `session` is not a session, or a panel is nothing of the above.
    ValueError
        If there is no such panel for this session, the layout in a saved session is damaged, or `interval_ms` is not
        above 0.
    """

    _esm = (_STATIC / "dashboard.js").read_text(encoding="utf-8")  # a path would hold every dashboard in memory
    _css = (_STATIC / "dashboard.css").read_text(encoding="utf-8")
    figures = traitlets.Dict().tag(sync=True, **ipywidgets.widget_serialization)
    forks: traitlets.List[Any] = traitlets.List().tag(sync=True, **ipywidgets.widget_serialization)
    forked_at = traitlets.Int().tag(sync=True)
    saved_frame = traitlets.Dict().tag(sync=True)

    def __init__(
        self, session: Session, panels: Iterable[PanelLike] | None = None, *, interval_ms: float = 100.0
    ) -> None:
        if not isinstance(session, Session):
            raise TypeError(f"session must be a mixviz.Session, got {session!r}; `steer` makes one from model and data")
        if isinstance(interval_ms, bool) or not isinstance(interval_ms, (int, float)) or not interval_ms > 0:
            raise ValueError(f"interval_ms must be a number above 0, got {interval_ms!r}")
        self.session = session
        self._interval_ms = interval_ms
        self._source = SessionSource(session)
        self._board = _board(self._source, panels)
        items = getattr(session.data, "unit", "rows")
        self._chrome: tuple[View, ...] = (RunBar(items), Timeline(), Controls())
        self._paced = Paced()
        self._awaits_step = self._is_unfinished = False
        self._writing = threading.RLock()  # one widget written by two threads loses updates
        super().__init__(forked_at=session.origin.step)
        self._show_figures()
        interval_s = interval_ms / 1000
        pace = {"interval_s": interval_s, "unattended_interval_s": max(interval_s, _UNATTENDED_S)}
        self._relay = Relay(self._compose, self.send, self._keep, **pace)
        self._watch: Watch | None = None
        self._exports = Exports(self._relay.answer)
        self._verbs = verbs(session, self._board, self.fork, self.close_fork)
        self.on_msg(self._receive)
        self._connections = self._slots()
        for signal, slot in self._connections:
            signal.connect(slot)

    def __repr__(self) -> str:
        return f"Dashboard({self.session!r}, {len(self._board.views)} panels)"

    def close(self) -> None:
        """Close the widget, those of its forks, and end its publisher thread. The sessions go on."""
        if not hasattr(self, "_connections"):  # the constructor raised, and this is the garbage collector
            return
        self._relay.close()
        if self._watch:
            self._watch.close()
        self._exports.forget()
        for signal, slot in self._connections:
            signal.disconnect(slot)
        for figure in self.figures.values():
            close_figure(figure)
        for fork in self.forks:
            fork.close()
        super().close()

    def end(self) -> None:
        """Stop the sessions of this dashboard and of its forks, and close it. What was trained stays readable."""
        for fork in self.forks:
            fork.end()
        self.session.stop()
        self.close()

    def pause_unseen(self, seconds: float) -> None:
        """Pause the session once no browser has shown it for `seconds`, above 0, and resume it when one does again."""
        if not seconds > 0:
            raise ValueError(f"seconds must be above 0, got {seconds!r}")
        if self._watch:
            self._watch.close()
        self._watch = Watch(self.session, self._relay.is_watched, seconds)

    # ---- panels

    @property
    def layout(self) -> list[dict[str, Any]]:
        """The panels from top to bottom: ``id, kind, x, y, w, h, options`` each, in cells of the grid. Assignable.

        Entries without `id` are new panels; without `x` and `y` they stand where there is room.
        """
        self._board.update()
        return self._board.layout

    @layout.setter
    def layout(self, panels: Iterable[PanelLike]) -> None:
        self._board.layout = panels

    def add(
        self,
        panel: PanelLike,
        *,
        x: int | None = None,
        y: int | None = None,
        w: int | None = None,
        h: int | None = None,
    ) -> str:
        """Add a panel and return its id.

        Parameters
        ----------
        panel : str, PanelView or dict
            As in the constructor's `panels`.
        x, y : int, optional
            Column, 0 to 11, and row of its upper left cell. Default: where there is room highest up.
        w, h : int, optional
            Columns, 1 to 12, and rows, 1 to 100. Default: what suits its kind.
        """
        return self._board.add(panel, x=x, y=y, w=w, h=h)

    def remove(self, id: str) -> None:
        """Take a panel away; ValueError where there is none of that id."""
        self._board.remove(id)

    def place(
        self, id: str, *, x: int | None = None, y: int | None = None, w: int | None = None, h: int | None = None
    ) -> None:
        """Move a panel or change its size, in cells of the grid; the others make room."""
        self._board.place(id, x=x, y=y, w=w, h=h)

    def configure(self, id: str, /, **options: Any) -> None:
        """Change options of a panel; ValueError names the option and what is allowed."""
        self._board.configure(id, options)

    def maximise(self, id: str | None) -> None:
        """Let a panel take the whole grid; None gives the others their room back."""
        self._board.maximise(id)

    def hide_control(self, name: str) -> None:
        """Take a control off the control panel. It keeps its value."""
        self._board.hide_control(name)

    def show_control(self, name: str) -> None:
        """Put a hidden control back."""
        self._board.show_control(name)

    def fork(self, mark: Snapshot | str | int | None = None) -> Dashboard:
        """Fork the session at `mark` (default: now) and show the fork, idle and arranged like this, below."""
        session = self.session.fork(mark)
        shared_layout(session).keep(self._board.shared.saved)
        fork = Dashboard(session, interval_ms=self._interval_ms)
        if self._watch:
            fork.pause_unseen(self._watch.unseen_s)
        fork.observe(lambda _: self._show_forks(), "comm")  # closing it takes its comm away
        self._show_forks(fork)
        return fork

    def close_fork(self, index: int) -> None:
        """Stop the session of ``forks[index]`` and take it away; IndexError where there are not so many."""
        if index not in range(len(self.forks)):
            raise IndexError(f"index must be below the number of forks, {len(self.forks)}, got {index!r}")
        self.forks[index].end()

    def _show_forks(self, *new: Dashboard) -> None:
        with self._writing:
            self.forks = [fork for fork in (*self.forks, *new) if fork.comm is not None]

    def export_png(self, path: str | Path) -> Future[Path]:
        """Ask the browser for a picture of the dashboard and write it to `path`.

        Returns at once: the kernel hears the browser's answer only once the cell is done, in some front ends.

        Returns
        -------
        concurrent.futures.Future of Path
            ``future.result(timeout=30)`` in a later cell waits for the file. It raises RuntimeError if the page was
            closed, could not draw the picture, or did not within a minute, as a hidden tab does not.

        Raises
        ------
        RuntimeError
            If no browser shows this dashboard, or it is closed.
        FileNotFoundError
            If the folder does not exist.
        """
        return self._exports.ask(None if self.comm is None else self._relay.newest_view(), path)

    # ---- on the training thread: flags only

    def _slots(self) -> list[tuple[Any, Callable[..., None]]]:
        events, relay = self.session.events, self._relay
        return [
            (events.stepped, self._on_stepped),
            (events.changed, self._on_changed),
            (events.snapshotted, relay.notify),
            (events.refused, self._on_refused),
            (self._board.shared.changed, relay.hurry),
            *((signal, relay.hurry) for signal in (events.resumed, events.rewound)),
            *((signal, relay.rest) for signal in (events.paused, events.stopped, events.failed)),
        ]

    def _on_stepped(self) -> None:
        if self._awaits_step:
            self._awaits_step = False
            self._relay.hurry()
        else:
            self._relay.notify()

    def _on_changed(self, change: Change) -> None:
        """Show a change by hand at once, and its first effect at once too."""
        if change.source == "user":
            self._awaits_step = True
            self._relay.hurry()

    def _on_refused(self, message: str) -> None:
        """Tell whoever looks: the log says so too, but need not be in sight."""
        self._relay.answer({"type": "notice", "text": message})

    # ---- on the publisher thread

    def _compose(self, is_hurried: bool = False) -> dict[str, Panel]:
        self._source.refresh()
        self._board.update()
        self._show_figures()
        views = (*self._chrome, *self._board.views.values(), self._board)  # a frame may give its panel another title
        panels = self._paced.frames(views, self._source, is_prompt=is_hurried)
        panels = {self._board.id: panels.pop(self._board.id), **panels}
        self._go_on(any(view.is_unfinished for view in self._board.views.values()))
        return panels

    def _go_on(self, is_unfinished: bool) -> None:
        """See to the next frame of panels that have more to show, and to keeping them whole once they have not."""
        was_unfinished, self._is_unfinished = self._is_unfinished, is_unfinished
        if is_unfinished:
            self._relay.notify()
        elif was_unfinished and self.session.status.state != RunState.RUNNING:
            self._relay.rest()

    def _show_figures(self) -> None:
        """Publish the charts of the panels that have one, and close those of panels that are gone."""
        if self.comm is None:  # closed meanwhile
            return
        panels = self._board.views.items()
        figures = {id: view.figure for id, view in panels if hasattr(view, "figure")}
        gone = [figure for figure in self.figures.values() if figure not in figures.values()]
        if figures != self.figures:
            with self._writing:
                self.figures = figures
        for figure in gone:
            close_figure(figure)

    def _keep(self, header: dict[str, Any], buffers: list[bytes]) -> None:
        with self._writing:
            self.saved_frame = {"header": header, "buffers": buffers}

    # ---- what a browser view says, in whichever thread the kernel chose

    def _receive(self, _widget: Any, message: dict[str, Any], buffers: Any) -> None:
        view = message["view"]
        self._relay.heard(view)
        match message["type"]:
            case "hello":
                self._relay.hello(view, message["seen"])
            case "ack":
                self._relay.acknowledge(view, message["seq"], is_attended=message["is_attended"])
            case "bye":
                self._relay.bye(view)
                self._exports.forget(view)
            case "exported":
                self._exports.answer(view, message["n"], message.get("error"), buffers or ())
            case "request":
                refusal = ask(self._verbs, message["verb"], message["arguments"])
                self._relay.answer({"type": "reply", "view": view, "n": message["n"], **refusal})


def _board(source: SessionSource, panels: Iterable[PanelLike] | None) -> Board:
    shared = shared_layout(source.session)
    try:
        return Board(source, panels, shared)
    except (ValueError, TypeError) as error:
        if panels is not None or shared.saved is None:
            raise
        raise ValueError(
            f"session.attachments['dashboard'] does not describe this dashboard ({error}); delete it, or pass panels="
        ) from error
