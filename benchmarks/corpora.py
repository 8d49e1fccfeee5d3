"""The corpora of the benchmarks, each split once into training and held-out documents."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from mixviz.data.corpus import Corpus
from mixviz.data.datasets import load_docstrings


@dataclass(frozen=True)
class Split:
    """Training counts, and held-out documents whose words are split into a seen and a scored half."""

    name: str
    training: sparse.csr_matrix
    seen: sparse.csr_matrix
    scored: sparse.csr_matrix


def splits() -> list[Split]:
    """Return IMDB and 20 Newsgroups from MIXVIZ_DATA, and the docstrings."""
    folder = os.environ.get("MIXVIZ_DATA")
    if not folder:
        raise SystemExit("set MIXVIZ_DATA to the folder that holds text/imdb_bow.npz and text/20news_bow.npz")
    imdb = Corpus.from_npz(Path(folder) / "text" / "imdb_bow.npz")
    news = Corpus.from_npz(Path(folder) / "text" / "20news_bow.npz")
    return [_split("IMDB", imdb, 90_000), _split("20 Newsgroups", news), _split("docstrings", load_docstrings())]


def _split(name: str, corpus: Corpus, n_training: int | None = None) -> Split:
    """Hold out 1,000 documents (a tenth of a small corpus); halve their tokens at random. Seeded."""
    counts: Any = corpus.counts
    rng = np.random.default_rng(0)
    order = rng.permutation(counts.shape[0])
    n_held_out = min(1000, counts.shape[0] // 10)
    n_training = n_training or counts.shape[0] - n_held_out
    held_out = counts[order[n_training : n_training + n_held_out]].tocsr()
    first_half = held_out.copy()
    first_half.data = rng.binomial(held_out.data.astype(int), 0.5).astype(np.float32)
    return Split(name, counts[np.sort(order[:n_training])].tocsr(), first_half, (held_out - first_half).tocsr())


def held_out_likelihood(split: Split, topics: np.ndarray, alpha: float = 0.1, n_iterations: int = 100) -> float:
    """Score topics by document completion: natural log per token of the scored halves.

    Parameters
    ----------
    split : Split
    topics : ndarray, shape (K, V)
        Word probabilities of each topic; rows are normalised here, with a floor of 1e-12.
    alpha : float
        Symmetric prior for the mixtures, which are fitted to the seen halves by EM (posterior mean counts).
    """
    phi = np.maximum(np.asarray(topics, np.float64), 1e-12)
    phi /= phi.sum(axis=1, keepdims=True)
    seen, scored = split.seen.tocoo(), split.scored.tocoo()
    phi_seen = phi[:, seen.col]
    theta = np.full((split.seen.shape[0], len(phi)), 1.0 / len(phi))
    for _ in range(n_iterations):
        joint = theta[seen.row].T * phi_seen
        joint *= seen.data / joint.sum(axis=0)
        counts = np.stack([np.bincount(seen.row, weights=row, minlength=len(theta)) for row in joint], axis=1)
        theta = counts + alpha
        theta /= theta.sum(axis=1, keepdims=True)
    likelihood = np.einsum("nk,kn->n", theta[scored.row], phi[:, scored.col])
    return float((scored.data * np.log(likelihood)).sum() / scored.data.sum())
