"""Clusters of k-means and parts of NMF, as panels find them in a state; the one that a person chose."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.types import Float64Array, FloatArray, IntArray, check_whole
from mixviz.views.base import Source
from mixviz.views.panel import Setting
from mixviz.views.topic_matrix import stable_order


def centres_of(state: Any) -> FloatArray | None:
    """Return the centres of k-means or the parts of NMF, (K, F); None of a state that has neither."""
    found: FloatArray | None = getattr(state, "centres_kf", getattr(state, "components_kf", None))
    return found


def noun_of(state: Any) -> str:
    """Return what one of them is called: cluster or part."""
    return "cluster" if hasattr(state, "centres_kf") else "part"


def shares_of(state: Any) -> Float64Array:
    """Return the share of each cluster, (K,): of the rows; of NMF's parts, of what all rows are made of."""
    sizes = np.asarray(state.share_k if hasattr(state, "share_k") else state.size_k, np.float64)
    return sizes / (float(sizes.sum()) or 1.0)


def is_at_rest(source: Source) -> bool:
    """Whether sizes stand still, so that their order can be exact."""
    return source.status.state != "running"


def order_of(source: Source, shares: Float64Array, former: IntArray, n: int) -> IntArray:
    """Return the `n` largest clusters, the largest first; in a run those of `former` keep places that nearly fit."""
    is_kept = len(former) <= len(shares) and not is_at_rest(source)
    return stable_order(former if is_kept else former[:0], shares, n)


def n_clusters(source: Source) -> int:
    """Return how many clusters there are; 0 where the model has none."""
    centres = centres_of(source.published.state)
    return 0 if centres is None else len(centres)


def checked_cluster(cluster: Any) -> int | None:
    """Return the number of a cluster, or None, as a panel's option; ValueError for anything else."""
    return None if cluster is None else check_whole("cluster", cluster, 0)


def cluster_setting(value: int | None, source: Source, none: str = "none") -> Setting:
    """Return the setting for a cluster, or none of them."""
    numbers, noun = range(n_clusters(source)), noun_of(source.published.state)
    labels = (none, *(f"{noun} {number}" for number in numbers))
    return Setting("cluster", "choice", value, noun, choices=(None, *numbers), labels=labels)
