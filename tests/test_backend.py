"""How a range is shared among threads."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from mixviz import backend


@pytest.fixture(autouse=True)
def _default_threads() -> Iterator[None]:
    yield
    backend.set_num_threads(None)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("n_items", [0, 1, 7, 1000])
def test_every_row_is_visited_once(n_threads: int, n_items: int) -> None:
    backend.set_num_threads(n_threads)
    visits = np.zeros(n_items, int)

    def visit(first: int, last: int, by: int) -> None:
        visits[first:last] += by

    backend.parallel_for(visit, n_items, 3)
    assert (visits == 3).all()


def test_a_failure_reaches_the_caller() -> None:
    backend.set_num_threads(3)

    def fail(first: int, last: int) -> None:
        if first <= 50 < last:
            raise ZeroDivisionError("row 50")

    with pytest.raises(ZeroDivisionError, match="row 50"):
        backend.parallel_for(fail, 100)


def test_nested_calls_from_many_threads_finish() -> None:
    backend.set_num_threads(2)
    done = []

    def inner(first: int, last: int) -> None:
        done.extend(range(first, last))

    def outer(first: int, last: int) -> None:
        for _ in range(first, last):
            backend.parallel_for(inner, 10)

    threads = [threading.Thread(target=backend.parallel_for, args=(outer, 20)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(done) == 4 * 20 * 10


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2", 5000])
def test_nonsense_number_of_threads_is_named(value: object) -> None:
    with pytest.raises(ValueError, match=f"n_threads must be .* got {value!r}"):
        backend.set_num_threads(value)  # type: ignore[arg-type]


def test_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXVIZ_NUM_THREADS", "3")
    assert backend.get_num_threads() == 3
    monkeypatch.setenv("MIXVIZ_NUM_THREADS", "")
    assert backend.get_num_threads() == backend.available_cpus() >= 1
    for nonsense in ("many", "0", "-2", "1.5"):
        monkeypatch.setenv("MIXVIZ_NUM_THREADS", nonsense)
        with pytest.raises(ValueError, match="MIXVIZ_NUM_THREADS must be a whole number"):
            backend.get_num_threads()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_works_in_a_forked_child() -> None:
    backend.set_num_threads(2)
    backend.parallel_for(lambda first, last: None, 10)
    child = os.fork()
    if child == 0:
        total: list[int] = []
        backend.parallel_for(lambda first, last: total.append(last - first), 10)
        os._exit(0 if sum(total) == 10 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_blas_is_held_to_one_thread_by_one_caller_at_a_time_and_given_back() -> None:
    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before, seen, inside = threads(), [], []

    def hold() -> None:
        with backend.one_blas_thread():
            inside.append(1)
            seen.append((len(inside), *threads()))
            inside.pop()

    callers = [threading.Thread(target=hold) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert set(seen) == {(1, *[1] * len(before))}
    assert threads() == before
    with pytest.raises(ZeroDivisionError), backend.one_blas_thread():
        _ = 1 // 0
    assert threads() == before


def test_nothing_given_to_a_call_outlives_it() -> None:
    """Also where all threads of the pool are busy, so that helpers are cancelled and stay in its queue."""
    backend.set_num_threads(2)
    backend.parallel_for(lambda first, last: None, 100)
    release = threading.Event()
    busy = [backend._executor(1).submit(release.wait) for _ in range(8)]
    try:
        data = np.zeros(100)
        alive = weakref.ref(data)
        backend.parallel_for(lambda first, last, values: None, 100, data)
        del data
        assert alive() is None
    finally:
        release.set()
        for job in busy:
            job.result(10)
