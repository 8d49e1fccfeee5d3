"""Draws in NumPy and SciPy, in double precision: the definition.

A counter is (entity, step, draw, stream), each an int or an array; together they broadcast to the shape of the draws.
Word 0 of the random block decides a Poisson draw; 1, 2, 3 are a gamma draw's normal, acceptance and boost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri, pdtrc, pdtrik

from mixviz.kernels.philox.reference import halves, philox


def _words(counter: Any, shape: tuple[int, ...], seed: int) -> Any:
    parts = [np.broadcast_to(np.asarray(part).astype(np.uint32), shape) for part in counter]
    return np.moveaxis(philox(np.stack(parts, axis=-1), halves(seed)), -1, 0)


def uniform(bits: Any) -> Any:
    """Return ``(bits + 1/2) / 2**32``."""
    return (np.asarray(bits).astype(float) + 0.5) / 2**32


def normal(bits: Any) -> Any:
    """Return the normal number whose upper tail is ``uniform(bits)``."""
    return -ndtri(uniform(bits))


def poisson(mean: Any, counter: Any, seed: int) -> Any:
    """Return Poisson draws by inversion of the upper tail: the smallest n with ``P(X > n) <= uniform(word 0)``."""
    mean = np.asarray(mean, float)
    tail = uniform(_words(counter, mean.shape, seed)[0])
    n = np.maximum(np.ceil(pdtrik(1 - tail, np.maximum(mean, 1e-300))), 0)
    n = np.where(mean > 0, n, 0)
    for shift in (-1, 1):  # rounding of 1 - tail can be off by one
        n = np.where((n + min(shift, 0) >= 0) & _is_better(mean, tail, n, shift), n + shift, n)
    return n


def _is_better(mean: Any, tail: Any, n: Any, shift: int) -> Any:
    if shift < 0:
        return (n > 0) & (pdtrc(np.maximum(n - 1, 0), mean) <= tail)
    return pdtrc(n, mean) > tail


def gamma(shape: Any, counter: Any, seed: int) -> Any:
    """Return gamma draws of scale 1 (Marsaglia and Tsang, ACM TOMS 26(3), 2000; below 1 with their boost)."""
    shape = np.asarray(shape, float)
    raised = np.where(shape < 1, shape + 1, shape)
    entity, step, draw, stream = counter
    _, z, u, boost = _words(counter, shape.shape, seed)
    is_accepted, drawn = _candidate(raised, normal(z), uniform(u))
    attempt = 0
    while not is_accepted.all():
        attempt += 1
        z, u, _, _ = _words((entity, step, draw, stream + attempt), shape.shape, seed)
        is_better, again = _candidate(raised, normal(z), uniform(u))
        drawn = np.where(~is_accepted & is_better, again, drawn)
        is_accepted |= is_better
    return np.where(shape < 1, drawn * uniform(boost) ** (1 / np.minimum(shape, 1)), drawn)


def _candidate(shape: Any, z: Any, u: Any) -> Any:
    d = shape - 1 / 3
    root = 1 + z / np.sqrt(9 * d)
    v = np.maximum(root**3, 1e-20)
    return (root > 0) & (np.log(u) < 0.5 * z * z + d * (1 - v + np.log(v))), d * v
