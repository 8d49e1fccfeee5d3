"""Draws in float32 for Numba kernels, 16 at a time: plain arithmetic, no call to the C library."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.kernels.philox.cpu import philox
from mixviz.kernels.simd import (
    as_bits,
    as_floats,
    floor,
    helper,
    is_any,
    least,
    most,
    select,
    splat,
    sqrt,
    to_bits,
    to_floats,
)

f4, u4 = np.float32, np.uint32
POISSON_SWITCH = 12.0
"""Mean above which Poisson draws use the normal quantile with corrections instead of counting."""
MOST_ATTEMPTS = 100
"""A gamma candidate is refused one time in twenty at worst: so many refusals in a row mean the shape is NaN."""
_GAMMA_SURE = 1000.0
_LOG2E, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.693359375, -2.12194440e-4


@helper
def polynomial(x: Any, coefficients: Any) -> Any:
    """Return the polynomial with `coefficients`, highest power first, at `x`."""
    p = splat(f4(0.0))
    for c in coefficients:
        p = p * x + f4(c)
    return p


_EXP = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1.0, 1.0)
_LOG = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1, -0.5, 1.0, 0.0,
)  # fmt: skip
_NORMAL_CENTRE = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
)  # fmt: skip
_NORMAL_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
)  # fmt: skip


@helper
def exp_minus(x: Any) -> Any:
    """Return ``exp(-x)`` for x of at least 0, cut off at ``exp(-87)`` (Cephes expf)."""
    t = least(x, f4(87.0))
    n = to_bits(t * f4(_LOG2E) + f4(0.5))
    whole = to_floats(n)
    r = whole * f4(_LN2_HIGH) - t + whole * f4(_LN2_LOW)
    return polynomial(r, _EXP) * as_floats((u4(127) - n) << u4(23))


@helper
def log(x: Any) -> Any:
    """Return ``log(x)`` for normal positive x (Cephes logf)."""
    bits = as_bits(x) + u4(0x3F800000 - 0x3F3504F3)
    whole = to_floats(bits >> u4(23)) - f4(127.0)
    r = as_floats((bits & u4(0x7FFFFF)) + u4(0x3F3504F3)) - f4(1.0)
    return whole * f4(_LN2_HIGH) + (whole * f4(_LN2_LOW) + polynomial(r, _LOG))


@helper
def exp_digamma(x: Any) -> Any:
    """Return ``exp(digamma(x))`` for x > 0, relative error below 2e-5 where it exceeds 1e-30.

    digamma(x) = digamma(x + 4) - sum of 1 / (x + i), i = 0..3, and exp(digamma(y + 1/2)) has the asymptotic series
    y + 1 / 24y - 37 / 5760y^3 + 10313 / 2903040y^5.
    """
    q = x * (x + f4(3.0))
    shift = (x + x + f4(3.0)) * (q + q + f4(2.0)) / (q * (q + f4(2.0)))
    y = x + f4(3.5)
    v = f4(1.0) / y
    w = v * v
    series = y + v * (f4(1 / 24) + w * (f4(-37 / 5760) + w * f4(10313 / 2903040)))
    return series * exp_minus(shift)


@helper
def uniform(bits: Any) -> Any:
    """Return uniform numbers in (0, 1], exact near zero."""
    return to_floats(bits) * f4(2.0**-32) + f4(2.0**-33)


@helper
def normal(bits: Any) -> Any:
    """Return the normal numbers whose upper tails are ``uniform(bits)`` (Giles, GPU Computing Gems 2011, ch. 10)."""
    is_upper = bits < u4(0x80000000)
    tail = uniform(select(is_upper, bits, bits ^ u4(0xFFFFFFFF)))
    w = f4(0.0) - log(f4(4.0) * tail * (f4(1.0) - tail))
    centre = polynomial(w - f4(2.5), _NORMAL_CENTRE)
    far = polynomial(sqrt(most(w, f4(0.0))) - f4(3.0), _NORMAL_TAIL)
    z = select(w < f4(5.0), centre, far) * (f4(1.4142135623730951) - f4(2 * 1.4142135623730951) * tail)
    return select(is_upper, z, f4(0.0) - z)


@helper
def poisson(mean: Any, bits: Any) -> Any:
    """Return Poisson draws by inversion: the smallest n with ``P(X > n) <= uniform(bits)``, for means up to 1e7.

    Up to a mean of 12 exactly, by counting; above, by the normal quantile with three corrections (Giles, ACM TOMS
    42(1), 2016, eq. 12), where a draw is off by one with a probability below 5e-4, or 5e-8 times the mean.
    """
    is_small = mean < f4(POISSON_SWITCH)
    large = _poisson_large(most(mean, f4(1.0)), normal(bits))
    if not is_any(is_small):
        return large
    return select(is_small, _poisson_small(select(is_small, mean, f4(0.0)), uniform(bits)), large)


@helper
def _poisson_large(mean: Any, z: Any) -> Any:
    root = sqrt(mean)
    z2 = z * z
    first = (f4(-1 / 36) - f4(1 / 72) * z2) * z
    second = f4(-8 / 405) + z2 * (f4(7 / 810) + f4(1 / 270) * z2)
    return floor(most(mean + root * z + (f4(1 / 3) + f4(1 / 6) * z2) + (first + second / root) / root, f4(0.0)))


@helper
def _poisson_small(mean: Any, tail: Any) -> Any:
    """Count how many of P(X > 0), P(X > 1), ... exceed `tail`."""
    term = exp_minus(mean)
    series = mean * (f4(1.0) - mean * (f4(0.5) - mean * (f4(1 / 6) - mean * f4(1 / 24))))
    survival = select(mean < f4(0.06), series, f4(1.0) - term)
    count, n = splat(f4(0.0)), f4(0.0)
    is_above = tail < survival
    while is_any(is_above):
        n += f4(1.0)
        count = count + select(is_above, splat(f4(1.0)), f4(0.0))
        term = term * mean * f4(f4(1.0) / n)
        survival = survival - term
        is_above = (tail < survival) & (term > f4(1e-12))
    return count


@helper
def _candidate(shape: Any, z: Any, u: Any) -> Any:
    """Return a candidate of Marsaglia and Tsang (ACM TOMS 26(3), 2000), shape >= 1, negative where it is refused.

    Above 1000 fewer than one candidate in ten thousand would be refused, less than float32 resolves: all pass.
    """
    d = shape - f4(1 / 3)
    root = f4(1.0) + z / sqrt(f4(9.0) * d)
    v = most(root * root * root, f4(1e-20))
    limit = f4(0.5) * z * z + d * (f4(1.0) - v + log(v))
    is_accepted = (root > f4(0.0)) & ((log(u) < limit) | (d > f4(_GAMMA_SURE)))
    return select(is_accepted, d * v, f4(-1.0))


@helper
def gamma(shape: Any, words: Any, counter: Any) -> Any:
    """Return gamma draws of scale 1 (Marsaglia and Tsang, below shape 1 with their boost); NaN for a shape of NaN.

    `words` are the random bits of `counter` = (entity, step, draw, stream, k0, k1): word 1 makes the normal number,
    2 decides on acceptance, 3 is the boost. Lanes refused draw again from stream + 1, stream + 2, ...
    """
    _, w1, w2, w3 = words
    entity, step, draw, stream, k0, k1 = counter
    is_boosted = shape < f4(1.0)
    raised = select(is_boosted, shape + f4(1.0), shape)
    drawn = _candidate(raised, normal(w1), uniform(w2))
    attempt = 0
    while is_any(drawn < f4(0.0)):
        attempt += 1
        if attempt > MOST_ATTEMPTS:
            return select(drawn < f4(0.0), splat(f4(np.nan)), drawn)
        w1, w2, _, _ = philox(entity, step, draw, stream + attempt, k0, k1)
        drawn = select(drawn < f4(0.0), _candidate(raised, normal(w1), uniform(w2)), drawn)
    if is_any(is_boosted):
        boost = exp_minus((f4(0.0) - log(uniform(w3))) / shape)
        drawn = select(is_boosted, drawn * boost, drawn)
    return drawn
