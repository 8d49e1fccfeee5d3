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
    scored = (held_out - first_half).tocsr()
    first_half.eliminate_zeros()
    return Split(name, counts[np.sort(order[:n_training])].tocsr(), first_half, scored)


def held_out_likelihood(split: Split, topics: np.ndarray, alpha: float = 0.1, n_iterations: int = 50) -> float:
    """Score topics by document completion: natural log per token of the scored halves.

    Parameters
    ----------
    split : Split
    topics : ndarray, shape (K, V)
        Word probabilities of each topic; rows are normalised here, with a floor of 1e-12.
    alpha : float
        Symmetric prior for the mixtures, which are fitted to the seen halves by EM.
    """
    phi = np.maximum(np.asarray(topics, np.float64), 1e-12)
    phi = (phi / phi.sum(axis=1, keepdims=True)).T
    seen, scored = split.seen, split.scored.tocoo()
    n_words = np.diff(seen.indptr)
    filled = np.flatnonzero(n_words)
    document = np.repeat(np.arange(len(n_words)), n_words)
    phi_seen = phi[seen.indices].astype(np.float32)
    theta = np.full((len(n_words), phi.shape[1]), 1.0 / phi.shape[1], np.float32)
    for _ in range(n_iterations):
        joint = theta[document] * phi_seen
        joint *= (seen.data / np.maximum(joint.sum(axis=1), 1e-30))[:, None]
        theta[:] = alpha
        theta[filled] += np.add.reduceat(joint, seen.indptr[filled], axis=0)
        theta /= theta.sum(axis=1, keepdims=True)
    likelihood = (theta[scored.row] * phi[scored.col]).sum(axis=1)
    return float((scored.data * np.log(likelihood)).sum() / scored.data.sum())
