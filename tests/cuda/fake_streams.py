"""Streams and events of the fake: all work is done at once, but nobody may rely on it without having waited."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tests.cuda.fake_state import CUDARuntimeError, StrictError, gpu


class _Thread(threading.local):
    """What each thread has of its own: the current device, and on each device the current stream."""

    def __init__(self) -> None:
        self.device = 0
        self.streams: dict[int, Stream] = {}
        self.before: list[tuple[int, Stream]] = []


_keys = itertools.count()


class Stream:
    """Runs its work in order. What another stream did is known only through events, or a host that waited."""

    null: Stream

    def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False, priority: int | None = None):
        gpu.touch()
        self.is_null, self.non_blocking = null, non_blocking
        self.device_id = -1 if null else _thread.device
        self.key = next(_keys)
        self.ptr = 0 if null else 0x1000 + self.key
        self.ticket = 0  # counts its work
        self.known: dict[int, int] = {}  # how much of other streams' work comes before what comes next
        self._late: list[tuple[int, weakref.ref[np.ndarray], np.ndarray]] = []
        self._lent: list[tuple[np.ndarray, np.ndarray]] = []

    def __enter__(self) -> Stream:
        gpu.touch()
        _thread.before.append((_thread.device, current_stream()))
        return self.use()

    def __exit__(self, *error: object) -> None:
        device, stream = _thread.before.pop()
        _thread.streams[device] = stream

    def use(self) -> Stream:
        if self.device_id not in (-1, _thread.device):
            raise RuntimeError(
                f"The device that the stream is created on ({self.device_id}) does not match with the current device "
                f"({_thread.device})"
            )
        _thread.streams[_thread.device] = self
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.ptr == other.ptr

    def __hash__(self) -> int:
        return hash(self.ptr)

    @property
    def done(self) -> bool:
        gpu.touch()
        return not self._late

    def synchronize(self, what: str = "stream") -> None:
        gpu.wait(what)
        self.finish(self.ticket)

    def finish(self, ticket: int) -> None:
        """Do what was put off up to `ticket`, and let all streams know that it is done."""
        for at, given, found in self._late:
            out = given()
            if out is None:
                raise StrictError("host memory was given up before what is copied to it had arrived")
            if at <= ticket:
                out[...] = found
        self._late = [item for item in self._late if item[0] > ticket]
        lent_before, self._lent = self._lent, []
        for lent, copy in lent_before:
            if not np.array_equal(lent, copy, equal_nan=copy.dtype.kind == "f"):
                raise StrictError("host memory was changed before its copy to the device was waited for")
        _host.know(self, ticket)

    def record(self, event: Event | None = None) -> Event:
        event = event or Event()
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        gpu.touch()
        if event.stream is None:
            return
        for key, ticket in event.known.items():
            self.known[key] = max(self.known.get(key, 0), ticket)

    def deliver_later(self, out: np.ndarray, found: np.ndarray) -> None:
        """Copy to the host when it is waited for; until then `out` holds nothing that could be used."""
        gpu.touch()
        self.ticket += 1
        out.reshape(-1).view(np.uint8).fill(0xFF)
        self._late.append((self.ticket, weakref.ref(out), found))

    def read_from_host(self, array: np.ndarray) -> None:
        """Watch that host memory that is copied from stays as it is until it is waited for, where it is pinned."""
        if is_pinned(array):
            self._lent.append((array, array.copy()))


class _Host:
    """How much of each stream's work the host has waited for."""

    def __init__(self) -> None:
        self.known: dict[int, int] = {}

    def know(self, stream: Stream, ticket: int) -> None:
        for key, value in {**stream.known, stream.key: ticket}.items():
            self.known[key] = max(self.known.get(key, 0), value)


