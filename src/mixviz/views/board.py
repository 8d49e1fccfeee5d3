"""The board: which panels a dashboard shows, where they stand, and what a menu offers to add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields
from typing import Any

from mixviz.views.base import Frame
from mixviz.views.entries import MAX_ID_LENGTH, PanelLike, check, meant
from mixviz.views.entries import edges as edges_of
from mixviz.views.layout import Place, Places, moved, packed, with_room_for
from mixviz.views.lines import Lines
from mixviz.views.panel import PanelView, Setting
from mixviz.views.registry import PANELS
from mixviz.views.session_source import SessionSource
from mixviz.views.shared_layout import SharedLayout
from mixviz.views.usual import N_LINES, usual_panels

MAX_PANELS = 64
"""A page with so many still answers within seconds on two busy cores; a damaged file with thousands would not load."""

Arrangement = tuple[dict[str, PanelView], dict[str, Place]]


class Board:
    """The panels of one dashboard. Its methods may be called from any thread; each is one change, or an error.

    It is a view itself: its frame says where the panels stand. Boards with the same shared layout show the same, each
    with panels of its own: whatever one of them changes, the others take over before they change or show anything.

    Parameters
    ----------
    source : SessionSource
        The session.
    panels : iterable of PanelLike, optional
        What to show, apart from `shared` if that holds something. Default: what `shared` holds, or else a line for
        each metric, what the model has learnt (a topic model: topics, and their documents), and the log.
    shared : SharedLayout, optional
        Where every change is kept, and read.

    Attributes
    ----------
    shared : SharedLayout
        The one that it follows.

    Raises
    ------
    ValueError, TypeError
        For panels that there are none of, that do not fit the session, or that a saved layout describes wrongly.
    """

    id = kind = "layout"
    interval_s = 0.5

    def __init__(
        self,
        source: SessionSource,
        panels: Iterable[PanelLike] | None = None,
        shared: SharedLayout | None = None,
    ) -> None:
        if shared is None or (panels is not None and shared.saved is not None):
            shared = SharedLayout()
        self._source, self.shared = source, shared
        self.views: dict[str, PanelView] = {}
        self._places: dict[str, Place] = {}
        self.maximised: str | None = None
        self._known: tuple[str, ...] = ()
        self._followed: Any = None
        with self.shared.held():
            self._follow()
            if self._followed is None:
                self.views, self._places = self._arranged(usual_panels(source) if panels is None else panels, "panels")
                self._know(source.usual_metrics)
                self._keep()

    # ---- reading

    @property
    def layout(self) -> list[dict[str, Any]]:
        """All panels from top to bottom: ``id, kind, x, y, w, h, options``, as plain JSON values."""
        with self.shared.lock:
            self._follow()
            return self._entries()

    @layout.setter
    def layout(self, entries: Iterable[PanelLike]) -> None:
        """Show these panels instead. Those that stay as they are, by `id`, `kind` and `options`, keep their state."""
        with self._change():
            self.views, self._places = self._arranged(entries, "layout")
            self.maximised = self.maximised if self.maximised in self.views else None

    def frame(self, source: Any) -> Frame:
        """Return where the panels stand, what may be set on them, and what may be added."""
        with self.shared.lock:
            views, places, maximised = self.views, self._places, self.maximised
        panels = [
            {
                "id": id,
                "kind": views[id].kind,
                "title": views[id].title,
                **edges_of(place),
                "settings": [_described(setting) for setting in views[id].settings(source)],
            }
            for id, place in places.items()
        ]
        menu = [
            {"group": kind.replace("_", " "), "label": label, "kind": kind, "options": options}
            for kind, panel in PANELS.items()
            for label, options in panel.offers(source)
        ]
        return Frame({"panels": panels, "maximised": maximised, "menu": menu}, [])

    # ---- changes

    def add(self, panel: PanelLike, **edges: int | None) -> str:
        """Add a panel and return its id. Without `x` and `y` it stands where there is room highest up."""
        with self._change():
            self.views, self._places = self._with(self.views, self._places, panel, edges)
            return next(reversed(self.views))

    def remove(self, panel: str) -> None:
        """Take away the panel of that id."""
        with self._change():
            self._require(panel)
            self._without([panel])

    def place(self, panel: str, **edges: int | None) -> None:
        """Move a panel, or change its size; edges that are None stay."""
        with self._change():
            self._require(panel)
            given = {name: value for name, value in edges.items() if value is not None}
            self._places = moved(self._places, panel, Place(**{**edges_of(self._places[panel]), **given}))

    def configure(self, panel: str, options: Mapping[str, Any]) -> None:
        """Change options of a panel."""
        with self._change():
            self._require(panel)
            self.views[panel].configure(self._source, **options)

    def maximise(self, panel: str | None) -> None:
        """Let one panel take the whole grid, or none."""
        with self._change():
            if panel is not None:
                self._require(panel)
            self.maximised = panel

    def hide_control(self, control: str) -> None:
        """Take a control off the control panel."""
        with self._change():
            self._require_control(control)
            hidden = self._source.hidden_controls
            self._source.hidden_controls = hidden if control in hidden else (*hidden, control)

    def show_control(self, control: str) -> None:
        """Put a control back."""
        with self._change():
            self._require_control(control)
            self._source.hidden_controls = tuple(kept for kept in self._source.hidden_controls if kept != control)

    def update(self) -> None:
        """Make room for metrics that are new; drop charts of what turned out to be arrays."""
        with self.shared.held():
            self._follow()
            metrics, history = self._source.metrics, self._source.history
            charts = {id: view.options["metrics"] for id, view in self.views.items() if isinstance(view, Lines)}
            dead = [id for id, names in charts.items() if all(n in history and n not in metrics for n in names)]
            new = [name for name in self._source.usual_metrics if name not in self._known]
            if not dead and not new:
                return
            self._without(dead)
            shown = {name for names in charts.values() for name in names}
            unseen = [name for name in new if name not in shown]
            n_free = min(N_LINES - len(charts) + len(dead), MAX_PANELS - len(self.views))
            self._know(new)
            for name in unseen[: max(n_free, 0)]:
                self.views, self._places = self._with(self.views, self._places, Lines([name]), {})
            self._keep()

    # ---- parts

    def _arranged(self, panels: Iterable[PanelLike], argument: str, *, is_checked: bool = True) -> Arrangement:
        if isinstance(panels, (str, Mapping)) or not isinstance(panels, Iterable):
            raise TypeError(f"{argument} must be a list, got {panels!r}")
        views: dict[str, PanelView] = {}
        places: dict[str, Place] = {}
        for i, panel in enumerate(panels):
            try:
                views, places = self._with(views, places, panel, {}, is_checked=is_checked)
            except ValueError as error:
                raise ValueError(f"{argument}[{i}]: {error}") from error
        return views, places

    def _with(
        self,
        views: Mapping[str, PanelView],
        places: Places,
        panel: PanelLike,
        edges: Mapping[str, int | None],
        *,
        is_checked: bool = True,
    ) -> Arrangement:
        """Return both with one panel more."""
        if len(views) >= MAX_PANELS:
            raise ValueError(f"a dashboard has at most {MAX_PANELS} panels: remove one first")
        view, id, own = meant(panel, self._source, self.views)
        if is_checked and view not in self.views.values():
            check(view, self._source)
        if id in views:
            raise ValueError(f"id must be one that no other panel has, got {id!r}")
        id = id or _unique(view.id, views)
        given = own | {name: value for name, value in edges.items() if value is not None}
        places = _standing(places, id, {"w": view.size[0], "h": view.size[1], **given})
        view.id = id
        return {**views, id: view}, places

    def _without(self, ids: Iterable[str]) -> None:
        gone = set(ids)
        self.views = {id: view for id, view in self.views.items() if id not in gone}
        self._places = packed({id: place for id, place in self._places.items() if id not in gone})
        self.maximised = None if self.maximised in gone else self.maximised

    def _require(self, id: str) -> None:
        if id not in self.views:
            raise ValueError(f"panel must be one of {', '.join(map(repr, self.views)) or 'none'}, got {id!r}")

    def _require_control(self, name: str) -> None:
        if name not in self._source.controls:
            raise ValueError(f"control must be one of {', '.join(self._source.controls)}, got {name!r}")

    def _know(self, metrics: Iterable[str]) -> None:
        """Note metrics that had their chance of a chart: a person who removed it does not want it back."""
        self._known = tuple(dict.fromkeys((*self._known, *metrics)))

    def _entries(self) -> list[dict[str, Any]]:
        return [
            {"id": id, "kind": self.views[id].kind, **edges_of(place), "options": deepcopy(self.views[id].options)}
            for id, place in self._places.items()
        ]

    # ---- keeping

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Make one change to what all who share the layout show now, and keep it."""
        with self.shared.held():
            self._follow()
            yield
            self._keep()

    def _follow(self) -> None:
        """Take over what another board kept since. What is damaged raises once; then this board goes on as it was."""
        saved = self.shared.saved
        if saved is None or saved is self._followed:
            return
        self._followed = saved
        self._restore(saved)

    def _keep(self) -> None:
        self._name_topics()
        self._followed = {
            "panels": self._entries(),
            "maximised": self.maximised,
            "hidden_controls": list(self._source.hidden_controls),
            "known_metrics": list(self._known),
        }
        self.shared.keep(self._followed)

    def _name_topics(self) -> None:
        given = [view.options["names"] for view in self.views.values() if view.kind == "topic_matrix"]
        self._source.topic_names = {int(topic): name for names in given for topic, name in names.items()}

    def _restore(self, saved: Any) -> None:
        """Take over what was kept. Metrics of the user's own need not be there yet."""
        if not isinstance(saved, Mapping) or not isinstance(saved.get("panels"), list):
            raise ValueError(f"a saved dashboard is a dict with a list of panels, got {saved!r:.200}")
        lists = {name: saved.get(name, []) for name in ("hidden_controls", "known_metrics")}
        for name, texts in lists.items():
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise ValueError(f"{name} of a saved dashboard must be a list of names, got {texts!r:.200}")
        views, self._places = self._arranged(saved["panels"], "panels", is_checked=False)
        self.views = {id: self._with_options_of(view) for id, view in views.items()}
        maximised = saved.get("maximised")
        self.maximised = maximised if isinstance(maximised, str) and maximised in self.views else None
        self._source.hidden_controls = tuple(name for name in lists["hidden_controls"] if name in self._source.controls)
        self._know(lists["known_metrics"])
        self._name_topics()

    def _with_options_of(self, view: PanelView) -> PanelView:
        """Return this board's own panel of that id and kind, with those options: it knows what it showed before."""
        own = self.views.get(view.id, view)
        if own.kind != view.kind:
            return view
        own.options = view.options
        return own


def _standing(places: Places, id: str, edges: Mapping[str, int]) -> dict[str, Place]:
    """Add a panel: where `edges` say, else where there is room."""
    if "x" not in edges and "y" not in edges:
        return with_room_for(places, id, edges["w"], edges["h"])
    bottom = max((place.y + place.h for place in places.values()), default=0)
    return moved(places, id, Place(**{"x": 0, "y": bottom, **edges}))


def _unique(id: str, taken: Mapping[str, Any]) -> str:
    """Return `id`, cut so that a saved layout may hold it, with a number where it is taken."""
    stem = id[: MAX_ID_LENGTH - len(f":{MAX_PANELS}")]
    return next(name for name in (stem, *(f"{stem}:{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _described(setting: Setting) -> dict[str, Any]:
    """Return a setting as JSON; unlike `dataclasses.asdict` without copying, for it is done at every frame."""
    return {field.name: getattr(setting, field.name) for field in fields(setting)}
