"""What travels with a session, its forks and its saved file, without the engine ever looking inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def copied(attachments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy that shares nothing with `attachments`.

    Raises
    ------
    TypeError
        If a name is no text, or a value is not made of dicts with text as keys, lists, text, finite numbers, booleans
        and None.
    """
    return {name: _copied(name, value) for name, value in list(attachments.items())}


def _copied(name: Any, value: Any) -> Any:
    try:
        copy = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"attachments[{name!r}] must be plain JSON values: {error}") from error
    if not isinstance(name, str):
        raise TypeError(f"attachments must have text as names, got {name!r}")
    return copy
