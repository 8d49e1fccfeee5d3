"""Mixins: secondary objectives with a live weight each.

A mixin's term is ``weight * value(params)``; a model moves against ``weight * scale * grad(params)`` at each step, in
proportion to its own step size, so that the effect depends on neither the batch size nor the temperature.
`params` is a matrix whose columns are the parts compared (for LDA: words x topics, each column a distribution).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from mixviz.kernels.updates.cpu import normalise_columns
from mixviz.types import Control, FloatArray

_TINY = 1e-20


class Mixin(ABC):
    """A secondary objective to minimise. Subclass it with `name`, `value` and `grad`.

    >>> class Banned(Mixin):
    ...     name = "banned"
    ...     help = "Keeps the first ten words out of every topic."
    ...     def value(self, params):
    ...         return float(params[:10].sum())
    ...     def grad(self, params):
    ...         slope = np.zeros_like(params)
    ...         slope[:10] = 1
    ...         return slope

    Attributes
    ----------
    name : str
        Name of its weight among the controls.
    help : str
        What raising the weight does, in words a newcomer understands.
    scale : float
        Step taken at weight 1, so that weights from 0.001 to 10 mean little to much.
    low, high : float
        Range of the weight besides 0.

    Parameters
    ----------
    weight : float
        Weight at the start; 0 means no effect.
    """

    name: ClassVar[str] = ""
    help: ClassVar[str] = ""
    scale: ClassVar[float] = 1.0
    low: ClassVar[float] = 1e-3
    high: ClassVar[float] = 10.0

    def __init__(self, weight: float = 0.0) -> None:
        self.weight = weight
        self.control()

    @abstractmethod
    def value(self, params: Any) -> float:
        """Return the objective at `params`, an array of shape (F, K)."""

    @abstractmethod
    def grad(self, params: Any) -> Any:
        """Return the derivative of :meth:`value` by each entry, same shape as `params`."""

    def control(self) -> Control:
        """Return the live weight.

        Raises
        ------
        TypeError
            If the class has no `name`.
        ValueError
            If the weight is out of range.
        """
        if not self.name:
            raise TypeError(f"mixin {type(self).__name__} needs a class attribute `name`, as in name = 'rare'")
        return Control.starting(
            self.name, self.weight, self.low, self.high, "log", help=self.help, group="objective",
            allows_zero=True,
        )  # fmt: skip

    def checked_grad(self, params: Any) -> Any:
        """Return :meth:`grad` as an array of float32.

        Raises
        ------
        ValueError
            If its shape is not that of `params`, or an entry is NaN or infinite.
        """
        with np.errstate(over="ignore"):
            slope = np.asarray(self.grad(params)).astype(np.float32, copy=False)
        if slope.shape != params.shape:
            raise ValueError(f"grad of mixin {self.name!r} must have the shape {params.shape}, got {slope.shape}")
        n_bad = slope.size - int(np.isfinite(slope).sum())
        if n_bad:
            raise ValueError(f"grad of mixin {self.name!r} must be finite, got NaN or infinity in {n_bad:,} entries")
        return slope

    @property
    def is_built_in(self) -> bool:
        """Whether the mixin is one of mixviz's own."""
        return type(self) in BUILT_IN

    def __repr__(self) -> str:
        return f"{type(self).__name__}(weight={self.weight!r})"


class L1(Mixin):
    """Sum of the entries. On distributions it acts through clipping: every entry loses the same, small ones vanish.

    Its gradient is ``sign(params)`` (Jiang 2018, eq. 2.10). At weight 1, entries below about 0.01 are pushed out.
    """

    name = "l1"
    help = "Shorter word lists: a topic drops its weak words until only the strongest are left."
    scale = 0.01
    low = 1e-4

    def value(self, params: Any) -> float:
        return float(np.abs(params).sum())

    def grad(self, params: Any) -> Any:
        return np.sign(params)


class L2(Mixin):
    """Half the squared distance of each column to the uniform distribution.

    For columns that sum to 1 this is half their squared L2 norm, less a constant; the form keeps their sums at 1.
    """

    name = "l2"
    help = "Flatter topics: takes from a topic's strongest words and spreads it over all words."
    low, high = 1e-4, 1.0

    def value(self, params: Any) -> float:
        return float(0.5 * np.square(params - 1 / len(params)).sum())

    def grad(self, params: Any) -> Any:
        return params - params.dtype.type(1 / len(params))


