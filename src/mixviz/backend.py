"""Threads: how many kernels that release the GIL use, how a range of rows is shared among them, and none of BLAS's."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

CHUNKS_PER_THREAD = 8
"""Small enough that a thread that lost its core to another program holds up the others little."""
_lock, _blas_turn = threading.Lock(), threading.Lock()
_n_threads: int | None = None
_pool: ThreadPoolExecutor | None = None


def available_cpus() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_n_threads(value: object, origin: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1024:
        raise ValueError(f"{origin} must be a whole number of threads from 1 to 1024, got {value!r}")
    return value


def _n_threads_from_environment() -> int:
    text = os.environ.get("MIXVIZ_NUM_THREADS", "").strip()
    if not text:
        return available_cpus()
    return _check_n_threads(int(text) if text.isdecimal() else text, "environment variable MIXVIZ_NUM_THREADS")


def get_num_threads() -> int:
    """Return how many threads kernels use.

    Unless :func:`set_num_threads` chose another number, this is ``MIXVIZ_NUM_THREADS`` from the environment, and
    without that the number of processors this process may use.

    Raises
    ------
    ValueError
        If ``MIXVIZ_NUM_THREADS`` is not a whole number from 1 to 1024.
    """
    return _n_threads if _n_threads is not None else _n_threads_from_environment()


def set_num_threads(n_threads: int | None) -> None:
    """Choose how many threads kernels use from now on; None goes back to the default.

    Results never depend on this number.
    """
    global _n_threads
    _n_threads = None if n_threads is None else _check_n_threads(n_threads, "n_threads")


def suggest_num_threads(n_threads: int) -> None:
    """Choose how many threads kernels use, unless :func:`set_num_threads` or the environment already did."""
    if _n_threads is None and not os.environ.get("MIXVIZ_NUM_THREADS", "").strip():
        set_num_threads(n_threads)


def _executor(n_workers: int) -> ThreadPoolExecutor:
    """Return the shared pool, grown to at least `n_workers` threads."""
    global _pool
    with _lock:
        if _pool is None or _pool._max_workers < n_workers:
            _pool = ThreadPoolExecutor(n_workers, thread_name_prefix="mixviz-kernel")
        return _pool


def _forget_threads() -> None:
    """Drop the pool and the locks in a forked child, which inherits the objects but none of the threads."""
    global _pool, _lock, _blas_turn
    _pool, _lock, _blas_turn = None, threading.Lock(), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread a call, so that its sums are the same whatever the number of threads.

    The number is the whole process's, so callers from several threads take turns. Not to be nested.
    """
    with _blas_turn, _blas().limit(limits=1, user_api="blas"):
        yield


def parallel_for(function: Callable[..., Any], n_items: int, *args: Any, grain: int = 1) -> None:
    """Call ``function(first, last, *args)`` over ranges that cover ``0..n_items``, on several threads.

    The calling thread takes ranges too, so a call from within a worker cannot wait for itself. Which thread gets
    which range is left to chance: `function` must write only to its own rows.

    Parameters
    ----------
    function : callable
        Releases the GIL while it works, or nothing is gained.
    n_items : int
        Number of rows.
    *args
        Passed on.
    grain : int
        Smallest range worth handing to a thread.

    Raises
    ------
    Exception
        Whatever `function` raised first, once all threads have stopped.
    """
    n_threads = get_num_threads()
    n_chunks = max(1, min(n_items // max(grain, 1), n_threads * CHUNKS_PER_THREAD))
    if n_items <= 0:
        return
    if n_threads == 1 or n_chunks == 1:
        function(0, n_items, *args)
        return
    bounds = [n_items * i // n_chunks for i in range(n_chunks + 1)]
    chunks, call = itertools.count(), [(function, args)]

    def work() -> None:
        for i in chunks:
            if i >= n_chunks:
                return
            act, given = call[0]
            act(bounds[i], bounds[i + 1], *given)

    pool = _executor(n_threads - 1)
    helpers: list[Future[None]] = [pool.submit(work) for _ in range(min(n_threads, n_chunks) - 1)]
    try:
        work()
    finally:
        failures = [helper.exception() for helper in helpers if not helper.cancel()]
        call.clear()  # a cancelled helper waits in the pool's queue, and would keep a batch alive there
    for failure in failures:
        if failure is not None:
            raise failure
