"""Which rows belong to which cluster, of a sample that is looked through a little at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mixviz.cluster_metrics import nearest
from mixviz.types import Float64Array, IntArray
from mixviz.views.allowance import Allowance

MIN_SAMPLE = 1000
ROWS_A_CLUSTER = 12
"""A sample has so many rows for each cluster, but at least 1,000."""
BUDGET_S = 0.015
"""Processor time that a panel may spend on nearest centres in a second, however many frames that has."""
STEADY_BUDGET_S = 0.03
"""The same for one that is to show something new ten times a second, if it needs as much."""
_BLOCK_NUMBERS = 1 << 26
_MIN_BLOCK, _MAX_BLOCK = 16, 256


class SampledMembers:
    """Nearest clusters of rows that are evenly spread over a data set, renewed a few at a time.

    Parameters
    ----------
    rows : ndarray of int64, shape (S,), optional
        The sample. Default: as many rows as the clusters need.
    is_steady : bool
        Whether each time only some rows are renewed, however many could be: a panel of many frames moves in each.

    Attributes
    ----------
    allowance : Allowance
        What `renew` spends, `BUDGET_S` or `STEADY_BUDGET_S` a second; whoever else spends of it leaves it less.
    rows : ndarray of int64, shape (S,)
        The sample.
    labels : ndarray of int32, shape (S,)
        -1 where not yet known.
    distances : ndarray of float64, shape (S,)
        To the nearest centre; infinite where not yet known.
    n_due : int
        How many were not yet found with the newest state.
    """

    def __init__(self, rows: IntArray | None = None, *, is_steady: bool = False) -> None:
        self.allowance = Allowance(STEADY_BUDGET_S if is_steady else BUDGET_S)
        self._given, self._is_steady = rows, is_steady
        self.rows: IntArray = np.empty(0, dtype=np.int64)
        self.labels: npt.NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self.distances: Float64Array = np.empty(0)
        self.n_due = 0
        self._n_clusters = 0
        self._state: Any = None
        self._at = 0

    def renew(self, state: Any, data: Any) -> None:
        """Go on through the sample, with the clusters of `state`, for what is left of the second's allowance."""
        K, F = state.centres_kf.shape
        if self._n_clusters != K:
            self._begin(K, len(data))
        if state is not self._state:
            self._state, self.n_due = state, len(self.rows)
        while self.n_due and self.allowance.is_left():
            with self.allowance.spent():
                self._renew_block(int(np.clip(_BLOCK_NUMBERS // (K * F), _MIN_BLOCK, _MAX_BLOCK)), data)
            if self._is_steady:
                return

    def _renew_block(self, n: int, data: Any) -> None:
        block = slice(self._at, min(self._at + n, len(self.rows)))
        found = nearest(self._state, data.take(self.rows[block]))
        self.labels[block], self.distances[block] = found.labels_b, np.sqrt(found.distances_b)
        self.n_due = max(self.n_due - (block.stop - block.start), 0)
        self._at = block.stop % len(self.rows)

    def _begin(self, K: int, n_rows: int) -> None:
        n = min(n_rows, max(MIN_SAMPLE, ROWS_A_CLUSTER * K))
        self._n_clusters, self._at, self._state = K, 0, None
        self.rows = np.arange(n) * n_rows // n if self._given is None else self._given
        n = len(self.rows)
        self.labels = np.full(n, -1, np.int32)
        self.distances = np.full(n, np.inf)

    def of(self, cluster: int) -> list[int]:
        """Return places in the sample of a cluster's members, those nearest to its centre first."""
        places = np.flatnonzero(self.labels == cluster)
        return [int(place) for place in places[np.argsort(self.distances[places], kind="stable")]]

    @property
    def n_known(self) -> int:
        """Rows of the sample whose cluster is known."""
        return int((self.labels >= 0).sum())


def stable_choice(previous: Sequence[int], members: Sequence[int], n: int) -> list[int]:
    """Return `n` of `members`: those of `previous` in their places while they are members, in free places the first."""
    present = set(members)
    held = [one if one in present else None for one in previous[:n]]
    fresh = iter([one for one in members if one not in held])
    filled = [next(fresh, None) if one is None else one for one in held]
    chosen = [one for one in filled if one is not None]
    return chosen + [one for one, _ in zip(fresh, range(n - len(chosen)), strict=False)]
