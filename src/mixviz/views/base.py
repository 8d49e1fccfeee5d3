"""What every view shares: the session as views read it, the frame they return, and how a failing one is shown."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mixviz.types import Change, Control, History, Metric, Path, Published
from mixviz.views.changes import Changes


class Frame(NamedTuple):
    """What one panel shows: JSON values (no NaN: JSON has none) and little-endian binary buffers."""

    header: dict[str, Any]
    buffers: list[bytes]


class Status(Protocol):
    """Where a session stands, as far as views need it."""

    @property
    def state(self) -> str:
        """One of ``idle``, ``running``, ``paused``, ``stopped``, ``failed``."""

    @property
    def step(self) -> int:
        """The newest finished step."""

    @property
    def tick(self) -> int:
        """Steps executed in all."""

    @property
    def epoch(self) -> int:
        """The pass that step belongs to."""

    @property
    def items_per_second(self) -> float:
        """Rate over about the last second."""

    @property
    def error(self) -> str | None:
        """Traceback, while failed."""

    @property
    def message(self) -> str:
        """One line for a person."""

    @property
    def device(self) -> str:
        """Where the model computes, ``cpu`` or ``cuda``."""


class Snapshot(Protocol):
    """A kept state, as far as views need it."""

    @property
    def id(self) -> int:
        """Number within the session."""

    @property
    def step(self) -> int:
        """Step of the state."""

    @property
    def name(self) -> str:
        """Given by a person; empty for automatic ones."""

    @property
    def is_pinned(self) -> bool:
        """Whether it is never thinned out."""

    @property
    def path(self) -> Path:
        """The course that led to it."""


class Run(Protocol):
    """What views read of a session as it is: from any thread, without waiting for the run."""

    @property
    def status(self) -> Status:
        """Where it stands."""

    @property
    def published(self) -> Published:
        """The newest finished step."""

    @property
    def controls(self) -> Mapping[str, Control]:
        """Present values."""

    @property
    def owners(self) -> Mapping[str, str]:
        """The active policy of each driven control."""

    @property
    def suspended(self) -> Mapping[str, tuple[str, ...]]:
        """Suspended policies by control."""

    @property
    def history(self) -> History:
        """Recorded figures."""

    @property
    def log(self) -> Sequence[Change]:
        """Every change so far."""

    @property
    def errors(self) -> Mapping[str, str]:
        """Tracebacks of what failed, by message."""

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """Kept states, oldest first."""

    @property
    def data(self) -> Any:
        """The data set."""


class Instruments(Protocol):
    """What is measured of a run, as far as views need it."""

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """By name."""

    @property
    def failures(self) -> Mapping[str, Mapping[str, str]]:
        """``message`` and ``traceback`` of each metric that raised and was disabled, by its name."""


class Session(Run, Protocol):
    """A session, as far as views need it."""

    @property
    def instruments(self) -> Instruments:
        """Its metrics."""


class Source(Run, Protocol):
    """A session, as views read it, with the digests that all panels of one dashboard share."""

    @property
    def changes(self) -> Changes:
        """Digest of the log: its newest lines, marks for charts, the step from which each control acts."""

    @property
    def metrics(self) -> Mapping[str, str]:
        """Help texts of all columns of numbers, and of what is not recorded yet and may become one, by name."""

    @property
    def failures(self) -> Mapping[str, Mapping[str, str]]:
        """``message`` and ``traceback`` of each metric that raised and was disabled, by its name."""

    @property
    def hidden_controls(self) -> Sequence[str]:
        """Controls that a person took off the control panel."""

    @property
    def topic_names(self) -> Mapping[int, str]:
        """Names that a person gave to topics, by number."""


class View(Protocol):
    """A panel. `id` tells panels apart, `kind` names the TypeScript view that draws it."""

    @property
    def id(self) -> str:
        """Unique within the dashboard."""

    @property
    def kind(self) -> str:
        """Key of the view in js/dashboard.ts."""

    @property
    def interval_s(self) -> float:
        """Shortest time between two frames of this panel, unless somebody waits for what it shows."""

    def frame(self, source: Source) -> Frame:
        """Return what to show now, in bytes that nobody writes to afterwards."""


Panel = tuple[dict[str, Any], list[bytes]]


class Paced:
    """Frames of views, each anew at its own pace: nobody reads a curve ten times a second, and drawing it costs."""

    def __init__(self) -> None:
        self._panels: dict[str, tuple[float, Panel]] = {}

    def frames(self, views: Collection[View], source: Source, *, is_prompt: bool) -> dict[str, Panel]:
        """Return the frame of every view by its id, all of them anew if `is_prompt`.

        A view that raises becomes a frame that says so.
        """
        now = time.monotonic()
        for view in views:
            made_at, _ = self._panels.get(view.id, (float("-inf"), None))
            if is_prompt or now - made_at >= view.interval_s:
                self._panels[view.id] = now, _guarded(view, source)
        self._panels = {view.id: self._panels[view.id] for view in views}
        return {id: panel for id, (_, panel) in self._panels.items()}


def _guarded(view: View, source: Source) -> Panel:
    try:
        header, buffers = view.frame(source)
    except Exception as error:  # one panel's defect must not take the others with it
        message = f"{type(error).__name__}: {error}"
        return {"kind": view.kind, "error": {"message": message, "traceback": traceback.format_exc()}}, []
    return {"kind": view.kind, **header}, buffers


def number(value: float) -> float | str:
    """Return `value`; NaN and infinity, which JSON has no word for, as a string that JavaScript's Number reads."""
    return float(value) if math.isfinite(value) else str(float(value)).replace("nan", "NaN").replace("inf", "Infinity")
