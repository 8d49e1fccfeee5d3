"""The control panel, generated from what model and mixins declare."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from mixviz.types import Control
from mixviz.views.base import Frame, Source

_GROUPS = ("objective", "sampler", "priors")
_WAYS_ON = {"idle": "start", "paused": "resume", "stopped": "resume", "failed": "resume"}
"""The verb after which steps are made again, by the state in which none are."""


class Controls:
    """The controls with their values as applied, their ranges, and who owns them; objectives first.

    Those that a person hid are only named.
    """

    id = kind = "controls"
    interval_s = 0.0

    def frame(self, source: Source) -> Frame:
        """Return the panel's values."""
        owners, suspended, hidden = source.owners, source.suspended, source.hidden_controls
        controls = sorted(source.controls.values(), key=lambda c: (_rank(c.group), c.group))
        applied = source.changes.applied
        waiting = _waiting(source)
        rows = [
            {
                **_declared(control),
                "owner": owners.get(control.name),
                "suspended": list(suspended.get(control.name, ())),
                "applied_step": applied.get(control.name),
                "waits_for": waiting.get(control.name),
            }
            for control in controls
            if control.name not in hidden
        ]
        named = [{"name": control.name, "help": control.help} for control in controls if control.name in hidden]
        return Frame({"controls": rows, "hidden": named}, [])


def _waiting(source: Source) -> dict[str, str]:
    """Return, by control, the verb after which a value set by hand since the last step will act."""
    status = source.status
    verb = _WAYS_ON.get(status.state)
    if verb is None:
        return {}
    since = takewhile(lambda change: change.tick == status.tick and change.kind != "rewind", reversed(source.log))
    before = {change.name: change.old for change in since if change.kind == "set" and change.source == "user"}
    return {name: verb for name, old in before.items() if source.controls[name].value != old}


def _rank(group: str) -> int:
    return _GROUPS.index(group) if group in _GROUPS else len(_GROUPS)


def _declared(control: Control) -> dict[str, Any]:
    names = ("name", "value", "default", "low", "high", "scale", "unit", "help", "group", "is_integer", "allows_zero")
    return {name: getattr(control, name) for name in names}
