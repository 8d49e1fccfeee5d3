"""Arrays that a panel can show: fields of the model's state, what a metric recorded, and what follows from a state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mixviz.views.base import Source
from mixviz.views.panel import PanelView, Setting

AUTOMATIC = "automatic"
"""The name that stands for the first array there is."""
_WORDS = {
    "phi_vk": "word weights",
    "size_k": "tokens of each topic",
    "sizes": "cluster sizes",
    "centres_kf": "values of the centres",
    "share_k": "shares of the clusters",
    "weight_f": "weights of the features",
    "scale_b": "scales of the blocks",
    "width_b": "features of each block",
    "gram_kk": "products among codes",
    "cross_vk": "products of codes and rows",
}
"""What fields of a state are called where their names say little."""
_OF_PARTS = {
    "topic sizes": "part sizes",
    "word weights (log)": "part weights (log)",
    "topic similarity": "part similarity",
    "phi_vk": "part weights",
    "size_k": "weight of each part",
}
"""What arrays of NMF are called where rows are no documents."""
Array = npt.NDArray[Any]
Derived = Mapping[str, tuple[str, Callable[[Array], Array]]]
"""By name: the field of the state that is needed, and what is made of it."""


class Arrays:
    """Finds arrays by name in a session.

    Parameters
    ----------
    derived : mapping
        See :data:`Derived`; these come first.
    n_dims : tuple of int
        Numbers of dimensions that can be shown.
    """

    def __init__(self, derived: Derived, n_dims: tuple[int, ...]) -> None:
        self._derived = derived
        self._n_dims = n_dims

    def names(self, source: Source) -> list[str]:
        """Return the names of all arrays there are now: derived ones, metrics, fields of the state."""
        held = _fields(source.published.state)
        derived = [name for name, (needed, _) in self._derived.items() if needed in held]
        columns = [name for name in source.history if not source.history.may_be_line(name)]
        metrics = [name for name in columns if self._is_shown(source.history.latest_array(name))]
        return list(dict.fromkeys((*derived, *metrics, *(name for name in held if self._is_shown(held[name])))))

    def offers(self, source: Source) -> list[str]:
        """Return the names of those that say something and are not shown better by one derived from them."""
        made_of = {needed for needed, _ in self._derived.values()}
        held = _fields(source.published.state)
        return [name for name in self.names(source) if name not in made_of and _tells(held.get(name))]

    def setting(self, source: Source, name: str) -> Setting:
        """Return the choice among them, at present `name`.

        Before anything is recorded nobody knows which metrics give arrays, so all may be named.
        """
        unknown = () if any(True for _ in source.history) else source.metrics
        choices = tuple(dict.fromkeys((AUTOMATIC, *self.names(source), *unknown)))
        labels = tuple(in_words(choice, has_topics(source)) for choice in choices)
        return Setting("of", "choice", name, choices=choices, labels=labels, help="Which numbers to show")

    def find(self, source: Source, name: str) -> tuple[str, Array | None]:
        """Return the name of the array that `name` stands for, and the array; None while there is none."""
        if name == AUTOMATIC:
            name = next(iter(self.names(source)), name)
        held = _fields(source.published.state)
        if name in self._derived:
            needed, function = self._derived[name]
            return name, function(held[needed]) if needed in held else None
        found = source.history.latest_array(name) if name in set(source.history) else held.get(name)
        return name, found if self._is_shown(found) else None

    def _is_shown(self, value: Any) -> bool:
        return isinstance(value, np.ndarray) and value.ndim in self._n_dims and value.dtype.kind in "biuf"


class ArrayPanel(PanelView):
    """A panel that shows one array.

    Parameters
    ----------
    of : str
        Name of the array; ``automatic`` is the first there is.
    **options
        The panel's other options.

    Attributes
    ----------
    arrays : Arrays
        Which there are.
    of : str
        Name of the array shown last; at first the one asked for.
    """

    arrays: ClassVar[Arrays]

    def __init__(self, of: str, **options: Any) -> None:
        super().__init__(of=of, **options)
        self.of = of
        self._has_topics = True

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether there is an array, or a metric that may turn out to be one."""
        return len(cls.arrays.setting(source, AUTOMATIC).choices) > 1

    @classmethod
    def offers(cls, source: Source) -> list[tuple[str, dict[str, Any]]]:
        """Return the arrays there are; the panel's settings also have those that others are derived from."""
        return [(in_words(name, has_topics(source)), {"of": name}) for name in cls.arrays.offers(source)]

    @property
    def title(self) -> str:
        """What is shown."""
        name = self.of if self.options["of"] == AUTOMATIC else self.options["of"]
        return in_words(self.kind if name == AUTOMATIC else str(name), self._has_topics)

    def settings(self, source: Source) -> Sequence[Setting]:
        """Return the choice of array."""
        return (self.arrays.setting(source, self.options["of"]),)

    def find(self, source: Source) -> tuple[str, Array | None]:
        """Return the name of the array to show, and the array; None while there is none."""
        self._has_topics = has_topics(source)
        self.of, found = self.arrays.find(source, self.options["of"])
        return self.of, found


def has_topics(source: Source) -> bool:
    """Whether what a model has learnt are topics: of documents, or LDA's of any counts."""
    return hasattr(source.data, "vocabulary") or hasattr(source.published.state, "alpha")


def in_words(name: str, are_topics: bool) -> str:
    """Return what an array is called on the page; where they are no topics, they are parts of NMF."""
    own = {} if are_topics else _OF_PARTS
    return own.get(name) or _WORDS.get(name, name.replace("_", " "))


def _tells(value: Any) -> bool:
    """Whether there is more to an array than one number; what is no array of the state is taken to tell something."""
    if not isinstance(value, np.ndarray) or value.ndim > 1:
        return value is None or value.size > 1
    return bool((value != value[:1]).any())


def _fields(state: Any) -> dict[str, Any]:
    """Return the fields of a state by name."""
    if is_dataclass(state):
        return {field.name: getattr(state, field.name) for field in fields(state)}
    return dict(getattr(state, "__dict__", {}))
