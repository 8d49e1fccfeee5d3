"""Edits: what a person does to a model's state by hand. Each takes the place of a step, and is one line of the log."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mixviz.types import Model

Edit = Callable[..., Any]


def edits_of(model: Model) -> Mapping[str, Edit]:
    """Return the functions by name; none where the model has no edits."""
    return getattr(model, "edits", dict)()


def written(model: Model, name: str, arguments: Mapping[str, Any]) -> str:
    """Return an edit as the log keeps it: its name, and its arguments as a JSON object.

    Raises
    ------
    ValueError
        If the model has no such edit.
    TypeError
        If the edit does not take these arguments, or one is neither a JSON value nor NumPy's form of one.
    """
    edits = edits_of(model)
    if name not in edits:
        raise ValueError(f"edit must be one of {', '.join(edits) or 'none'}, got {name!r}")
    try:
        inspect.signature(edits[name]).bind(None, None, **arguments)
    except TypeError as error:
        raise TypeError(f"edit {name!r}: {error}") from None
    try:
        return f"{name} {json.dumps(arguments, allow_nan=False, default=_plain)}"
    except (TypeError, ValueError) as error:
        raise TypeError(f"arguments of edit {name!r} must be JSON values, got {arguments!r}: {error}") from None


def _plain(value: Any) -> Any:
    """Return a NumPy number or array as JSON has it."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"got a {type(value).__name__}")


def edited(model: Model, state: Any, data: Any, text: str) -> Any:
    """Return `state` after the edit that :func:`written` described."""
    name, _, arguments = text.partition(" ")
    return edits_of(model)[name](state, data, **json.loads(arguments))
