"""How fast a session runs: steps and items a second over about the last second."""

from __future__ import annotations

import time
from collections import deque

_WINDOW_S = 1.0


class Rate:
    """A sliding window over finished steps; written by one thread, read by any."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int, int]] = deque([(time.perf_counter(), 0, 0)])
        self.per_second = (0.0, 0.0)

    def add(self, n_items: int) -> None:
        """Count one finished step of `n_items` rows."""
        now = time.perf_counter()
        _, steps, items = self._marks[-1]
        self._marks.append((now, steps + 1, items + n_items))
        while len(self._marks) > 2 and self._marks[1][0] < now - _WINDOW_S:
            self._marks.popleft()
        start, first_steps, first_items = self._marks[0]
        elapsed = max(now - start, 1e-9)
        self.per_second = ((steps + 1 - first_steps) / elapsed, (items + n_items - first_items) / elapsed)
