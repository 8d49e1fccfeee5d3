"""What costs the run more than a moment: made anew now and then instead of each time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

LONGEST_REST_S = 2.0
"""However much it took: the first time, much of that may have been compiling."""
Made = TypeVar("Made")


class Spared(Generic[Made]):
    """What was made last, such as the frame of a panel, and when it may be made anew.

    Parameters
    ----------
    share : float
        Of one processor, above 0: with 0.05, what takes 10 ms is made five times a second. Little, for it is taken from
        the frames of all other panels: see SHARE of :mod:`mixviz.relay`.

    Attributes
    ----------
    is_newest : bool
        Whether what was last asked for was made of what it was asked for.
    """

    def __init__(self, share: float) -> None:
        self.is_newest = True
        self._share = share
        self._made: tuple[object, tuple[Any, ...], Made] | None = None
        self._rests_until = 0.0

    def made(self, state: object, options: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        """Return what `make` makes of this state (the same object) with these options; while resting, the one before.

        Nothing is made twice, and anew only after a rest of two seconds at most, by what it last took this thread.
        """
        if self._made is not None:
            self.is_newest = self._made[0] is state and self._made[1] == options
            if self.is_newest or time.monotonic() < self._rests_until:
                return self._made[2]
        begun = time.thread_time()
        made = make()
        took = time.thread_time() - begun
        self._made, self.is_newest = (state, options, made), True
        self._rests_until = time.monotonic() + min(took * (1 / self._share - 1), LONGEST_REST_S)
        return made
