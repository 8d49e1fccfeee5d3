"""Processor time that a panel may spend in a second, however many frames that has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Allowance:
    """So much processor time of this thread a second; at first a second's worth, and at most that is saved up.

    Parameters
    ----------
    seconds : float
        Processor time a second.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = self._left = seconds
        self._looked_at = time.monotonic()

    def is_left(self) -> bool:
        """Whether there is some left now."""
        now = time.monotonic()
        self._left = min(self._left + (now - self._looked_at) * self._seconds, self._seconds)
        self._looked_at = now
        return self._left > 0

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Count what is done within; it leaves debts of a second's worth at most, for it may compile first."""
        began = time.thread_time()
        yield
        self._left = max(self._left - (time.thread_time() - began), -self._seconds)
