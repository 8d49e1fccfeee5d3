"""The dictionary of NMF: what is known of it, and how it learns from the codes of a minibatch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixviz.factor_metrics import Codes
from mixviz.kernels.updates.reference import Push
from mixviz.mixins import Weighted
from mixviz.models.places import Processor
from mixviz.types import FloatArray, set_read_only

ROUNDS = 3
"""Rounds of coordinate descent that the dictionary makes a step, Frobenius."""
LEAST = 1e-3
"""Kullback-Leibler: no entry of the dictionary falls below this part of an equal share, so that it can come back."""
f4 = np.float32


@dataclass(frozen=True, slots=True, eq=False)
class NMFState:
    """All that NMF has learnt.

    Attributes
    ----------
    phi_vk : ndarray of float32, shape (V, K)
        The dictionary W: share of each feature in each part; every column sums to 1, as LDA's topics do.
    size_k : ndarray of float32, shape (K,)
        Running mean of a row's codes: how much of a row comes from each part.
    gram_kk, cross_vk : ndarray of float32, shapes (K, K) and (V, K)
        Running means of ``h h^T`` and ``x h^T``, A and B of Mairal et al. 2010. Empty with the Kullback-Leibler loss,
        where the dictionary itself is the running mean.
    row_length : float
        Running root mean square of the rows' lengths, the unit of `l1_codes`. Frobenius only.
    l1_codes : float
        That control at the latest step.
    step, seed : int
        Minibatches seen, and with them the key of all randomness.
    """

    phi_vk: FloatArray
    size_k: FloatArray
    gram_kk: FloatArray
    cross_vk: FloatArray
    row_length: float
    l1_codes: float
    step: int
    seed: int

    def __post_init__(self) -> None:
        set_read_only(self.phi_vk, self.size_k, self.gram_kk, self.cross_vk)

    @property
    def loss(self) -> str:
        """The loss that the state was made for."""
        return "frobenius" if len(self.gram_kk) else "kullback-leibler"

    @property
    def components_kf(self) -> FloatArray:
        """The parts as rows, shape (K, V): what panels of images show."""
        return self.phi_vk.T

    @property
    def share_k(self) -> FloatArray:
        """How much of all rows comes from each part, shape (K,); they sum to 1, or are all 0."""
        return np.asarray(self.size_k / max(self.size_k.sum(), np.finfo(f4).tiny))

    @property
    def alpha(self) -> float:
        """1/2: where :func:`mixviz.metrics.infer_topics` finds a document's topics as NMF would, without a prior."""
        return 0.5


def learn_squared(place: Processor, state: NMFState, data: Any, found: Codes, rho: float, mixins: Weighted) -> NMFState:
    """Average the statistics, then descend from the dictionary as it is (Mairal et al. 2010, algorithm 2).

    Columns are scaled to sum to 1, and the statistics with them, which changes no product.
    """
    xp, factors, sum_columns = place.xp, place.kernels("factors"), place.kernels("updates").sum_columns
    keep, gain, h = f4(1 - rho), f4(rho / max(data.shape[0], 1)), found.codes_nk
    gram_kk = keep * state.gram_kk + gain * factors.gram(h)
    cross_vk = keep * state.cross_vk + gain * factors.multiply_transposed(data, h)
    phi = factors.descend(state.phi_vk, cross_vk, gram_kk, xp.zeros(len(gram_kk), f4), ROUNDS)
    sums = sum_columns(phi)
    scales = xp.where(sums > 0, sums, 1).astype(f4)
    phi = xp.where(sums > 0, phi, state.phi_vk) / scales
    size_k = scales * (keep * state.size_k + gain * sum_columns(h).astype(f4))
    length = xp.sqrt((1 - rho) * state.row_length**2 + float(gain) * factors.squares(data).sum())
    return replace(
        state, phi_vk=place.pushed(phi, mixins, 0.0), size_k=size_k, gram_kk=gram_kk * xp.outer(scales, scales),
        cross_vk=cross_vk * scales, row_length=place.number(length),
    )  # fmt: skip


def learn_divergent(
    place: Processor, state: NMFState, data: Any, found: Codes, rho: float, mixins: Weighted
) -> NMFState:
    """Average the expected counts into the dictionary: LDA's update, without a prior."""
    xp, (V, K) = place.xp, state.phi_vk.shape
    scale = rho / max(data.shape[0], 1)
    updates = place.kernels("updates")
    sizes = (1 - rho) * state.size_k + scale * updates.sum_columns(found.sums_wk[:, :K])
    is_used = sizes > 0
    keep = xp.where(is_used, (1 - rho) * state.size_k / xp.where(is_used, sizes, 1), 1).astype(f4)
    gain = xp.where(is_used, scale / xp.where(is_used, sizes, 1), 0).astype(f4)
    push = Push(**{mixin.name: rho * size for mixin, size in mixins if mixin.is_built_in})
    least = xp.full(K, LEAST / V, f4)
    phi = updates.update_words(state.phi_vk, found.rank_v, found.sums_wk, keep, gain, 0 * least, least, push)
    phi = place.pushed(phi, [(mixin, rho * size) for mixin, size in mixins if not mixin.is_built_in], LEAST / V)
    return replace(state, phi_vk=phi, size_k=sizes.astype(f4))
