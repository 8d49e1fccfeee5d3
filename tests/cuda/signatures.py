"""What a kernel is called with, read off its source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

DTYPES = {
    "float": "float32",
    "double": "float64",
    "int": "int32",
    "unsigned int": "uint32",
    "unsigned": "uint32",
    "long long": "int64",
    "unsigned long long": "uint64",
    "short": "int16",
    "unsigned short": "uint16",
    "signed char": "int8",
    "unsigned char": "uint8",
    "bool": "bool",
}
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_BOUNDS = r"(?:__launch_bounds__\s*\((?P<{}>[^()]*)\)\s*)?"
_KERNEL = re.compile(
    r'extern\s+"C"\s+__global__\s+'
    + _BOUNDS.format("early")
    + r"void\s+"
    + _BOUNDS.format("late")
    + r"(?P<name>\w+)\s*\((?P<parameters>[^()]*)\)"
)


@dataclass(frozen=True)
class Parameter:
    name: str
    c_type: str
    """Without const and __restrict__, as `float` or `unsigned int`."""
    pointer: bool
    read_only: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(DTYPES[self.c_type])

    def check(self, kernel: str, value: Any, dtype: Any) -> None:
        """Raise TypeError unless `value` of `dtype` is what is wanted; dtype is None for what has none."""
        is_scalar = isinstance(value, np.generic)
        if is_scalar == self.pointer or dtype is None or np.dtype(dtype) != self.dtype:
            wanted = f"an array of {self.dtype}" if self.pointer else f"a NumPy scalar of {self.dtype}"
            got = "NumPy scalar" if is_scalar else type(value).__name__
            raise TypeError(f"{self.name} of kernel {kernel} must be {wanted}, got {got} of dtype {dtype}")


@dataclass(frozen=True)
class Signature:
    name: str
    parameters: tuple[Parameter, ...]
    bounds: str
    """What stands in __launch_bounds__, empty without it."""

    def check(self, values: tuple[Any, ...]) -> None:
        if len(values) != len(self.parameters):
            raise TypeError(f"kernel {self.name} takes {len(self.parameters)} arguments, got {len(values)}")
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.check(self.name, value, getattr(value, "dtype", None))


def without_comments(code: str) -> str:
    """Return `code` with comments blanked out and all lines where they were."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), code)


def _parameter(text: str, kernel: str) -> Parameter:
    words = re.sub(r"__restrict__|\brestrict\b", " ", text).replace("*", " * ").split()
    name, kind = words[-1], [word for word in words[:-1] if word not in ("const", "*")]
    c_type = " ".join(kind)
    if c_type not in DTYPES or words.count("*") > 1:
        raise ValueError(f"kernel {kernel} has a parameter {text.strip()!r}; known types are {', '.join(DTYPES)}")
    return Parameter(name, c_type, "*" in words, "const" in words)


def read_signatures(code: str) -> dict[str, Signature]:
    """Return the kernels of `code` by name, without those in its headers."""
    found = {}
    for match in _KERNEL.finditer(without_comments(code)):
        texts = [text for text in match["parameters"].split(",") if text.strip() not in ("", "void")]
        parameters = tuple(_parameter(text, match["name"]) for text in texts)
        found[match["name"]] = Signature(match["name"], parameters, match["early"] or match["late"] or "")
    return found
