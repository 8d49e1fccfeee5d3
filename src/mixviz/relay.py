"""The only way from a training thread to a browser: latest values, one message a tick, and silence without an answer.

Nothing here knows Jupyter: a relay is given `compose`, which makes the panels, and `send`, which ships one message.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

Header = dict[str, Any]
Buffers = list[bytes]
Panel = tuple[Header, Buffers]
Compose = Callable[[bool], Mapping[str, Panel]]
"""``compose(is_hurried)`` returns, by panel id, what each panel shows now: a JSON header and binary buffers."""
Ship = Callable[[Header, Buffers], None]

MAX_IN_FLIGHT = 20
"""Frames sent ahead of an acknowledgement: two batches of FRAMES_PER_ACK, js/connection.ts. A view that falls behind
draws only the newest of them."""
STALLED_S = 3.0
"""A view that owes an acknowledgement for so long no longer holds the others back."""
FORGOTTEN_S = 30.0
"""A view that owes one for so long is dropped from the list when another says hello."""
SAVED_EVERY_S = 60.0
HURRIED_S = 0.02
SHARE, HURRIED_SHARE = 0.06, 0.25
"""Composing takes at most about this share of the time: many panels mean fewer frames, never a slow run."""
COST_WEIGHT = 0.2
"""Of the newest frame in the mean of what composing takes: one panel that is dear now and then delays nothing."""
LONGEST_PAUSE_S = 1.0
"""A dearer frame than this allows for counts as one that is not: the first may have compiled for seconds."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _View:
    """One browser view: the last frame it acknowledged, when it spoke last, and since when it owes an answer."""

    seq: int
    heard_at: float
    owes_since: float | None = None
    wants_all: bool = True
    is_attended: bool = True

    def owes(self, now: float) -> float:
        """Seconds for which an answer has been due."""
        return 0.0 if self.owes_since is None else now - self.owes_since


