"""The card: what its maker says it can do at most, and watches that stop only when it has finished."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from mixviz.cuda import array_module, device_report

_FLOAT32 = {"80": 128, "86": 256, "87": 256, "89": 256, "90": 256, "100": 256, "103": 256, "120": 256}
_TF32 = {"80": 1024, "86": 256, "89": 256, "90": 2048}
_INT8 = {"80": 4096, "86": 2048, "89": 2048, "90": 8192}
"""Operations that a multiprocessor does in a cycle, by compute capability, as data sheets have them; no sparsity."""


@dataclass(frozen=True)
class Card:
    """What is known of a card. Bytes and operations are per second; None where nobody says.

    Attributes
    ----------
    memory : float or None
        Bandwidth, from the width of its bus and the clock of its memory, twice a cycle.
    float32, tf32, int8 : float or None
        Operations, at the highest clock.
    """

    name: str
    n_multiprocessors: int
    memory: float | None
    float32: float | None
    tf32: float | None
    int8: float | None

    @property
    def slug(self) -> str:
        """Its name for a file."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @classmethod
    def here(cls) -> Card:
        """Return the one that mixviz uses."""
        device = array_module().cuda.Device()
        known, kind = device.attributes, str(device.compute_capability)
        n, clock = known["MultiProcessorCount"], 1000 * known.get("ClockRate", 0)
        memory = 1000 * known.get("MemoryClockRate", 0) * 2 * known.get("GlobalMemoryBusWidth", 0) / 8
        pace = (float(n * clock * table.get(kind, 0)) or None for table in (_FLOAT32, _TF32, _INT8))
        return cls(device_report().name, int(n), memory or None, *pace)


def wait() -> None:
    """Wait until the card has finished all that was started."""
    array_module().cuda.Device().synchronize()


def seconds(work: Callable[[], Any], n_runs: int, n_first: int = 1) -> list[float]:
    """Return what each of some runs takes, after `n_first` that compile and warm up; the card is idle before each."""
    found = []
    for run in range(-n_first, n_runs):
        wait()
        began = time.perf_counter()
        work()
        wait()
        if run >= 0:
            found.append(time.perf_counter() - began)
    return found


def usual(work: Callable[[], Any], n_runs: int, n_calls: int = 1) -> float:
    """Return the median of what a call takes, where a run is several calls, one after the other without waiting."""

    def calls() -> None:
        for _ in range(n_calls):
            work()

    return median(seconds(calls, n_runs)) / n_calls


def floor(amount: float, pace: float | None) -> float | None:
    """Return the least seconds that so many bytes or operations take; None where the pace is not known."""
    return amount / pace if pace else None
