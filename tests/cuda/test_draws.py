"""Draws of the CUDA source against exact distributions, and against the reference with the same counters."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.stats
from scipy.special import digamma

from mixviz.kernels.draws import reference
from mixviz.kernels.launch import KERNELS
from mixviz.kernels.philox.reference import halves, philox
from tests.cuda.twin import Twin

pytestmark = pytest.mark.usefixtures("fake_gpu")
SOURCE = """
#include "draws/gpu.cuh"

__device__ inline unsigned place() { return blockIdx.x * blockDim.x + threadIdx.x; }

extern "C" __global__ void bits(unsigned entity, unsigned step, unsigned draw, unsigned stream, unsigned k0,
                                unsigned k1, unsigned* out) {
    const uint4 words = philox(entity, step, draw + place(), stream, k0, k1);
    unsigned* own = out + 4 * place();
    own[0] = words.x, own[1] = words.y, own[2] = words.z, own[3] = words.w;
}

extern "C" __global__ void functions(const float* x, const unsigned* bits, int n, float* minus, float* digamma,
                                     float* quantile) {
    const int i = place();
    if (i >= n) return;
    minus[i] = exp_minus(x[i]);
    digamma[i] = exp_digamma(x[i]);
    quantile[i] = normal(bits[i]);
}

extern "C" __global__ void draws(float parameter, unsigned step, unsigned k0, unsigned k1, int n, float* counts,
                                 float* gammas) {
    const unsigned i = place();
    if (i >= n) return;
    const Counter at = {5, step, i, 0, k0, k1};
    const uint4 words = philox(at, 0);
    counts[i] = poisson(parameter, words.x);
    gammas[i] = gamma_draw(parameter, words, at);
}
"""
SEED = 11 + (3 << 32)
N = 200_000
LEAST_P = 1e-4
"""Each test would fail by chance once in ten thousand seeds; the seed is fixed."""
f4, u4 = np.float32, np.uint32


@cache
def _twin() -> Twin:
    return Twin(SOURCE, (f"-I{KERNELS}",), "draws.cu")


@cache
def _drawn(parameter: float, n: int = N) -> Any:
    """Return Poisson and gamma draws of this mean, or shape."""
    out = np.full((2, n), np.nan, f4)
    keys = map(u4, halves(SEED))
    _twin().launch("draws", -(-n // 256), 256, (f4(parameter), u4(3), *keys, np.int32(n), *out))
    return out.astype(float)


def _counter(n: int) -> Any:
    return 5, 3, np.arange(n), 0


@pytest.mark.parametrize(
    ("entity", "step", "draw", "stream", "seed"),
    [(0, 0, 0, 0, 0), (7, 3, 160, 1 << 16, 12345), (2**32 - 1, 2**31, 2**32 - 20, 5, 2**64 - 1)],
)
def test_the_bits_are_those_of_the_reference(entity: int, step: int, draw: int, stream: int, seed: int) -> None:
    out = np.zeros((64, 4), u4)
    _twin().launch("bits", 2, 32, (*map(u4, (entity, step, draw, stream, *halves(seed))), out))
    counter = np.array([[entity, step, (draw + i) % 2**32, stream] for i in range(64)], u4)
    np.testing.assert_array_equal(out, philox(counter, halves(seed)))


def test_functions() -> None:
    n = 160_000
    x, bits = np.geomspace(0.015, 1e8, n, dtype=f4), np.linspace(0, 2**32 - 1, n).astype(u4)
    minus, gamma, quantile = np.full((3, n), np.nan, f4)
    _twin().launch("functions", -(-n // 256), 256, (x, bits, np.int32(n), minus, gamma, quantile))
    np.testing.assert_allclose(minus, np.exp(-np.minimum(x.astype(float), 87)), rtol=3e-7)
    np.testing.assert_allclose(gamma, np.exp(digamma(x.astype(float))), rtol=2e-5)
    exact = reference.normal(bits)
    np.testing.assert_allclose(quantile[np.abs(exact) < 5], exact[np.abs(exact) < 5], atol=2e-6)
    np.testing.assert_allclose(quantile, exact, atol=3e-3)


@pytest.mark.parametrize("mean", [0.01, 0.5, 3, 11.9, 12.1, 100, 1e4])
def test_poisson_distribution(mean: float) -> None:
    drawn, law = _drawn(mean)[0], scipy.stats.poisson(float(f4(mean)))
    low, high = int(law.ppf(1e-4)), int(law.isf(1e-4)) + 1
    edges = np.arange(low, high + 1, max(1, (high - low) // 60))
    expected = np.diff([0, *law.cdf(edges), 1]) * N
    counts = np.bincount(np.searchsorted(edges, drawn), minlength=len(expected))
    tested = expected > 5
    statistic = ((counts - expected)[tested] ** 2 / expected[tested]).sum()
    assert scipy.stats.chi2.sf(statistic, tested.sum() - 1) > LEAST_P


@pytest.mark.parametrize("mean", [0.0, 1e-13, 0.01, 0.5, 3, 11.9, 12.1, 100, 1e4, 1e5])
def test_poisson_agrees_with_the_reference(mean: float) -> None:
    n = 100_000
    drawn = _drawn(mean, n)[0]
    exact = reference.poisson(np.full(n, f4(mean), float), _counter(n), SEED)
    assert (drawn != exact).mean() < 5e-4 + 5e-8 * mean  # float32 holds fewer digits of a larger mean
    assert np.abs(drawn - exact).max() <= 1


@pytest.mark.parametrize("shape", [0.1, 0.99, 1, 3, 100, 1001, 1e5])
def test_gamma_distribution(shape: float) -> None:
    drawn = np.maximum(_drawn(shape)[1], 1e-30)
    assert scipy.stats.kstest(drawn, scipy.stats.gamma(float(f4(shape))).cdf).pvalue > LEAST_P


@pytest.mark.parametrize("shape", [0.1, 0.5, 1, 1.5, 10, 999, 1001])
def test_gamma_agrees_with_the_reference(shape: float) -> None:
    n = 16_000
    drawn = _drawn(shape, n)[1]
    exact = reference.gamma(np.full(n, f4(shape), float), _counter(n), SEED)
    assert (np.abs(drawn - exact) > 1e-4 * exact + 1e-6).mean() < 2e-3


def test_nan_stays_and_ends() -> None:
    assert np.isnan(_drawn(np.nan, 32)).all()