class Event:
    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        gpu.touch()
        self.stream: Stream | None = None
        self._device = _thread.device
        self.known: dict[int, int] = {}
        self._ticket = self._asked = 0

    def record(self, stream: Stream | None = None) -> None:
        gpu.touch()
        self.stream = stream or current_stream()
        if self.stream.device_id not in (-1, self._device):
            raise CUDARuntimeError(400)
        self.stream.ticket += 1
        self._ticket, self._asked = self.stream.ticket, 0
        self.known = {**self.stream.known, self.stream.key: self._ticket}

    @property
    def done(self) -> bool:
        gpu.touch()
        self._asked += 1
        if self.stream is None:
            return True
        if self._asked <= gpu.polls:
            return False
        self.stream.finish(self._ticket)
        return True

    def synchronize(self) -> None:
        gpu.wait("event")
        if self.stream is not None:
            self.stream.finish(self._ticket)


_host = _Host()
_thread = _Thread()
Stream.null = Stream(null=True)


def current_stream() -> Stream:
    return _thread.streams.get(_thread.device, Stream.null)


def current_device() -> int:
    return _thread.device


def use_device(device: int) -> int:
    """Make a device this thread's current one, and return which was before."""
    gpu.touch()
    if not 0 <= device < gpu.n_devices:
        raise CUDARuntimeError(101)
    before, _thread.device = _thread.device, device
    return before


def leave_to(device: int) -> None:
    """Make a device current again; this works on a lost one too."""
    _thread.device = device


@contextmanager
def on_device(device: int) -> Iterator[None]:
    """Within, a device is this thread's current one, as CuPy has it where it copies an array."""
    before, _thread.device = _thread.device, device
    yield
    _thread.device = before


def reset() -> None:
    """Begin anew with a default stream on which nothing was done."""
    Stream.null = Stream(null=True)
    _thread.__init__()  # type: ignore[misc]


def _comes_after(stream: Stream, other: Stream, ticket: int) -> bool:
    """Return whether what `stream` does next surely comes after what `other` did at `ticket`."""
    blocking = not stream.non_blocking and not other.non_blocking
    legacy = blocking and (stream.is_null or other.is_null)
    known = max(stream.known.get(other.key, 0), _host.known.get(other.key, 0))
    return other == stream or legacy or known >= ticket


def in_use(memory: Any, changed: bool, stream: Stream) -> None:
    """Note that `stream` reads or changes memory; StrictError if another stream may still be at it."""
    gpu.touch()
    if memory.device != _thread.device:
        raise ValueError(f"Array device must be same as the current device: {memory.device} while {_thread.device}")
    stream.ticket += 1
    uses: dict[bool, list[Any]] = memory.__dict__.setdefault("uses", {True: [], False: []})
    for was_changed in (True, False) if changed else (True,):
        for other, ticket in uses[was_changed]:
            if not _comes_after(stream, other, ticket):
                did = "writes" if was_changed else "reads"
                raise StrictError(f"a stream uses an array that another still {did}: record an event and wait for it")
    if changed:
        uses[True], uses[False] = [(stream, stream.ticket)], []
    else:
        uses[False] = [use for use in uses[False] if use[0] != stream] + [(stream, stream.ticket)]


# ---- pinned memory

_pinned: dict[int, int] = {}
"""Where pinned memory begins and ends."""


class PinnedMemoryPointer(bytearray):
    """Host memory that the device copies to and from by itself."""

    def __init__(self, size: int) -> None:
        gpu.touch()
        super().__init__(-(-max(size, 1) // 512) * 512)
        self.ptr = int(np.frombuffer(self, np.uint8).ctypes.data)
        _pinned[self.ptr] = self.ptr + len(self)
        weakref.finalize(self, _pinned.pop, self.ptr, None)

    def size(self) -> int:
        return len(self)


def is_pinned(array: np.ndarray) -> bool:
    first = int(array.ctypes.data)
    return any(start <= first < end for start, end in list(_pinned.items()))


def alloc_pinned_memory(size: int) -> PinnedMemoryPointer:
    return PinnedMemoryPointer(size)
