"""What a panel can be asked for by: a metric's name, a kind, a panel itself, or an entry of a layout."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from mixviz.views.base import Source
from mixviz.views.layout import Place
from mixviz.views.lines import Lines
from mixviz.views.panel import PanelView
from mixviz.views.registry import PANELS

PanelLike = str | PanelView | Mapping[str, Any]
"""A metric's name, a kind of panel, a panel, or an entry of a layout: ``{"kind": …, "options": {…}, "x": …}``.

A panel is taken as a pattern: each dashboard makes one of its own, of the same class with the same options.
"""
EDGES = ("x", "y", "w", "h")
MAX_ID_LENGTH = 200
_FIXED = ("layout", "run_bar", "timeline", "controls")
"""Ids of what stands around the grid."""


def meant(
    panel: PanelLike, source: Source, kept: Mapping[str, PanelView]
) -> tuple[PanelView, str | None, dict[str, int]]:
    """Return the panel that is meant, and its id and edges as far as it names them.

    Parameters
    ----------
    panel : PanelLike
    source : Source
        Whose metrics may be named.
    kept : mapping of str to PanelView
        Panels that an entry means where it agrees with them in id, kind and options.

    Raises
    ------
    ValueError, TypeError
        If there is none such.
    """
    if isinstance(panel, PanelView):
        return type(panel)(**deepcopy(panel.options)), None, {}
    if isinstance(panel, str):
        return _named(panel, source), None, {}
    if isinstance(panel, Mapping):
        return _entered(panel, kept)
    raise TypeError(f"panel must be a metric's name, a kind, a panel or a dict, got {panel!r}")


def check(view: PanelView, source: Source) -> None:
    """Check that a panel fits the session, and its options; ValueError."""
    if not view.fits(source):
        raise ValueError(f"a {view.kind} panel finds nothing to show in this session")
    view.check(source)


def edges(place: Place) -> dict[str, int]:
    """Return ``x, y, w, h``."""
    return {name: getattr(place, name) for name in EDGES}


def _named(name: str, source: Source) -> PanelView:
    if name in PANELS:
        return PANELS[name]()
    if name not in source.metrics:
        kinds, known = ", ".join(PANELS), ", ".join(source.metrics) or "none"
        raise ValueError(f"panel must be a kind ({kinds}) or a metric ({known}), got {name!r}")
    return Lines([name])


def _entered(entry: Mapping[str, Any], kept: Mapping[str, PanelView]) -> tuple[PanelView, str | None, dict[str, int]]:
    unknown = set(entry) - {"id", "kind", "options", *EDGES}
    if unknown:
        raise ValueError(f"a panel has id, kind, options, x, y, w and h, got {', '.join(map(repr, unknown))}")
    kind, options, id = entry.get("kind"), entry.get("options", {}), entry.get("id")
    if not isinstance(kind, str) or kind not in PANELS:
        raise ValueError(f"kind must be one of {', '.join(PANELS)}, got {kind!r}")
    if not isinstance(options, Mapping) or not all(isinstance(name, str) for name in options):
        raise ValueError(f"options must be a dict with the names of a {kind} panel's options, got {options!r}")
    if id is not None and (not isinstance(id, str) or not 0 < len(id) <= MAX_ID_LENGTH):
        raise ValueError(f"id must be text of 1 to {MAX_ID_LENGTH} characters, got {id!r}")
    if id in _FIXED:
        raise ValueError(f"id must be none of {', '.join(_FIXED)}, got {id!r}")
    view, before = _constructed(kind, options), kept.get(id or "")
    if before is not None and (before.kind, before.options) == (kind, view.options):
        view = before
    return view, id, {name: entry[name] for name in EDGES if entry.get(name) is not None}


def _constructed(kind: str, options: Mapping[str, Any]) -> PanelView:
    known = inspect.signature(PANELS[kind]).parameters
    for name in options:
        if name not in known:
            raise ValueError(f"a {kind} panel has no option {name!r}; options: {', '.join(known) or 'none'}")
    try:
        return PANELS[kind](**options)
    except TypeError as error:
        raise ValueError(f"options of a {kind} panel: {error}") from error
