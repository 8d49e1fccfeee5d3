"""One command that someone with a GPU runs once: checks, figures, a table last, and a file of results.

The checks must hold, or the command ends with status 1; figures may miss what was wanted, and the table says so. Where
there is no GPU the status is 2. What is timed was run before, so that nothing is compiled, and ends when the card has
finished.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.gpu import agreement, clusters, corpus, interface, limits, topics, watched
from benchmarks.gpu.card import Card
from benchmarks.gpu.rows import Row, attempt, drawn
from mixviz.cuda import device_report

RESULTS = report.HERE / "results"


@dataclass(frozen=True)
class Sizes:
    """How large everything is.

    Attributes
    ----------
    is_measured : bool
        Whether the times are those of a GPU.
    tests : sequence of str
        What pytest gets.
    """

    n_documents: int = 300_000
    n_words: int = 102_660
    n_distinct: int = 232
    batch_sizes: tuple[int, ...] = (1000, 10_000, 30_000, 100_000)
    topics: tuple[int, ...] = (32, 256)
    n_cpu_documents: int = 4000
    n_images: int = 135_168
    n_features: int = 2352
    n_clusters: int = 256
    image_batches: tuple[int, ...] = (1000, 16_896, 135_168)
    n_multiplied: int = 67_584
    n_cpu_images: int = 4096
    n_gathers: int = 1 << 25
    copy_bytes: int = 1 << 30
    n_themed: int = 6000
    n_themed_words: int = 2000
    n_themes: int = 32
    n_passes: int = 5
    n_first_steps: int = 110
    beating_s: float = 10.0
    n_runs: int = 5
    tests: Sequence[str] = watched.TESTS
    is_measured: bool = True


def check(sizes: Sizes, folder: Path) -> int:
    """Check and measure; return the status to end with.

    Parameters
    ----------
    sizes : Sizes
    folder : Path
        Gets the file of results, named after the card.
    """
    if device_report().device == "cpu":
        print(f"Nothing was checked. mixviz.device_report(): {device_report()}")
        return 2
    began, seed = time.perf_counter(), int(np.random.SeedSequence().generate_state(1)[0])
    card = Card.here()
    print(f"{device_report()}\nfresh numbers of seed {seed}", flush=True)
    rows = _parts(card, sizes, seed)
    text = _text(time.perf_counter() - began, seed, sizes)
    cells = [row.cells() for row in rows]
    title = "On a GPU: " if sizes.is_measured else "Tried out, not measured: "
    report.keep(card.slug, title + card.name, text, cells, folder, str(device_report()).replace("\n", "; "))
    print(f"\n{text}\nWritten to {folder / card.slug}.json\n\n{drawn(rows)}")
    return 0 if all(row.met for row in rows if row.is_check) else 1


def _parts(card: Card, sizes: Sizes, seed: int) -> list[Row]:
    """Return all lines. What the figures are shares of is measured first of them."""
    found: list[limits.Limits] = []

    def of_card() -> Iterable[Row]:
        found.append(limits.measured(card, sizes))
        return limits.rows(card, found[0], sizes.n_words)

    rows = attempt("checks in processes of their own", lambda: watched.rows(sizes, seed))
    rows += attempt("agreement with the processor", lambda: agreement.rows(sizes, seed))
    rows += attempt("limits", of_card)
    rows += attempt("k-means", lambda: clusters.rows(card, card.memory or found[0].copy, sizes))
    counts = corpus.zipf(sizes.n_documents, sizes.n_words, sizes.n_distinct)
    rows += attempt("LDA", lambda: topics.rows(counts, card, found[0], sizes))
    return rows + attempt("interface", lambda: interface.rows(counts, sizes))


def _text(took: float, seed: int, sizes: Sizes) -> str:
    """Return what was done, for those who read the table."""
    return (
        f"`make gpu-check`, {took:.0f} s, seed {seed}. LDA: {sizes.n_documents:,} documents of {sizes.n_distinct} "
        f"distinct words out of {sizes.n_words:,}, by Zipf's law, {topics.SWEEPS} sweeps, m = "
        f"{1 / topics.TEMPERATURE:g}; whole steps, the rows being on the card, {sizes.n_runs} passes of each size "
        "after one that warms up: median (lowest to highest). Least times are worked out: bytes at the pace that was "
        "measured here for rows gathered and at that of the memory's bus, operations at the highest clock. The share "
        "of gathering is of what a pass would take if every product gathered its rows anew, as fast as they can be. "
        f"k-means: {sizes.n_images:,} rows of {sizes.n_features:,} bytes, K = {sizes.n_clusters}; its limit is "
        "2 × features × K operations a row. Kernels' times are between events, launches included."
    )


def main() -> None:
    """Check in full, and end with the status."""
    raise SystemExit(check(Sizes(), RESULTS))
