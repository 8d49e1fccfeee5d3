"""Which rows belong to which step."""

from __future__ import annotations

import numpy as np
import pytest

from mixviz.data.batches import Batches


@pytest.mark.parametrize(
    ("n_rows", "expected"), [(1, 100), (1600, 100), (1601, 101), (3770, 236), (16_000, 1000), (300_000, 1000)]
)
def test_auto_is_a_sixteenth_of_the_rows(n_rows: int, expected: int) -> None:
    assert Batches(np.arange(n_rows), "auto", 0).batch_size == expected


@pytest.mark.parametrize("batch_size", [1, 7, np.int64(7), 7.0, "auto", 5000])
def test_every_row_is_seen_once_in_each_epoch(batch_size: object) -> None:
    rows = np.arange(3, 503)
    batches = Batches(rows, batch_size, 1)
    n = batches.n_per_epoch
    epochs = [np.concatenate([batches[step] for step in range(e * n + 1, (e + 1) * n + 1)]) for e in (0, 1)]
    for epoch in epochs:
        assert (np.sort(epoch) == rows).all()
    sizes = [len(batches[step]) for step in range(1, n + 1)]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= batches.batch_size


@pytest.mark.parametrize("batch_size", [0, -3, 2.5, float("nan"), float("inf"), True, None, "all", "10"])
def test_nonsense_is_named(batch_size: object) -> None:
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1, or 'auto', got"):
        Batches(np.arange(10), batch_size, 0)
