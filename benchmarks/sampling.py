"""Aggregated sampling against one Poisson draw per non-zero and topic, both mixviz's own, at m = 100."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.corpora import Split, splits
from benchmarks.report import keep, spread
from mixviz.backend import get_num_threads
from mixviz.models.lda import LDA
from mixviz.types import Batch

K, TEMPERATURE, SWEEPS, N_DOCUMENTS, N_RUNS = 32, 0.01, 10, 2000, 7


def seconds_a_step(split: Split, sampler: str, temperature: float = TEMPERATURE) -> float:
    """Return the seconds of one step over the first documents, after one step that compiles and warms the caches."""
    model = LDA(K, alpha=0.1, beta=0.01, temperature=temperature, sweeps=SWEEPS, sampler=sampler, random_state=0)
    batch = Batch(np.arange(N_DOCUMENTS), split.training[:N_DOCUMENTS])
    values = {control.name: control.value for control in model.controls()}
    state, _ = model.step(model.init_state(model.as_dataset(split.training), 0), batch, values)
    began = time.perf_counter()
    model.step(state, batch, values)
    return time.perf_counter() - began


def main(n_runs: int = N_RUNS) -> None:
    """Measure and store the table."""
    split = splits()[0]
    runs: dict[str, list[float]] = {"aggregated": [], "poisson": [], "deterministic limit": []}
    for _ in range(n_runs):
        runs["aggregated"].append(seconds_a_step(split, "aggregated"))
        runs["poisson"].append(seconds_a_step(split, "poisson"))
        runs["deterministic limit"].append(seconds_a_step(split, "aggregated", 0.0))
    rows = []
    for name, seconds in runs.items():
        ratios = [slow / fast for slow, fast in zip(runs["poisson"], seconds, strict=True)]
        rows.append(
            {
                "sampler": {"poisson": "one Poisson per non-zero and topic"}.get(name, name),
                "documents/s": spread([N_DOCUMENTS / s for s in seconds]),
                "times the per-non-zero sampler": spread(ratios),
                "wanted": "at least 4" if name == "aggregated" else "",
            }
        )
    text = (
        f"IMDB, K = {K}, m = 100, {SWEEPS} sweeps, whole steps over {N_DOCUMENTS} documents (model update included), "
        f"{get_num_threads()} threads, {n_runs} runs in turn."
    )
    keep("2-sampling", "Aggregated sampling", text, rows)


if __name__ == "__main__":
    main()
