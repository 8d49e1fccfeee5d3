"""What 28 people saw when they steered a topic model (Jiang 2018, section 3.3), on two corpora, each with its numbers.

The base model has seen 160 minibatches; every change then acts for 60 more. `python tests/models/test_behaviours.py`
prints the numbers quoted here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from mixviz import metrics
from mixviz.data.batches import Batches
from mixviz.data.corpus import Corpus
from mixviz.data.datasets import load_docstrings
from mixviz.models.lda import LDA
from mixviz.types import Batch, Dataset


def _load_imdb() -> Dataset:
    folder = os.environ.get("MIXVIZ_DATA")
    if not folder:
        pytest.skip("MIXVIZ_DATA does not name the folder with text/imdb_bow.npz")
    with np.load(Path(folder, "text", "imdb_bow.npz")) as file:
        shape = len(file["indptr"]) - 1, len(file["vocab"])
        counts = scipy.sparse.csr_matrix((file["counts"], file["indices"], file["indptr"]), shape=shape)
        return Corpus(counts[:40_000], list(file["vocab"]))


@dataclass(frozen=True)
class Case:
    """A corpus, and the settings under which its numbers hold."""

    load: Callable[[], Dataset]
    n_topics: int
    batch_size: int
    most_lost_to_cosine: float
    """Share of the log-likelihood that distinct topics may cost."""


CASES = {
    "docstrings": Case(load_docstrings, 20, 500, most_lost_to_cosine=0.11),
    "imdb": Case(_load_imdb, 32, 1000, most_lost_to_cosine=0.06),
}


class Steered:
    """A model that has seen 160 minibatches, and what becomes of it under changed controls."""

    def __init__(self, case: Case) -> None:
        self.case, self.data = case, case.load()
        self.lda = LDA(case.n_topics, random_state=0)
        rows = np.random.default_rng(0).permutation(len(self.data))
        self.held_out: Batch = self.data.take(np.sort(rows[:500]))
        self.batches = Batches(np.sort(rows[500:]), case.batch_size, 0)
        self.values = {control.name: control.value for control in self.lda.controls()}
        self.base = self.go(self.lda.init_state(self.data, 0), 160)
        self.distinct = self.go(self.base, cosine=1.0)
        self.sparse = self.go(self.base, l1=0.1)

    def go(self, state: Any, n_steps: int = 60, **changes: float) -> Any:
        """Return the state after `n_steps` more minibatches under the changed controls."""
        for _ in range(n_steps):
            batch = self.data.take(self.batches[state.step + 1])
            state, _ = self.lda.step(state, batch, self.values | changes)
        return state

    def likelihood(self, state: Any) -> float:
        return metrics.likelihood(state, self.held_out)


@cache
def _steered(name: str) -> Steered:
    return Steered(CASES[name])


@pytest.fixture(params=CASES, ids=str)
def steered(request: pytest.FixtureRequest) -> Steered:
    return _steered(request.param)


def _n_words_of_most(state: Any) -> float:
    """Words that make up 80 % of a topic, mean over topics."""
    shares = -np.sort(-state.phi_vk, axis=0)
    return float((np.cumsum(shares, axis=0) < 0.8).sum(axis=0).mean())


def _share_of_different_top_words(state: Any) -> float:
    top = metrics.top_words(state.phi_vk, 10)
    return len(np.unique(top)) / top.size


def test_1_l1_lowers_density_and_likelihood(steered: Steered) -> None:
    """At 0, 0.01, 0.1: docstrings 0.121, 0.107, 0.050 (-6.4 to -6.9); IMDB 0.092, 0.034, 0.007 (-8.5 to -9.5)."""
    weak = steered.go(steered.base, l1=0.01)
    states = (steered.base, weak, steered.sparse)
    densities, scores = [metrics.density(s) for s in states], [steered.likelihood(s) for s in states]
    assert densities[2] < 0.8 * densities[1] < 0.8 * densities[0]
    assert densities[2] < 0.5 * densities[0]
    assert scores[2] < scores[0] - 0.3


def test_2_cosine_goes_to_zero_at_little_cost(steered: Steered) -> None:
    """Docstrings 1.2e-3 to 1.1e-5 for 9.3 % of the log-likelihood; IMDB 2.7e-4 to 6e-7 for 3.9 %."""
    assert metrics.cosine(steered.distinct) < 0.01 * metrics.cosine(steered.base)
    lost = steered.likelihood(steered.base) - steered.likelihood(steered.distinct)
    assert lost < steered.case.most_lost_to_cosine * -steered.likelihood(steered.base)


def test_3_density_comes_back_and_cosine_does_not(steered: Steered) -> None:
    """Density: docstrings 0.050 back to 0.092, IMDB 0.007 back to 0.050; cosine to 0.12 and 0.01 of what it was."""
    back = steered.go(steered.sparse, 120)
    before, low = metrics.density(steered.base), metrics.density(steered.sparse)
    assert metrics.density(back) > low + 0.4 * (before - low)
    assert steered.likelihood(back) > steered.likelihood(steered.base) - 0.3
    assert metrics.cosine(steered.go(steered.distinct)) < 0.2 * metrics.cosine(steered.base)


def test_4_heat_brings_cosine_back(steered: Steered) -> None:
    """After 60 steps without the mixin, cold and at T = 1: docstrings 1.5e-4 and 5.9e-4; IMDB 2e-6 and 1.5e-4."""
    cold = steered.go(steered.distinct)
    hot = steered.go(steered.distinct, temperature=1.0)
    assert metrics.cosine(hot) > 3 * metrics.cosine(cold) > 3 * metrics.cosine(steered.distinct)


def test_5_lower_density_means_shorter_word_lists(steered: Steered) -> None:
    """Words in 80 % of a topic: docstrings 194 to 69; IMDB 1,621 to 127."""
    assert metrics.density(steered.sparse) < metrics.density(steered.base)
    assert _n_words_of_most(steered.sparse) < 0.5 * _n_words_of_most(steered.base)


def test_6_lower_cosine_means_fewer_shared_words(steered: Steered) -> None:
    """Different words among the topics' top ten: docstrings 80 % to 100 %; IMDB 85 % to 100 %."""
    assert metrics.cosine(steered.distinct) < metrics.cosine(steered.base)
    assert _share_of_different_top_words(steered.base) < 0.9
    assert _share_of_different_top_words(steered.distinct) > 0.99


def main() -> None:
    """Print the numbers that the docstrings quote."""
    for name in CASES:
        run = _steered(name)
        stages = {"base": run.base, "l1=0.01": run.go(run.base, l1=0.01), "l1": run.sparse}
        stages |= {"l1 back": run.go(run.sparse, 120), "cosine": run.distinct, "cosine back": run.go(run.distinct)}
        stages |= {"cosine back, hot": run.go(run.distinct, temperature=1.0)}
        for stage, state in stages.items():
            figures = (metrics.density(state), metrics.cosine(state), run.likelihood(state))
            words = (_n_words_of_most(state), _share_of_different_top_words(state))
            print(f"{name:12} {stage:18} density {figures[0]:.4f} cosine {figures[1]:.2e} likelihood {figures[2]:.3f} "
                  f"words {words[0]:.0f} different {words[1]:.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
