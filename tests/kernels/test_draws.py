"""Every sampler against its exact distribution, with a million draws, and against the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats
from scipy.special import digamma

from mixviz.kernels.draws import cpu, reference
from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.philox.reference import halves
from mixviz.kernels.simd import LANES, as_bits, kernel, load, splat, store

N = 1_000_000
SEED = 11
LEAST_P = 1e-4
"""Each test would fail by chance once in ten thousand seeds; the seed is fixed."""


@kernel
def _exp_minus(x: Any, out: Any) -> None:
    for i in range(0, x.size, LANES):
        store(out, i, cpu.exp_minus(load(x, i)))


@kernel
def _log(x: Any, out: Any) -> None:
    for i in range(0, x.size, LANES):
        store(out, i, cpu.log(load(x, i)))


@kernel
def _exp_digamma(x: Any, out: Any) -> None:
    for i in range(0, x.size, LANES):
        store(out, i, cpu.exp_digamma(load(x, i)))


@kernel
def _normal(x: Any, out: Any) -> None:
    for i in range(0, x.size, LANES):
        store(out, i, cpu.normal(as_bits(load(x, i))))


@kernel
def _poisson(mean: Any, out: Any, step: int, k0: int, k1: int) -> None:
    for i in range(0, out.size, LANES):
        words = philox(5, step, i, 0, k0, k1)
        store(out, i, cpu.poisson(splat(mean), words[0]))


@kernel
def _gamma(shape: Any, out: Any, step: int, k0: int, k1: int) -> None:
    for i in range(0, out.size, LANES):
        words = philox(5, step, i, 0, k0, k1)
        store(out, i, cpu.gamma(splat(shape), words, (5, step, i, 0, k0, k1)))


def _applied(function: Callable[..., None], x: Any) -> Any:
    out = np.full_like(x, np.nan)
    function(x, out)
    return out.astype(float)


def _drawn(function: Callable[..., None], parameter: float, n: int = N, step: int = 3) -> Any:
    out = np.full(n, np.nan, np.float32)
    function(np.float32(parameter), out, step, *halves(SEED))
    return out.astype(float)


def _counter(n: int, step: int = 3) -> Any:
    return 5, step, np.arange(n), 0


def test_exp_and_log() -> None:
    x = np.geomspace(1e-6, 80, 160_000, dtype=np.float32)
    np.testing.assert_allclose(_applied(_exp_minus, x), np.exp(-x.astype(float)), rtol=3e-7)
    assert _applied(_exp_minus, np.full(LANES, 1e6, np.float32))[0] < 1e-37
    x = np.geomspace(1e-30, 1e30, 160_000, dtype=np.float32)
    np.testing.assert_allclose(_applied(_log, x), np.log(x.astype(float)), rtol=3e-7, atol=3e-7)


def test_exp_digamma() -> None:
    x = np.geomspace(0.015, 1e8, 160_000, dtype=np.float32)
    np.testing.assert_allclose(_applied(_exp_digamma, x), np.exp(digamma(x.astype(float))), rtol=2e-5)
    usual = x[x > 0.2][: 16 * 5000]
    np.testing.assert_allclose(_applied(_exp_digamma, usual), np.exp(digamma(usual.astype(float))), rtol=3e-6)


def test_normal() -> None:
    bits = np.linspace(0, 2**32 - 1, 160_000).astype(np.uint32)
    z = _applied(_normal, bits.view(np.float32))
    exact = reference.normal(bits)
    inside = np.abs(exact) < 5
    np.testing.assert_allclose(z[inside], exact[inside], atol=2e-6)
    np.testing.assert_allclose(z, exact, atol=3e-3)


MEANS = [0.001, 0.01, 0.1, 0.5, 1, 3, 7, 11.9, 12.1, 15, 30, 100, 1e3, 1e4, 1e5]


@pytest.mark.parametrize("mean", MEANS)
def test_poisson_distribution(mean: float) -> None:
    drawn, law = _drawn(_poisson, mean), scipy.stats.poisson(float(np.float32(mean)))
    low, high = int(law.ppf(1e-4)), int(law.isf(1e-4)) + 1
    edges = np.arange(low, high + 1, max(1, (high - low) // 60))
    expected = np.diff([0, *law.cdf(edges), 1]) * N
    counts = np.bincount(np.searchsorted(edges, drawn), minlength=len(expected))
    tested = expected > 5
    statistic = ((counts - expected)[tested] ** 2 / expected[tested]).sum()
    assert scipy.stats.chi2.sf(statistic, tested.sum() - 1) > LEAST_P


@pytest.mark.parametrize("mean", [0.0, *MEANS])
def test_poisson_agrees_with_the_reference(mean: float) -> None:
    n = 16_000
    drawn = _drawn(_poisson, mean, n)
    exact = reference.poisson(np.full(n, np.float32(mean), float), _counter(n), SEED)
    assert (drawn != exact).mean() < 5e-4 + 5e-8 * mean  # float32 holds fewer digits of a larger mean
    assert np.abs(drawn - exact).max() <= 1


def test_poisson_of_nan_is_nan_and_ends() -> None:
    assert np.isnan(_drawn(_poisson, np.nan, LANES)).all()


SHAPES = [0.1, 0.5, 0.99, 1, 1.5, 3, 10, 100, 999, 1001, 1e5]


@pytest.mark.parametrize("shape", SHAPES)
def test_gamma_distribution(shape: float) -> None:
    drawn = np.maximum(_drawn(_gamma, shape), 1e-30)
    assert scipy.stats.kstest(drawn, scipy.stats.gamma(float(np.float32(shape))).cdf).pvalue > LEAST_P


@pytest.mark.parametrize("shape", SHAPES)
def test_gamma_agrees_with_the_reference(shape: float) -> None:
    n = 16_000
    drawn = _drawn(_gamma, shape, n)
    exact = reference.gamma(np.full(n, np.float32(shape), float), _counter(n), SEED)
    is_apart = np.abs(drawn - exact) > 1e-4 * exact + 1e-6
    assert is_apart.mean() < 2e-3


def test_gamma_of_nan_is_nan_and_ends() -> None:
    assert np.isnan(_drawn(_gamma, np.nan, LANES)).all()


def test_a_function_of_vectors_called_from_python_says_that_it_is_for_kernels() -> None:
    with pytest.raises(TypeError, match="exp_digamma takes vectors and can only be called from a kernel"):
        cpu.exp_digamma(2.0)
