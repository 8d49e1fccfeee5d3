"""How late the main thread is while a session trains on the GPU: what an open notebook feels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from statistics import quantiles
from typing import Any

from benchmarks.gpu.rows import Row
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.models.base import ArrayDataset
from mixviz.models.lda import LDA

BEAT_S, MOST_MS = 0.01, 30.0


async def lateness(seconds: float) -> list[float]:
    """Return by how many milliseconds each beat of the event loop is late."""
    late, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        due = time.perf_counter() + BEAT_S
        await asyncio.sleep(BEAT_S)
        late.append(1000 * (time.perf_counter() - due))
    return late


def rows(counts: Any, sizes: Any) -> Iterator[Row]:
    """Measure with the steps an estimator takes by itself, and with large ones.

    Raises
    ------
    RuntimeError
        If the session does not run to the end.
    """
    data = ArrayDataset(counts)
    for batch_size in ("auto", sizes.batch_sizes[-1]):
        model = LDA(sizes.topics[0], batch_size=batch_size, random_state=0, device="cuda")
        session = Session(model, data)
        session.step(sizes.n_first_steps)  # compiles, with the metrics
        session.wait()
        session.start()
        late = asyncio.run(lateness(sizes.beating_s))
        status = session.status
        session.stop()
        session.wait()
        if status.state is not RunState.RUNNING:
            raise RuntimeError(f"the session is {status.state}: {status.message}")
        worst = quantiles(late, n=100)[-1]
        yield Row(
            "interface",
            f"LDA in a session, {session.batches.batch_size:,} documents a step: main thread late by (99th percentile)",
            f"{worst:.3g} ms of {len(late)} beats, {status.steps_per_second:.3g} steps/s",
            wanted=f"at most {MOST_MS:g} ms",
            met=worst <= MOST_MS,
        )