class Relay:
    """Sends what changed to every view that keeps up, from one thread of its own.

    `notify`, `hurry` and `rest` only set flags and may be called from the training thread. All that is sent or saved
    is sent and saved by the publisher thread, which ends with :meth:`close` or once the relay is garbage.

    Parameters
    ----------
    compose : callable
        ``compose(is_hurried)`` returns the panels as they are now, in fresh bytes (they are read after `send` has
        returned); is told whether somebody waits for them.
    send : callable
        ``send(header, buffers)`` ships one message to all views; must not wait for them.
    save : callable
        ``save(header, buffers)`` keeps a whole frame where a page without a kernel finds it: whenever the run comes
        to rest, and once a minute while somebody looks.
    interval_s : float
        Shortest time between two frames, unless hurried; above 0.
    unattended_interval_s : float
        The same while nobody touches any of the views: the run gets the time. At least `interval_s`.

    Raises
    ------
    ValueError
        If `interval_s` is not above 0, or above `unattended_interval_s`.
    """

    def __init__(
        self,
        compose: Compose,
        send: Ship,
        save: Ship,
        *,
        interval_s: float = 0.1,
        unattended_interval_s: float = 0.4,
    ) -> None:
        if not interval_s > 0:
            raise ValueError(f"interval_s must be above 0, got {interval_s!r}")
        if not unattended_interval_s >= interval_s:
            raise ValueError(
                f"unattended_interval_s must be at least interval_s={interval_s!r}, got {unattended_interval_s!r}"
            )
        self._compose, self._send, self._save = compose, send, save
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._views: dict[str, _View] = {}
        self._answers: list[Header] = []
        self._context: contextvars.Context | None = None
        self._seq = 0
        self._sent: dict[str, Panel] = {}
        self._is_dirty = self._is_hurried = self._is_at_rest = self._is_closed = False
        self._composed_at = self._saved_at = float("-inf")
        self._interval_s, self._unattended_s, self._cost_s = interval_s, unattended_interval_s, 0.0
        weakref.finalize(self, self._wake.set)
        work = (weakref.ref(self), self._wake)
        threading.Thread(target=_run, args=work, name="mixviz-publisher", daemon=True).start()

    # ---- what the run says, from any thread

    def notify(self) -> None:
        """Show what is new at the next tick."""
        if not self._is_dirty:  # where it is set, the frame is still to be composed and will show this too
            self._set_flags()

    def hurry(self) -> None:
        """Show what is new at once: a person waits for it."""
        self._set_flags(is_hurried=True)

    def rest(self) -> None:
        """Show at once that the run came to rest, and keep the frame for a page without a kernel."""
        self._set_flags(is_hurried=True, is_at_rest=True)

    def _set_flags(self, *, is_hurried: bool = False, is_at_rest: bool = False) -> None:
        with self._lock:
            self._is_dirty = True
            self._is_hurried |= is_hurried
            self._is_at_rest |= is_at_rest
        self._wake.set()

    # ---- what a view says, from any thread

    def hello(self, view: str, seen: int = 0) -> None:
        """Welcome a view that appeared, or that asks after a silence whether it missed something after frame `seen`."""
        with self._lock:
            if self._context is None:
                self._context = contextvars.copy_context()
            now, is_whole = time.monotonic(), 0 < seen == self._seq
            self._views = {name: known for name, known in self._views.items() if known.owes(now) < FORGOTTEN_S}
            self._views[view] = _View(self._seq, now, wants_all=not is_whole)
        self.answer({"type": "alive", "view": view})

    def acknowledge(self, view: str, seq: int, *, is_attended: bool = True) -> None:
        """Note that a view has drawn everything up to frame `seq`, and whether somebody is at work in it."""
        with self._lock:
            known = self._views.get(view)
            if known:
                known.is_attended = is_attended
                known.seq = max(known.seq, min(seq, self._seq))
                known.owes_since = time.monotonic() if known.seq < self._seq else None
        self._wake.set()

    def heard(self, view: str) -> None:
        """Note that a view said something, whatever it was."""
        with self._lock:
            if view in self._views:
                self._views[view].heard_at = time.monotonic()

    def newest_view(self) -> str | None:
        """Return the view that spoke last; None if none did within `FORGOTTEN_S`."""
        with self._lock:
            spoken = {name: view.heard_at for name, view in self._views.items()}
        newest = max(spoken, key=lambda name: spoken[name], default=None)
        return newest if newest is not None and time.monotonic() - spoken[newest] < FORGOTTEN_S else None

    def is_watched(self) -> bool:
        """Whether some view keeps up."""
        with self._lock:
            return bool(self._awake(time.monotonic()))

    def bye(self, view: str) -> None:
        """Forget a view."""
        with self._lock:
            self._views.pop(view, None)

    def answer(self, header: Header) -> None:
        """Send a message of its own, ahead of the frames and whatever is in flight."""
        with self._lock:
            self._answers.append(header)
        self._wake.set()

    def close(self) -> None:
        """End the publisher thread."""
        self._is_closed = True
        self._wake.set()

    # ---- the publisher thread

    def turn(self) -> float | None:
        """Send and save what is due; return the seconds until something may be due again, None to sleep until woken."""
        with self._lock:
            answers, self._answers = self._answers, []
        for header in answers:
            self._ship(self._send, header, [])
        now = time.monotonic()
        due = self._due(now)
        if due is None or due > 0:
            return due
        self._publish(now)
        return self._due(time.monotonic())

    def _awake(self, now: float) -> dict[str, _View]:
        """Return the views that wait for all, or answered within `STALLED_S`."""
        return {name: view for name, view in self._views.items() if view.wants_all or view.owes(now) < STALLED_S}

    def _due(self, now: float) -> float | None:
        """Seconds until a frame may go out; None while there is nothing to send or nobody who keeps up."""
        with self._lock:
            awake = self._awake(now).values()
            if self._is_at_rest or any(view.wants_all for view in awake):
                return 0.0
            if not self._is_dirty or not awake:
                return None
            full = [view.owes(now) for view in awake if self._seq - view.seq >= MAX_IN_FLIGHT]
            if full:
                return STALLED_S - max(full) if len(awake) > len(full) else None
            return max(self._composed_at + self._pause(awake) - now, 0.0)

    def _pause(self, awake: Collection[_View]) -> float:
        """Seconds from one frame to the next."""
        if self._is_hurried:
            return max(HURRIED_S, self._cost_s / HURRIED_SHARE)
        is_attended = any(view.is_attended for view in awake)
        return max(self._interval_s if is_attended else self._unattended_s, self._cost_s / SHARE)

    def _publish(self, now: float) -> None:
        with self._lock:
            is_hurried, is_at_rest = self._is_hurried, self._is_at_rest
            self._is_dirty = self._is_hurried = self._is_at_rest = False
            awake = self._awake(now)
            new = [view for view in awake.values() if view.wants_all]  # who says hello from here on waits its turn
        began = time.thread_time()
        self._composed_at = now
        panels = dict(self._compose(is_hurried))
        cost_s = min(time.thread_time() - began, LONGEST_PAUSE_S * SHARE)
        self._cost_s += (cost_s - self._cost_s) * COST_WEIGHT
        changed = {id: panel for id, panel in panels.items() if new or self._sent.get(id) != panel}
        if awake and changed:
            self._ship(self._send, *self._frame(changed))
            self._sent = panels
            for view in new:
                view.wants_all = False
        if is_at_rest or (awake and now - self._saved_at >= SAVED_EVERY_S):
            self._saved_at = now
            header, buffers = _pack(panels, self._seq)
            self._ship(self._save, header, buffers)

    def _frame(self, panels: Mapping[str, Panel]) -> Panel:
        with self._lock:
            self._seq += 1
            for view in self._views.values():
                if view.owes_since is None:
                    view.owes_since = time.monotonic()
        return _pack(panels, self._seq)

    def _ship(self, ship: Ship, header: Header, buffers: Buffers) -> None:
        # In the context of the first message handler: ipykernel 7 reads there to which shell a message belongs.
        context = self._context.copy() if self._context else contextvars.copy_context()
        context.run(ship, header, buffers)


def _pack(panels: Mapping[str, Panel], seq: int) -> Panel:
    headers = [{"id": id, **header, "n_buffers": len(buffers)} for id, (header, buffers) in panels.items()]
    data = [block for _, buffers in panels.values() for block in buffers]
    return {"type": "frame", "seq": seq, "panels": headers}, data


def _run(reference: weakref.ref[Relay], wake: threading.Event) -> None:
    """Take turns until the relay is closed or garbage; between turns nothing here keeps it alive."""
    delay: float | None = None
    while True:
        wake.wait(delay)
        wake.clear()
        relay = reference()
        if relay is None or relay._is_closed:
            return
        try:
            delay = relay.turn()
        except Exception:  # a lost message must not end the dashboard
            _log.exception("the dashboard could not send a frame")
            delay = 1.0
        del relay
