"""States whose arrays are on a GPU, read as though they were here: each array is copied when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
import xxhash

from mixviz.cuda import array_module, errors_in_words, is_on_gpu
from mixviz.kernels.audit.gpu import audit


class OnDevice:
    """What every state on a GPU has besides the fields of its own class; :func:`on_device` makes them.

    Attributes
    ----------
    raw : object
        The state itself, of its own class, whose arrays are CuPy's.
    """

    __slots__ = ()
    raw: Any
    _host: dict[str, Any]
    _lock: Any
    _copies: Any
    _audit: tuple[str | None, int] | None

    @property
    def n_bytes(self) -> int:
        """Bytes of the arrays."""
        return sum(np.dtype(array.dtype).itemsize * array.size for array in self._arrays().values())

    @property
    def device(self) -> Any:
        """The device that the arrays are on."""
        return self._copies.device

    @contextmanager
    def at_work(self) -> Iterator[Any]:
        """Within, what is computed with :attr:`raw`, which this gives, is started on its stream."""
        with errors_in_words(), self.device, self._copies.made_on:
            yield self.raw

    def audit(self) -> tuple[str | None, int]:
        """Return the name of an array that is not finite, or None, and a digest of all fields; waits for the device."""
        if self._audit is None:
            arrays, hasher, broken = self._arrays(), xxhash.xxh3_64(), None
            with self.at_work():
                found = dict(zip(arrays, audit(list(arrays.values())), strict=True))
            for field in fields(self.raw):
                value = getattr(self.raw, field.name)
                array = value if field.name in found else np.asarray(value)
                digest, n_bad = found[field.name] if field.name in found else _audit_here(array)
                broken = broken or (field.name if n_bad else None)
                hasher.update(f"{field.name}:{array.dtype}{array.shape}{digest};".encode())
            object.__setattr__(self, "_audit", (broken, hasher.intdigest()))
        assert self._audit is not None
        return self._audit

    def fetch(self) -> None:
        """Begin to copy all arrays to the host, without waiting."""
        with self._lock, errors_in_words():
            for name in self._arrays():
                self._begin(name)

    def leave(self) -> None:
        """Copy what is not yet on the host, and give up the GPU's memory."""
        names = list(self._arrays())
        values = {field.name: getattr(self, field.name) for field in fields(self.raw)}
        with self._lock:
            self._host.update({name: values[name] for name in names})
            object.__setattr__(self, "raw", type(self.raw)(**values))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle it as a state of the host."""
        return type(self.raw), tuple(getattr(self, field.name) for field in fields(self.raw))

    def _arrays(self) -> dict[str, Any]:
        """Return the fields that are on the GPU."""
        values = {field.name: getattr(self.raw, field.name) for field in fields(self.raw)}
        return {name: value for name, value in values.items() if is_on_gpu(value)}

    def _begin(self, name: str) -> tuple[Any, Any]:
        """Return a host array, and the event after which it holds field `name`."""
        known = self._host.get(name)
        if known is None:
            known = self._host[name] = self._copies.begin(getattr(self.raw, name))
        return known  # type: ignore[no-any-return]

    def _read(self, name: str) -> Any:
        """Return a field; an array as one of NumPy's, read-only."""
        raw = self.raw
        value = getattr(raw, name)
        if not is_on_gpu(value):
            return value
        with self._lock, errors_in_words():
            known = self._begin(name)
            if isinstance(known, tuple):
                array, is_done = known
                is_done.synchronize()
                array.flags.writeable = False
                self._host[name] = known = array
            return known


def _audit_here(array: Any) -> tuple[int, int]:
    """Return of an array on the host what :func:`audit` returns of one on a GPU."""
    n_bad = np.count_nonzero(~np.isfinite(array)) if array.dtype.kind == "f" else 0
    return xxhash.xxh3_64_intdigest(array.tobytes()), int(n_bad)


class Copies:
    """Copies from the GPU to the host on a stream of their own, so that neither training nor copying waits in vain.

    Parameters
    ----------
    device : cupy.cuda.Device
        Where they are.
    stream : cupy.cuda.Stream
        Where the arrays are made; an attribute :attr:`made_on`.
    """

    def __init__(self, device: Any, stream: Any) -> None:
        self.device, self.made_on = device, stream
        with device:
            self._own = array_module().cuda.Stream(non_blocking=True)

    def begin(self, array: Any) -> tuple[Any, Any]:
        """Return a host array in pinned memory, and the event after which it holds what `array` does."""
        cuda = array_module().cuda
        with self.device:
            pinned = cuda.alloc_pinned_memory(max(array.nbytes, 1))
            host = np.frombuffer(pinned, array.dtype, array.size).reshape(array.shape)
            is_made, is_done = (cuda.Event(block=True, disable_timing=True) for _ in range(2))
            is_made.record(self.made_on)
            self._own.wait_event(is_made)
            array.get(stream=self._own, out=host, blocking=False)
            is_done.record(self._own)
            _keep(host, is_done)
        return host, is_done


_under_way: list[tuple[Any, Any]] = []
"""Copies that may not have arrived: who asked may have given up, and CuPy would hand the same memory to others."""
_lock = threading.Lock()


def _keep(host: Any, is_done: Any) -> None:
    """Keep pinned memory until its copy has arrived, and let go of what has."""
    with _lock:
        _under_way[:] = [copy for copy in _under_way if not copy[1].done] + [(host, is_done)]


def _field(name: str) -> Any:
    read: Callable[[Any], Any] = lambda state: state._read(name)  # noqa: E731
    return property(read)


@cache
def _kind(state_type: Any) -> Any:
    """Return the subclass of `state_type` whose arrays are on the GPU; a changed copy of one is a `state_type`."""
    body: dict[str, Any] = {field.name: _field(field.name) for field in fields(state_type)}
    body["__class__"] = property(lambda state: state_type)  # what dataclasses.replace makes
    slots = ("raw", "_host", "_lock", "_copies", "_audit", "__weakref__")
    return type(f"{state_type.__name__}OnDevice", (OnDevice, state_type), {**body, "__slots__": slots})


def on_device(state: Any, copies: Copies) -> Any:
    """Return `state`, whose arrays are CuPy's, as one that is read like any other of its class."""
    state_type: Any = type(state)
    kind = _kind(state_type)
    wrapped = object.__new__(kind)
    parts = {"raw": state, "_host": {}, "_lock": threading.Lock(), "_copies": copies, "_audit": None}
    for name, part in parts.items():
        object.__setattr__(wrapped, name, part)
    return wrapped
