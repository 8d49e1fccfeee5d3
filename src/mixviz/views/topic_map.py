"""Map of the topics after LDAvis (Sievert, Shirley 2014): similar topics lie close, circle area is share of tokens."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import scipy.linalg

from mixviz.types import Float64Array, FloatArray, IntArray
from mixviz.views.base import Frame, Source
from mixviz.views.panel import PanelView
from mixviz.views.topic_names import stable_leaders, topic_names

COVERED = 0.95
"""Share of the topics' weight that the compared words carry."""
MAX_WORDS = 5_000
MIN_WORDS = 500
MAX_WORK = 4_000_000
"""Words times pairs of topics in one frame: about five milliseconds."""
FEW_TOPICS = 256
"""Up to so many, bisection costs less than the usual solver, whose threads would wait for those of the run."""
N_NEAREST, N_LEADING = 3, 6


class TopicMap(PanelView):
    """Topics on a plane: Jensen-Shannon distances between them, scaled to two axes.

    The heaviest words are compared one by one, all others together, as if they were one word. The axes have no
    meaning beyond the distances, so each frame is turned and mirrored to lie on the one before.
    """

    kind = "topic_map"
    size = (6, 14)
    interval_s = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._positions: Float64Array = np.empty((0, 2))
        self._first: IntArray = np.empty(0, dtype=np.int64)

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether the model has topics over a vocabulary."""
        return hasattr(source.published.state, "phi_vk") and hasattr(source.data, "vocabulary")

    def frame(self, source: Source) -> Frame:
        """Return positions (float32, topics by two) and shares of tokens (float32), names, and what is near."""
        state: Any = source.published.state
        vocabulary: Any = source.data.vocabulary
        phi_vk: FloatArray = state.phi_vk
        n_words, n_topics = phi_vk.shape
        kept = heaviest_words(phi_vk.sum(axis=1, dtype=np.float64), most_words(n_topics))
        kept_kv = np.ascontiguousarray(phi_vk[kept].T)
        distances = jensen_shannon(with_rest(kept_kv))
        positions, explained = classical_scaling(distances)
        self._positions = aligned(positions, self._positions)
        self._first = stable_leaders(self._first, phi_vk)
        names = topic_names(phi_vk, self._first, vocabulary)
        compared = "" if len(kept) == n_words else f" · {len(kept):,} of {n_words:,} words, the others as one"
        header = {
            "names": [source.topic_names.get(topic, name) for topic, name in enumerate(names)],
            "nearest": nearest(distances, N_NEAREST),
            "words": [[str(vocabulary[kept[v]]) for v in row] for row in leading(kept_kv, N_LEADING)],
            "note": f"Jensen-Shannon distances, {explained:.0%} on these axes{compared}",
        }
        sizes = np.asarray(getattr(state, "size_k", np.ones(n_topics)), dtype=np.float64)
        shares = sizes / max(sizes.sum(), np.finfo(np.float64).tiny)
        return Frame(header, [np.ascontiguousarray(self._positions, "<f4").tobytes(), shares.astype("<f4").tobytes()])


def most_words(n_topics: int) -> int:
    """Return how many words may be compared, so that a frame stays cheap with many topics."""
    n_pairs = max(n_topics * (n_topics - 1) // 2, 1)
    return int(np.clip(MAX_WORK // n_pairs, MIN_WORDS, MAX_WORDS))


def heaviest_words(weights: Float64Array, most: int) -> IntArray:
    """Return the words that carry 95 % of the weight, heaviest first: all of few, at most `most` of many.

    Parameters
    ----------
    weights : ndarray, shape (V,)
        Non-negative.
    most : int
        At least 1.
    """
    order = np.argsort(-weights)
    if len(weights) <= min(most, MIN_WORDS):
        return order
    carried = np.cumsum(weights[order])
    enough = int(np.searchsorted(carried, COVERED * carried[-1])) + 1
    return order[: min(enough, most)]


def with_rest(weights_kn: FloatArray) -> FloatArray:
    """Append to each topic (row) what is missing to 1, as the weight of all other words together."""
    rest = np.maximum(1 - weights_kn.sum(axis=1, keepdims=True), 0)
    return np.concatenate([weights_kn, rest], axis=1)


def jensen_shannon(shares_kn: FloatArray) -> Float64Array:
    """Return Jensen-Shannon distances: square roots of the divergences (Lin 1991, eq. 3.4) in bits, 0 to 1.

    The square root is a metric, and embeds in a Euclidean space (Endres, Schindelin 2003).

    Parameters
    ----------
    shares_kn : ndarray of float32, shape (K, N)
        Non-negative; each row sums to 1.

    Returns
    -------
    ndarray of float64, shape (K, K)
    """
    shares = np.maximum(shares_kn, np.float32(1e-12))
    informations = (shares * np.log2(shares)).sum(axis=1, dtype=np.float64)
    half = shares / 2
    means, logs = np.empty_like(half), np.empty_like(half)
    divergences = np.zeros((len(half), len(half)))
    for k in range(len(half) - 1):
        mean, log = means[k + 1 :], logs[k + 1 :]
        np.add(half[k + 1 :], half[k], out=mean)
        np.log2(mean, out=log)
        np.multiply(mean, log, out=log)
        divergences[k, k + 1 :] = (informations[k] + informations[k + 1 :]) / 2 - log.sum(axis=1)
    return np.sqrt(np.clip(divergences + divergences.T, 0, 1))


def classical_scaling(distances: Float64Array) -> tuple[Float64Array, float]:
    """Place points so that their distances on a plane come close to `distances` (Torgerson 1952; also PCoA).

    Parameters
    ----------
    distances : ndarray, shape (K, K)
        Symmetric, zero on the diagonal.

    Returns
    -------
    positions : ndarray of float64, shape (K, 2)
        Centred, the widest axis first. In each axis the point farthest out is on the positive side.
    explained : float
        Share of the spread (sum of squared distances) on the two axes, 0 to 1; 1 where there is none.
    """
    squares = distances**2
    inner = -0.5 * (squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean())
    n, spread = len(distances), max(float(np.trace(inner)), 0.0)
    positions = np.zeros((n, 2))
    if spread < 1e-12:
        return positions, 1.0
    driver: Literal["evx", "evr"] = "evx" if n <= FEW_TOPICS else "evr"
    values, vectors = scipy.linalg.eigh(inner, subset_by_index=[max(n - 2, 0), n - 1], driver=driver)
    values = np.maximum(values[::-1], 0)
    axes = vectors[:, ::-1] * np.sqrt(values)
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    positions[:, : axes.shape[1]] = axes * np.where(signs == 0, 1, signs)
    return positions, min(float(values.sum()) / spread, 1.0)


def aligned(positions: Float64Array, previous: Float64Array) -> Float64Array:
    """Turn and mirror `positions` so that they lie on `previous` as well as they can (orthogonal Procrustes).

    Both are centred, (K, 2). Where the number of points differs, `positions` come back as they are.
    """
    if positions.shape != previous.shape:
        return positions
    left, _, right = np.linalg.svd(positions.T @ previous)
    return np.asarray(positions @ (left @ right))


def nearest(distances: Float64Array, n: int) -> list[list[int]]:
    """Return for each point the `n` nearest others (fewer where there are fewer), nearest first."""
    others = distances + np.diag(np.full(len(distances), np.inf))
    order: list[list[int]] = np.argsort(others, axis=1, kind="stable")[:, : min(n, len(distances) - 1)].tolist()
    return order


def leading(weights_kn: FloatArray, n: int) -> IntArray:
    """Return the `n` heaviest columns of each row, heaviest first, (K, n)."""
    left, rows = weights_kn.copy(), np.arange(len(weights_kn))
    top = np.empty((len(left), min(n, left.shape[1])), dtype=np.int64)
    for rank in range(top.shape[1]):
        top[:, rank] = left.argmax(axis=1)
        left[rows, top[:, rank]] = -np.inf
    return top
