"""The model update in NumPy: the definition."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Push(NamedTuple):
    """How far the built-in mixins move this step: weight x scale x step size; see :mod:`mixviz.mixins`."""

    l1: float = 0.0
    l2: float = 0.0
    cosine: float = 0.0
    entropy: float = 0.0


def rates(size_k: Any, counted_k: Any, rho: float, gain: float, beta: float, n_words: int) -> tuple[Any, ...]:
    """Return the topics' new sizes, and the rates keep, gain, floor and least at which :func:`update_words` moves them.

    Parameters
    ----------
    size_k : ndarray of float32, shape (K,)
        Sizes before.
    counted_k : ndarray of float64, shape (K,)
        Counts of the batch.
    rho : float
        Size of the step.
    gain : float
        rho, scaled from the batch to the whole data set.
    beta : float
        Prior of a word.
    n_words : int

    Returns
    -------
    tuple of five ndarrays of float32, shape (K,)
    """
    kept = (1 - rho) * size_k
    sizes = kept + gain * counted_k + n_words * rho * beta
    all_k = (sizes, kept / sizes, gain / sizes, rho * beta / sizes, beta / sizes)
    return tuple(values.astype(np.float32) for values in all_k)


def update_words(phi: Any, rank: Any, sums: Any, keep: Any, gain: Any, floor: Any, least: Any, push: Push) -> Any:
    """Return the topics after one step: average, move against the mixins, clip, normalise each column.

    Parameters
    ----------
    phi : ndarray of float32, shape (V, K)
        Topics before; not written.
    rank : ndarray of int32, shape (V,)
        Row of `sums` that belongs to each word, -1 where the batch lacks it.
    sums : ndarray of float32, shape (W, at least K)
        Word-topic counts of the batch.
    keep, gain, floor : ndarray of float32, shape (K,)
        The average is ``keep * phi + gain * sums + floor``.
    least : ndarray of float32, shape (K,)
        No entry falls below it (before normalisation): a word pushed out of a topic can come back.
    push : Push
        Steps of the mixins.

    Returns
    -------
    ndarray of float32, shape (V, K)
        Columns sum to 1; a column that lost everything is uniform.
    """
    V, K = phi.shape
    present = rank >= 0
    new = phi.astype(float) * keep + floor
    new[present] += sums[rank[present], :K] * gain
    new += push.l2 / V - push.l1 - push.l2 * new - push.cosine * (new.sum(axis=1, keepdims=True) - new)
    if push.entropy:
        new += push.entropy * (1 + np.log(np.maximum(new, 1e-20)))
    new = np.maximum(new, least)
    new[:, new.sum(axis=0) == 0] = 1
    return (new / new.sum(axis=0)).astype(np.float32)
