"""What a session tells its listeners. Events are past participles and are emitted on the training thread."""

from __future__ import annotations

from psygnal import Signal

from mixviz.engine.log import Change
from mixviz.engine.snapshots import Snapshot


class Events:
    """Signals of a session; ``session.events.stepped.connect(function)``."""

    stepped = Signal(int)
    changed = Signal(Change)
    resumed = Signal()
    paused = Signal()
    stopped = Signal()
    failed = Signal(str)
    rewound = Signal(int)
    snapshotted = Signal(Snapshot)
    refused = Signal(str)
    """An edit that did not fit the state, and why."""
