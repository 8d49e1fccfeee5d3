"""Draws in float32 for Numba kernels: straight arithmetic, 16 lanes at a time, no call to the C library.

Numba has no vector exp or log, hence the polynomials. `poisson_block` and `gamma_block` work on the rows of one scratch
array: with a single base address LLVM sees that the rows do not overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.simd import LANES, kernel

f4, i4, u4 = np.float32, np.int32, np.uint32
POISSON_SWITCH = f4(12.0)
"""Mean above which Poisson draws use the normal quantile with corrections instead of counting."""
_GAMMA_SURE = f4(1000.0)
MOST_ATTEMPTS = 100
"""A candidate is refused one time in twenty at worst: so many refusals in a row mean the shape is NaN."""
_SMALLEST_TERM = f4(1e-12)
_LOG2E = f4(1.4426950408889634)
_LN2_HIGH, _LN2_LOW = f4(0.693359375), f4(-2.12194440e-4)


@kernel
def exp_minus(x: Any) -> Any:
    """Return ``exp(-x)`` for x >= 0, zero beyond 87 (Cephes expf coefficients)."""
    t = min(f4(x), f4(87.0))
    n = i4(t * _LOG2E + f4(0.5))
    r = f4(n) * _LN2_HIGH + f4(n) * _LN2_LOW - t
    p = f4(1.9875691500e-4) * r + f4(1.3981999507e-3)
    p = p * r + f4(8.3334519073e-3)
    p = p * r + f4(4.1665795894e-2)
    p = p * r + f4(1.6666665459e-1)
    p = p * r + f4(5.0000001201e-1)
    p = p * r * r + r + f4(1.0)
    return p * f4(i4((i4(127) - n) << i4(23)).view(np.float32))


@kernel
def log(x: Any) -> Any:
    """Return ``log(x)`` for normal positive x (Cephes logf coefficients)."""
    bits = f4(x).view(np.int32) - i4(0x3F3504F3)
    n = bits >> i4(23)
    r = f4(i4((bits & i4(0x7FFFFF)) + i4(0x3F3504F3)).view(np.float32)) - f4(1.0)
    p = f4(7.0376836292e-2) * r - f4(1.1514610310e-1)
    p = p * r + f4(1.1676998740e-1)
    p = p * r - f4(1.2420140846e-1)
    p = p * r + f4(1.4249322787e-1)
    p = p * r - f4(1.6668057665e-1)
    p = p * r + f4(2.0000714765e-1)
    p = p * r - f4(2.4999993993e-1)
    p = p * r + f4(3.3333331174e-1)
    z = r * r
    return r + (p * r * z + f4(n) * _LN2_LOW - f4(0.5) * z) + f4(n) * _LN2_HIGH


@kernel
def exp_digamma(x: Any) -> Any:
    """Return ``exp(digamma(x))`` for x > 0, relative error below 2e-5 where it exceeds 1e-30.

    digamma(x) = digamma(x + 4) - sum of 1 / (x + i), i = 0..3, and exp(digamma(y + 1/2)) has the asymptotic series
    y + 1 / 24y - 37 / 5760y^3 + 10313 / 2903040y^5.
    """
    x = f4(x)
    q = x * (x + f4(3.0))
    shift = (f4(2.0) * x + f4(3.0)) * f4(2.0) * (q + f4(1.0)) / (q * (q + f4(2.0)))
    y = x + f4(3.5)
    v = f4(1.0) / y
    w = v * v
    series = y + v * (f4(1 / 24) + w * (f4(-37 / 5760) + w * f4(10313 / 2903040)))
    return series * exp_minus(shift)


@kernel
def uniform(bits: Any) -> Any:
    """Return the uniform number of `bits`, in (0, 1], exact near zero."""
    return f4(bits) * f4(2.0**-32) + f4(2.0**-33)


@kernel
def normal(bits: Any) -> Any:
    """Return the normal number whose upper tail is ``uniform(bits)`` (Giles, GPU Computing Gems 2011, ch. 10)."""
    is_upper = bits < u4(0x80000000)
    half = bits if is_upper else u4(bits ^ u4(0xFFFFFFFF))
    tail = f4(half) * f4(2.0**-32) + f4(2.0**-33)
    w = -log(f4(4.0) * tail * (f4(1.0) - tail))
    c = w - f4(2.5)
    p = f4(2.81022636e-08) * c + f4(3.43273939e-07)
    p = p * c - f4(3.5233877e-06)
    p = p * c - f4(4.39150654e-06)
    p = p * c + f4(0.00021858087)
    p = p * c - f4(0.00125372503)
    p = p * c - f4(0.00417768164)
    p = p * c + f4(0.246640727)
    p = p * c + f4(1.50140941)
    t = np.sqrt(max(w, f4(0.0))) - f4(3.0)
    q = f4(-0.000200214257) * t + f4(0.000100950558)
    q = q * t + f4(0.00134934322)
    q = q * t - f4(0.00367342844)
    q = q * t + f4(0.00573950773)
    q = q * t - f4(0.0076224613)
    q = q * t + f4(0.00943887047)
    q = q * t + f4(1.00167406)
    q = q * t + f4(2.83297682)
    magnitude = (p if w < f4(5.0) else q) * (f4(1.0) - f4(2.0) * tail) * f4(1.4142135623730951)
    return magnitude if is_upper else -magnitude


@kernel
def poisson_large(mean: Any, z: Any) -> Any:
    """Return the Poisson draw at normal quantile `z`, mean above 12 (Giles, ACM TOMS 42(1), 2016, eq. 12)."""
    root = np.sqrt(mean)
    z2 = z * z
    first = (f4(-1 / 36) - f4(1 / 72) * z2) * z
    second = f4(-8 / 405) + z2 * (f4(7 / 810) + f4(1 / 270) * z2)
    x = mean + root * z + (f4(1 / 3) + f4(1 / 6) * z2) + (first + second / root) / root
    return np.floor(max(x, f4(0.0)))


@kernel
def poisson_block(work: Any, mean: Any, tail: Any, z: Any, out: Any, free: Any) -> None:
    """Draw 16 Poisson numbers by inversion: rows of `work` named by the other arguments; uses rows free, free + 1.

    `tail` holds P(X > draw) level uniforms, `z` the normal numbers of the same bits.
    """
    survival, term = free, free + 1
    for i in range(LANES):
        x = work[mean, i]
        is_small = x < POISSON_SWITCH
        p = exp_minus(x)
        s = x * (f4(1.0) - x * (f4(0.5) - x * (f4(1 / 6) - x * f4(1 / 24))))
        work[term, i] = p
        work[survival, i] = (s if x < f4(0.06) else f4(1.0) - p) if is_small else f4(0.0)
        work[out, i] = f4(0.0) if is_small else poisson_large(max(x, f4(1.0)), work[z, i])
    n = f4(0.0)
    n_alive = 1
    while n_alive > 0:
        n += f4(1.0)
        inverse = f4(1.0) / n
        n_alive = 0
        for i in range(LANES):
            is_above = (work[tail, i] < work[survival, i]) & (work[term, i] > _SMALLEST_TERM)
            n_alive += i4(is_above)
            work[out, i] += f4(is_above)
            work[term, i] *= work[mean, i] * inverse
            work[survival, i] -= work[term, i]


@kernel
def _accepts(shape: Any, z: Any, u: Any) -> Any:
    """Return the test of Marsaglia and Tsang (ACM TOMS 26(3), 2000) and the draw it judges, shape >= 1.

    Above 1000 fewer than one candidate in ten thousand would be refused, less than float32 resolves: all pass.
    """
    d = shape - f4(1 / 3)
    root = f4(1.0) + z / np.sqrt(f4(9.0) * d)
    v = max(root * root * root, f4(1e-20))
    limit = f4(0.5) * z * z + d * (f4(1.0) - v + log(v))
    return (root > f4(0.0)) & ((log(u) < limit) | (d > _GAMMA_SURE)), d * v


@kernel
def gamma_block(work: Any, shape: Any, z: Any, u: Any, boost: Any, out: Any, counter: Any) -> None:
    """Draw 16 gamma numbers of scale 1 (Marsaglia and Tsang): rows of `work` named by the arguments.

    Lanes refused at first are drawn again one by one, from counters (entity, step, draw + lane, stream + attempt).
    A shape of NaN gives NaN.
    """
    n_refused = 0
    for i in range(LANES):
        a = work[shape, i]
        is_accepted, g = _accepts(a if a >= f4(1.0) else a + f4(1.0), work[z, i], work[u, i])
        work[out, i] = g if is_accepted else f4(-1.0)
        n_refused += i4(not is_accepted)
    if n_refused > 0:
        entity, step, draw, stream, k0, k1 = counter
        for i in range(LANES):
            a = work[shape, i]
            attempt = 0
            while work[out, i] < f4(0.0) and attempt < MOST_ATTEMPTS:
                attempt += 1
                w0, w1, _, _ = philox(entity, step, draw + i, stream + attempt, k0, k1)
                is_accepted, g = _accepts(a if a >= f4(1.0) else a + f4(1.0), normal(w0), uniform(w1))
                if is_accepted:
                    work[out, i] = g
            if work[out, i] < f4(0.0):
                work[out, i] = f4(np.nan)
    for i in range(LANES):
        a = work[shape, i]
        if a < f4(1.0):
            work[out, i] *= exp_minus(-log(work[boost, i]) / a)
