"""A panel of the grid: what it shows, what a person may set on it, and how it is described in a saved layout."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from mixviz.views.base import Frame, Source


@dataclass(frozen=True, slots=True)
class Setting:
    """One option of a panel; the browser makes a form field of it.

    Attributes
    ----------
    name : str
        Key in the panel's options.
    kind : {'choice', 'many', 'number', 'switch', 'text'}
        One of `choices`, several of them in order, a number from `low` to `high`, yes or no, or a line of text.
    value : JSON value
        The present one.
    label : str
        What the field is called; the name with spaces where empty.
    choices : tuple
        JSON values without parts.
    labels : tuple of str
        What the choices are called, where that is not what they are.
    low, high, step : float or None
        `step` 1 means whole numbers.
    help : str
        Shown on hover.
    """

    name: str
    kind: Literal["choice", "many", "number", "switch", "text"]
    value: Any
    label: str = ""
    choices: tuple[Any, ...] = ()
    labels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    help: str = ""

    def check(self, value: Any) -> Any:
        """Return `value` as the JSON value to keep.

        Raises
        ------
        ValueError
            If it is not allowed; names the option, the value and what is allowed.
        """
        is_allowed, allowed = getattr(self, f"_check_{self.kind}")(value)
        if not is_allowed:
            raise ValueError(f"{self.name} takes {allowed}, got {value!r}")
        return list(value) if self.kind == "many" else value

    def _check_choice(self, value: Any) -> tuple[bool, str]:
        is_allowed = any(type(value) is type(choice) and value == choice for choice in self.choices)
        names = [repr(choice) for choice in self.choices]
        return is_allowed, f"one of {', '.join(names if len(names) <= 12 else [*names[:3], '…', names[-1]])}"

    def _check_many(self, value: Any) -> tuple[bool, str]:
        is_list = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
        is_allowed = is_list and set(value) <= set(self.choices) and len(set(value)) == len(value)
        return is_allowed, f"a list of some of {', '.join(map(repr, self.choices))}"

    def _check_number(self, value: Any) -> tuple[bool, str]:
        low, high = -float("inf") if self.low is None else self.low, float("inf") if self.high is None else self.high
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
        is_whole = self.step == 1
        allowed = f"a {'whole ' if is_whole else ''}number from {low:g} to {high:g}"
        return is_number and (not is_whole or value == int(value)), allowed

    def _check_switch(self, value: Any) -> tuple[bool, str]:
        return isinstance(value, bool), "true or false"

    def _check_text(self, value: Any) -> tuple[bool, str]:
        return isinstance(value, str) and len(value) <= 1000, "text of at most 1,000 characters"


class PanelView(ABC):
    """What one panel of the grid shows. A subclass names its options as keyword arguments of its constructor.

    Attributes
    ----------
    kind : str
        Key in :data:`mixviz.views.registry.PANELS`, and of the TypeScript view that draws it.
    size : tuple of int
        Columns and rows of the grid that it takes unless told otherwise.
    interval_s : float
        Shortest time between two frames, unless somebody waits for what it shows.
    usual : {'main', 'beside', ''}
        Whether a dashboard shows it unasked where it fits: as the large panel (the first kind that fits), beside that.
    id : str
        Unique in its dashboard, which may add a number.
    options : dict
        All options with their present values, JSON: what the constructor takes.
    is_unfinished : bool
        Whether the next frame shows more although the session stands still.
    """

    kind: ClassVar[str]
    size: ClassVar[tuple[int, int]] = (4, 6)
    interval_s: float = 0.5
    usual: ClassVar[Literal["main", "beside", ""]] = ""

    def __init__(self, **options: Any) -> None:
        self.id = self.kind
        self.options: dict[str, Any] = options
        self.is_unfinished = False

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether there is something of that kind to show of this session."""
        return True

    @classmethod
    def offers(cls, source: Source) -> list[tuple[str, dict[str, Any]]]:
        """Return what a menu offers to add now: labels, each with the options of the panel."""
        return [(cls.kind.replace("_", " "), {})] if cls.fits(source) else []

    @property
    def title(self) -> str:
        """What the panel is called."""
        return self.kind.replace("_", " ")

    def settings(self, source: Source) -> Sequence[Setting]:
        """Return what a person may set, with the present values."""
        return ()

    def check(self, source: Source) -> None:
        """Check the options that the constructor was given against the session; ValueError as of :meth:`configure`."""
        for setting in self.settings(source):
            if setting.name in self.options:
                setting.check(self.options[setting.name])

    def configure(self, source: Source, /, **options: Any) -> None:
        """Change options.

        Raises
        ------
        ValueError
            If there is no such option, or its value is not allowed; then nothing is changed.
        """
        settings = {setting.name: setting for setting in self.settings(source)}
        unknown = [name for name in options if name not in settings]
        if unknown:
            known = ", ".join(settings) or "none"
            raise ValueError(f"a {self.title} panel has no option {unknown[0]!r}; options: {known}")
        self.options = {**self.options, **{name: settings[name].check(value) for name, value in options.items()}}

    @abstractmethod
    def frame(self, source: Source) -> Frame:
        """Return what to show now, in bytes that nobody writes to afterwards.

        The header may hold ``note`` and ``value``, which stand beside the panel's title.
        """
