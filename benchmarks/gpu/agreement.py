"""Whether the GPU learns what the processor learns: held-out likelihood after as many passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from benchmarks.gpu.corpus import themed
from benchmarks.gpu.rows import Row, check
from mixviz.metrics import likelihood
from mixviz.models.base import ArrayDataset
from mixviz.models.lda import LDA
from mixviz.types import Batch

MOST = 0.005
"""Of the likelihood, that the two may differ by."""


def held_out_likelihood(device: str, counts: Any, n_held_out: int, temperature: float, sizes: Any) -> float:
    """Return the log-likelihood a token that LDA reaches there, scored on the processor; it must have learnt."""
    model = LDA(
        sizes.n_themes, temperature=temperature, batch_size=sizes.n_themed // 12, max_iter=sizes.n_passes,
        random_state=0, device=device,
    )  # fmt: skip
    data, held_out = ArrayDataset(counts[n_held_out:]), Batch(np.arange(n_held_out), counts[:n_held_out])
    model.fit(data)
    here = model.state_type(**{field.name: getattr(model.state_, field.name) for field in fields(model.state_type)})
    return likelihood(here, held_out)


def rows(sizes: Any, seed: int) -> Iterator[Row]:
    """Compare, with much chance and with little."""
    counts, n_held_out = themed(sizes.n_themed, sizes.n_themed_words, sizes.n_themes, seed), sizes.n_themed // 6
    for temperature in (1.0, 0.01):
        there, here = (
            held_out_likelihood(device, counts, n_held_out, temperature, sizes) for device in ("cuda", "cpu")
        )
        apart = abs(there / here - 1)
        yield check(
            f"LDA, temperature {temperature:g}: held-out likelihood on the GPU and on the processor, "
            f"{sizes.n_passes} passes",
            apart <= MOST,
            f"{there:.4f} and {here:.4f}: {100 * apart:.2g} % apart",
            f"within {100 * MOST:g} %",
        )
