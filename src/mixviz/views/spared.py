"""Frames that cost the run more than a moment: made anew now and then instead of each time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from mixviz.views.base import Frame


class Spared:
    """The newest frame of a panel, and when another may be made.

    Parameters
    ----------
    share : float
        Of one processor, above 0: with 0.05, what takes 10 ms is made five times a second. Little, for it is taken from
        the frames of all other panels: see SHARE of :mod:`mixviz.relay`.

    Attributes
    ----------
    is_newest : bool
        Whether the last frame that was asked for shows all there was.
    """

    def __init__(self, share: float) -> None:
        self.is_newest = True
        self._share = share
        self._shown: tuple[object, tuple[Any, ...], Frame] | None = None
        self._rests_until = 0.0

    def frame(self, state: object, options: tuple[Any, ...], make: Callable[[], Frame]) -> Frame:
        """Return what `make` does of this state (the same object) with these options; while resting, the frame before.

        Nothing is made twice, and another frame only after a rest, by what the last one took this thread.
        """
        if self._shown is not None:
            self.is_newest = self._shown[0] is state and self._shown[1] == options
            if self.is_newest or time.monotonic() < self._rests_until:
                return self._shown[2]
        begun = time.thread_time()
        frame = make()
        took = time.thread_time() - begun
        self._shown, self.is_newest = (state, options, frame), True
        self._rests_until = time.monotonic() + took * (1 / self._share - 1)
        return frame
