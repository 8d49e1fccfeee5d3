"""What metrics share is found once for a state and a batch, and never another's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mixviz.latest import Latest


def test_the_latest_result_is_remembered_by_identity() -> None:
    calls: list[Any] = []
    shared = Latest(lambda state, batch: calls.append(state) or (state, batch))
    one, equal, batch = [1], [1], [0]
    for state, rows in ((one, batch), (one, batch), (equal, batch), (equal, [0]), (one, batch)):
        found = shared(state, rows)
        assert found[0] is state
        assert found[1] is rows
    assert len(calls) == 4


def test_threads_never_get_what_another_asked_for() -> None:
    shared = Latest(lambda state, _batch: state[0])
    states = [[number] for number in range(8)]

    def asked(state: list[int]) -> set[int]:
        return {shared(state, None) for _ in range(5000)}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(asked, states)) == [{number} for number in range(8)]
