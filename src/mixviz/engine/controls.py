"""The live numbers of a session: present values, who drives them, and which policies a person has suspended."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence

from mixviz.types import Control


class Controls(Mapping[str, Control]):
    """Controls by name. One thread changes them; readers see one consistent set at any time."""

    def __init__(self, controls: Sequence[Control]) -> None:
        self._controls = {control.name: control for control in controls}
        if len(self._controls) != len(controls):
            raise ValueError(f"control names must differ, got {[control.name for control in controls]}")
        self.values_by_name: dict[str, float] = {name: c.value for name, c in self._controls.items()}

    def check(self, changes: Mapping[str, object]) -> dict[str, float]:
        """Return `changes` as floats.

        Raises
        ------
        ValueError
            For a name that is no control, and for a value out of range.
        TypeError
            For a value that is no number.
        """
        for name in changes:
            self.require(name)
        return {name: self._controls[name].check(value) for name, value in changes.items()}

    def require(self, name: str) -> None:
        """Raise ValueError, with the nearest name, if there is no such control."""
        if name not in self._controls:
            raise ValueError(self._missing(name))

    def _missing(self, name: object) -> str:
        near = difflib.get_close_matches(str(name), self._controls, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"there is no control {name!r}; {hint}controls: {', '.join(self._controls)}"

    def assign(self, name: str, value: float) -> float:
        """Set one checked value and return the old one."""
        old = self._controls[name].value
        self.restore({name: value})
        return old

    def restore(self, values: Mapping[str, float]) -> None:
        """Set several checked values at once."""
        changed = {name: self._controls[name].with_value(value) for name, value in values.items()}
        self._controls = {**self._controls, **changed}
        self.values_by_name = {name: c.value for name, c in self._controls.items()}

    def __getitem__(self, name: str) -> Control:
        if name not in self._controls:
            raise KeyError(self._missing(name))
        return self._controls[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._controls)

    def __len__(self) -> int:
        return len(self._controls)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value:.4g}" for name, value in self.values_by_name.items())
        return f"Controls({values})"


class Ownership:
    """Which policy drives which control, and which of them a manual change has suspended."""

    def __init__(self) -> None:
        self._drives: dict[str, frozenset[str]] = {}
        self._suspended: frozenset[tuple[str, str]] = frozenset()

    def claim(self, policy: str, control: str) -> None:
        """Note that `policy` drives `control`."""
        drives = self._drives.get(policy, frozenset())
        if control not in drives:
            self._drives = {**self._drives, policy: drives | {control}}

    def keep(self, policies: Collection[str]) -> None:
        """Forget all policies but these."""
        for policy in self._drives.keys() - set(policies):
            self.release(policy)

    def release(self, policy: str) -> None:
        """Forget a policy."""
        self._drives = {name: controls for name, controls in self._drives.items() if name != policy}
        self._suspended = frozenset(pair for pair in self._suspended if pair[0] != policy)

    def active(self, control: str) -> tuple[str, ...]:
        """Return the policies that drive `control` and are not suspended on it."""
        return tuple(p for p, drives in self._drives.items() if control in drives and not self.is_suspended(p, control))

    def admits(self, by: str, control: str) -> bool:
        """Note that `by` (``policy:<name>``, or a person) sets `control`, and return whether it may.

        A person always may, and suspends the policies there; a policy may unless it is suspended.
        """
        if not by.startswith("policy:"):
            self._suspended |= {(policy, control) for policy in self.active(control)}
            return True
        policy = by.removeprefix("policy:")
        self.claim(policy, control)
        return not self.is_suspended(policy, control)

    def resume(self, control: str) -> tuple[str, ...]:
        """Give `control` back to its suspended policies; return their names."""
        back = self.suspended().get(control, ())
        self._suspended = frozenset(pair for pair in self._suspended if pair[1] != control)
        return back

    def is_suspended(self, policy: str, control: str) -> bool:
        """Whether a person took `control` from `policy`."""
        return (policy, control) in self._suspended

    def owners(self) -> dict[str, str]:
        """Return the active policy of each driven control (the last claim where several drive it)."""
        return {
            control: policy
            for policy, drives in self._drives.items()
            for control in drives
            if not self.is_suspended(policy, control)
        }

    def suspended(self) -> dict[str, tuple[str, ...]]:
        """Return the suspended policies of each control that has some."""
        controls = sorted({control for _, control in self._suspended})
        return {control: tuple(sorted(p for p, c in self._suspended if c == control)) for control in controls}
