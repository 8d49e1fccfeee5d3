"""How rows come to a GPU: all of them once where there is room, otherwise the next step's while one is computed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import scipy.sparse

from mixviz.cuda import errors_in_words
from mixviz.data.batches import Batches
from mixviz.models.places import Gpu
from mixviz.types import Batch, Dataset, IntArray

SHARE = 0.5
"""Of the GPU's free memory, that the data may fill; the rest is for the model and what a step needs."""
_SAMPLE_ROWS, _CHUNK_BYTES = 1000, 64 << 20


Check = Callable[[Any], None]
"""Raises ValueError for rows, on the host, that the model cannot take."""


def feed(place: Gpu, data: Dataset, batches: Batches, check: Check) -> Resident | Streamed:
    """Return the batches of every step, on the GPU."""
    with place.at_work():  # what CuPy keeps in reserve is free too
        free = place.xp.cuda.runtime.memGetInfo()[0] + place.xp.get_default_memory_pool().free_bytes()
    some = np.linspace(0, len(data) - 1, _SAMPLE_ROWS).astype(np.int64)
    row_bytes = max(_bytes_of(data.take(some).data) / len(some), 1)
    if (id(data), place.device.id) in _uploaded or row_bytes * len(data) <= SHARE * free:
        return Resident(place, data, batches, check, max(int(_CHUNK_BYTES / row_bytes), 1))
    return Streamed(place, data, batches, check)


def _bytes_of(rows: Any) -> int:
    return int(rows.data.nbytes + rows.indices.nbytes if hasattr(rows, "toarray") else rows.nbytes)


class OnGpu:
    """What both feeds share."""

    def __init__(self, place: Gpu, data: Dataset, batches: Batches, check: Check) -> None:
        self._place, self._data, self._batches, self._check = place, data, batches, check

    def _checked(self, rows: IntArray) -> Batch:
        """Return rows of the data, on the host."""
        batch = self._data.take(rows)
        self._check(batch.data)
        return batch

    def on_host(self, batch: Batch) -> Batch:
        """Return a batch that came from here as NumPy's and SciPy's arrays."""
        return self._data.take(batch.rows)


class Resident(OnGpu):
    """All rows on the GPU, once for all sessions with these data; ``feed[step]`` copies those of a step there.

    Parameters
    ----------
    place : Gpu
    data : Dataset
    batches : Batches
    check : callable
    chunk : int
        Rows that are copied to the GPU at a time.
    """

    def __init__(self, place: Gpu, data: Dataset, batches: Batches, check: Check, chunk: int) -> None:
        super().__init__(place, data, batches, check)
        with _lock:
            here = id(data), place.device.id
            known = _uploaded.get(here)
            spans = [np.arange(at, min(at + chunk, len(data))) for at in range(0, len(data), chunk)]
            self._kept = known or Uploaded(data, self._upload(spans))
            _uploaded[here] = self._kept
            kind = getattr(check, "__func__", check)
            for span in spans if known and kind not in known.checks else ():  # models may ask more than others
                self._checked(span)
            self._kept.checks.add(kind)

    def _upload(self, spans: list[IntArray]) -> Any:
        place, data = self._place, self._data
        first = data.take(spans[0][:0]).data
        with place.at_work():
            rows = self._sparse(spans) if hasattr(first, "toarray") else self._dense(spans, first)
            place.stream.synchronize()  # other sessions have streams of their own
        return rows

    def _sparse(self, spans: list[IntArray]) -> Any:
        return self._place.kernels("rows").beside(
            scipy.sparse.vstack([self._checked(span).data for span in spans], "csr")
        )

    def _dense(self, spans: list[IntArray], first: Any) -> Any:
        rows = self._place.xp.empty((len(self._data), *first.shape[1:]), first.dtype)
        for span in spans:
            rows[span[0] : span[-1] + 1] = self._place.xp.asarray(self._checked(span).data)
        return rows

    def __getitem__(self, step: int) -> Batch:
        rows, place = self._batches[step], self._place
        with place.at_work():
            return Batch(rows, place.kernels("rows").take(self._kept.rows, rows))


class Uploaded:
    """The rows of a data set on the GPU, for as long as a session uses them; and what they have been checked for."""

    def __init__(self, data: Dataset, rows: Any) -> None:
        self.data, self.rows = data, rows
        self.checks: set[Any] = set()


_uploaded: WeakValueDictionary[tuple[int, int], Uploaded] = WeakValueDictionary()
"""By the device and the data's id, which nothing else can have while they are kept here."""
_lock = threading.Lock()


class Streamed(OnGpu):
    """Rows that do not fit: those of the next step are read and copied while a step is computed.

    The GPU's memory goes from one batch to the next, so a copy waits for the step that used it last.
    """

    def __init__(self, place: Gpu, data: Dataset, batches: Batches, check: Check) -> None:
        super().__init__(place, data, batches, check)
        self._thread = ThreadPoolExecutor(1, "mixviz-feed")
        with place.at_work():
            self._stream = place.xp.cuda.Stream(non_blocking=True)
        self._ahead: tuple[int, Future[tuple[Batch, Any]]] | None = None
        self._in_use: Batch | None = None

    def __getitem__(self, step: int) -> Batch:
        ahead = self._ahead if self._ahead and self._ahead[0] == step else None
        coming = ahead[1] if ahead else self._start(step)
        self._ahead = step + 1, self._start(step + 1)
        self._in_use, is_there = coming.result()
        with self._place.at_work():
            self._place.stream.wait_event(is_there)
        return self._in_use

    def _start(self, step: int) -> Future[tuple[Batch, Any]]:
        with self._place.at_work():
            is_free = self._place.xp.cuda.Event(disable_timing=True)
            is_free.record(self._place.stream)
        return self._thread.submit(self._read, self._batches[step], is_free)

    def _read(self, rows: Any, is_free: Any) -> tuple[Batch, Any]:
        """Copy rows to the GPU on the feed's own stream; return them, and the event after which they are there."""
        host = self._checked(rows)
        with errors_in_words(), self._place.device, self._stream:
            self._stream.wait_event(is_free)
            batch = self._place.batch(host)
            is_there = self._place.xp.cuda.Event(disable_timing=True)
            is_there.record(self._stream)
        return batch, is_there