class CosineSimilarity(Mixin):
    """Sum over pairs of columns of their inner product; ``grad[w, k] = sum_j params[w, j] - params[w, k]``."""

    name = "cosine"
    help = "More distinct topics: topics that share a word compete for it until one of them owns it."

    def value(self, params: Any) -> float:
        return float(0.5 * (np.square(params.sum(axis=1)).sum() - np.square(params).sum()))

    def grad(self, params: Any) -> Any:
        return params.sum(axis=1, keepdims=True) - params


class Entropy(Mixin):
    """Sum of the columns' entropies, in nats; ``grad = -(log(params) + 1)``, with log cut off at 1e-20."""

    name = "entropy"
    help = "More decided topics: a topic puts its weight on few words rather than a little on many."
    scale = 0.001

    def value(self, params: Any) -> float:
        return float(-(params * np.log(np.maximum(params, _TINY))).sum())

    def grad(self, params: Any) -> Any:
        return -(np.log(np.maximum(params, _TINY)) + 1)


BUILT_IN: tuple[type[Mixin], ...] = (L1, L2, CosineSimilarity, Entropy)


Weighted = Sequence[tuple[Mixin, float]]
"""Mixins and how far each moves the parts: weight x scale, and the step size where a model takes steps."""


def push_columns(phi: FloatArray, weighted: Weighted, least: Any) -> FloatArray:
    """Return `phi` moved against the mixins, clipped at `least`, columns scaled to sum to 1.

    A column's strongest entry loses at most half of itself, so that no part is emptied at once.

    Parameters
    ----------
    phi : ndarray of float32, shape (V, K)
        Columns sum to 1; not written.
    weighted : sequence of (Mixin, float)
    least : float or ndarray of float32, shape (K,)
        No entry falls below it, so that it can come back.

    Raises
    ------
    ValueError
        If a gradient has the wrong shape or is not finite.
    """
    seen = phi.view()
    seen.flags.writeable = False
    moves = [np.float32(size) * mixin.checked_grad(seen) for mixin, size in weighted if size]
    if not moves:
        return phi
    move, half = np.sum(moves, axis=0), phi.max(axis=0) / 2
    pushed = np.maximum(phi - move * (half / np.maximum(move.max(axis=0), half)), np.asarray(least, np.float32))
    return np.asarray(normalise_columns(pushed, pushed.sum(axis=0, dtype=np.float64)))


def resolve_mixins(mixins: Mapping[str, float] | Collection[Mixin] | None) -> tuple[Mixin, ...]:
    """Return the mixins a model carries: the built-in ones, with the weights given, and the user's own.

    Parameters
    ----------
    mixins : mapping of name to weight, list of Mixin, or None
        A mapping sets weights of built-in mixins; a list replaces those of the same name and adds others.

    Raises
    ------
    TypeError
        If `mixins` is neither a mapping nor a collection (a generator could be gone through only once), or an
        element is not a :class:`Mixin`.
    ValueError
        If a name is unknown or used twice, or a weight out of range.
    """
    if mixins is not None and not isinstance(mixins, Collection):
        raise TypeError(f"mixins takes a list of Mixin objects or a mapping of names to weights, got {mixins!r}")
    chosen: dict[str, Mixin] = {kind.name: kind() for kind in BUILT_IN}
    if isinstance(mixins, Mapping):
        unknown = sorted(set(mixins) - set(chosen))
        if unknown:
            raise ValueError(f"mixins names {', '.join(map(repr, unknown))}; built-in are {', '.join(chosen)}")
        return tuple(type(mixin)(mixins.get(name, 0.0)) for name, mixin in chosen.items())
    seen: set[str] = set()
    for mixin in mixins or ():
        if not isinstance(mixin, Mixin):
            raise TypeError(
                f"mixins takes a list of Mixin objects or a mapping of names to weights, got {mixin!r} in it"
            )
        if mixin.name in seen:
            raise ValueError(f"mixins holds two mixins named {mixin.name!r}")
        seen.add(mixin.name)
        chosen[mixin.name] = mixin
    return tuple(chosen.values())
