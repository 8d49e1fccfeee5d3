"""What the card's memory and caches give at most, measured: the limits that figures are shares of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gpu.card import Card, usual, wait
from benchmarks.gpu.rows import Row
from mixviz.cuda import array_module

SOURCE = Path(__file__).with_name("limits.cu")
_THREADS = 256
f4 = np.float32


@dataclass(frozen=True)
class Limits:
    """Bytes a second: of a copy in memory, read and written; of rows gathered, by how many floats they have."""

    copy: float
    gather: dict[int, float]


def gathered(n_rows: int, width: int, n: int, n_runs: int, n_blocks: int) -> float:
    """Return the bytes a second at which `n` random rows of a table are read, and check that the right ones are.

    Raises
    ------
    ArithmeticError
        If their sum is wrong.
    """
    xp, rng = array_module(), np.random.default_rng()
    table, rows = rng.random((n_rows, width), f4), rng.integers(0, n_rows, n // 32 * 32, np.int32)
    options = ("--std=c++17", f"-DWIDTH={width}")
    kernel = xp.RawModule(code=SOURCE.read_text(), options=options, backend="nvrtc").get_function("gather")
    there: tuple[Any, ...] = xp.asarray(table), xp.asarray(rows), np.int32(len(rows))
    out = xp.empty(n_blocks * _THREADS, f4)
    took = usual(lambda: kernel((n_blocks,), (_THREADS,), (*there, out)), n_runs, 3)
    expected = float((table.sum(axis=1, dtype=float) * np.bincount(rows, minlength=n_rows)).sum())
    if not np.isclose(out.get().sum(dtype=float), expected, rtol=1e-3):
        raise ArithmeticError("the rows gathered do not add up")
    return 4 * width * len(rows) / took


def copied(n_bytes: int, n_runs: int) -> float:
    """Return the bytes a second of a copy within the memory, read and written."""
    xp = array_module()
    source, target = xp.zeros(n_bytes // 4, f4), xp.zeros(n_bytes // 4, f4)
    wait()

    def copy() -> None:
        target[...] = source

    return 2 * n_bytes / usual(copy, n_runs, 3)


def measured(card: Card, sizes: Any) -> Limits:
    """Measure for tables of as many rows as there are words."""
    n_blocks = 8 * card.n_multiprocessors if sizes.is_measured else 2
    widths = [K for K in sizes.topics if K % 32 == 0]
    gather = {K: gathered(sizes.n_words, K, sizes.n_gathers, sizes.n_runs, n_blocks) for K in widths}
    return Limits(copied(sizes.copy_bytes, sizes.n_runs), gather)


def rows(card: Card, limits: Limits, n_words: int) -> list[Row]:
    """Return what was found."""
    share = f"{100 * limits.copy / card.memory:.3g} % of its bus" if card.memory else ""
    found = [Row("limits", "a copy in memory, read and written", f"{limits.copy / 1e12:.3g} TB/s", share=share)]
    for width, pace in limits.gather.items():
        what = f"rows of {4 * width} bytes gathered from {4e-6 * width * n_words:.0f} MB"
        found.append(Row("limits", what, f"{pace / 1e12:.3g} TB/s"))
    return found
