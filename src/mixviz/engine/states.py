"""What the engine may ask of any model's state: its arrays, their size, a digest, and whether all is finite.

A state whose arrays are on another device is a :class:`mixviz.types.RemoteState`, and answers by itself.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from mixviz.cuda import DeviceError
from mixviz.types import RemoteState


def state_arrays(state: Any) -> dict[str, npt.NDArray[Any]]:
    """Return the fields of a state as arrays (numbers become 0-d arrays), without copying."""
    return {field.name: np.asarray(getattr(state, field.name)) for field in fields(state)}


def state_from_arrays(state_type: type[Any], arrays: dict[str, npt.NDArray[Any]]) -> Any:
    """Rebuild a state; ValueError if the fields differ."""
    expected = {field.name for field in fields(state_type)}
    if expected != set(arrays):
        raise ValueError(f"{state_type.__name__} has fields {sorted(expected)}, found {sorted(arrays)}")
    return state_type(**{name: a.item() if a.ndim == 0 else a for name, a in arrays.items()})


def freeze(state: Any) -> None:
    """Set the NumPy arrays of a state read-only; other array types are left as they are."""
    if isinstance(state, RemoteState):
        return
    for array in state_arrays(state).values():
        array.flags.writeable = False


def n_bytes(state: Any) -> int:
    """Return the bytes of a state's arrays."""
    if isinstance(state, RemoteState):
        return state.n_bytes
    return sum(array.nbytes for array in state_arrays(state).values())


def digest(state: Any) -> int:
    """Return a 64-bit digest (XXH3) of names, types, shapes and contents."""
    if isinstance(state, RemoteState):
        return state.audit()[1]
    hasher = xxhash.xxh3_64()
    for name, array in state_arrays(state).items():
        hasher.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
        hasher.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return hasher.intdigest()


def not_finite(state: Any) -> str | None:
    """Return the name of the first array that holds NaN or infinity, or None.

    A plain sum is enough to clear an array: it is finite unless an entry is not, or it overflows; only then is
    each entry looked at.
    """
    if isinstance(state, RemoteState):
        return state.audit()[0]
    for name, array in state_arrays(state).items():
        if array.dtype.kind != "f":
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            suspicious = not np.isfinite(array.sum())
        if suspicious and not np.isfinite(array).all():
            return name
    return None


def is_here(state: Any) -> bool:
    """Bring a state that is on another device here; return whether it could be."""
    if not isinstance(state, RemoteState):
        return True
    try:
        state.leave()
    except DeviceError:
        return False
    return True
