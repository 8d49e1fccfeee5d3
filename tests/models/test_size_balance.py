"""Size balance against exact assignments on small problems, the centres being the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from mixviz.kernels.assign.cpu import assign
from mixviz.models.kmeans import KMeans

N, K = 240, 4


class Outcome(NamedTuple):
    labels: Any
    sizes: Any
    cost: float


def exact(costs: Any, sizes: Any) -> Outcome:
    """Return the cheapest assignment to clusters of these sizes."""
    places = np.repeat(np.arange(K), sizes)
    rows, columns = linear_sum_assignment(costs[:, places])
    return Outcome(places[columns], np.asarray(sizes), float(costs[rows, places[columns]].sum()))


def balanced(model: KMeans, x: Any, **changes: float) -> tuple[Any, Outcome]:
    """Take steps over all rows, the centres held where they are; return the shares and whose row is whose then."""
    data, start = model.as_dataset(x), model.state_
    values = {control.name: control.value for control in model.controls(data)} | changes
    state, batch = start, data.take(np.arange(N))
    for _ in range(2000):
        state, _ = model.step(state, batch, values)
        state = replace(state, centres_kf=start.centres_kf, distance=start.distance)
    offsets = changes["size_weight"] * state.distance * K * state.share_k
    found = assign(x, state.centres_kf, state.weight_f, offsets.astype(np.float32))
    sizes = np.bincount(found.labels_b, minlength=K)
    return state.share_k, Outcome(found.labels_b, sizes, float(found.distances_b.sum(dtype=np.float64)))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sizes_and_cost_approach_those_of_the_exact_balanced_assignment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.normal(0, 3, (K, 2))[rng.choice(K, N, p=[0.55, 0.25, 0.15, 0.05])]
    x = (groups + rng.normal(size=(N, 2))).astype(np.float32)
    model = KMeans(K, random_state=seed, max_iter=20).fit(x)
    costs = ((x[:, None].astype(float) - model.cluster_centers_) ** 2).sum(axis=2)
    best, plain = exact(costs, [N // K] * K), costs.min(axis=1).sum()
    unevenness, excess = [np.bincount(model.labels_, minlength=K).std()], [best.cost - plain]
    for weight, rate in ((1.0, 0.01), (10.0, 0.01), (100.0, 0.001)):
        shares, found = balanced(model, x, size_weight=weight, size_rate=rate)
        np.testing.assert_allclose(shares * N, found.sizes, atol=4)
        assert found.cost == pytest.approx(exact(costs, found.sizes).cost, rel=1e-5), "none of these sizes is cheaper"
        unevenness.append(found.sizes.std())
        excess.append(best.cost - found.cost)
    assert unevenness == sorted(unevenness, reverse=True)
    assert excess == sorted(excess, reverse=True)
    assert unevenness[-1] < 0.15 * unevenness[0]
    assert excess[-1] < 0.25 * excess[0]
    assert (found.labels == best.labels).mean() > 0.94
