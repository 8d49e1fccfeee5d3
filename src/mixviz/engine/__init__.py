"""The session: training in a background thread, steered from any other."""

from mixviz.engine.replay import ReplayReport, replay
from mixviz.engine.session import Session
from mixviz.engine.snapshots import Snapshot
from mixviz.engine.status import RunState, Status

__all__ = ["ReplayReport", "RunState", "Session", "Snapshot", "Status", "replay"]
