"""A topic model of a few lines, and a browser that is none."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mixviz.dashboard import Dashboard
from mixviz.types import Batch, Control, Metric

N_WORDS, N_TOPICS = 40, 3


@dataclass(frozen=True)
class ToyState:
    phi_vk: np.ndarray
    step: int


class Rows:
    vocabulary = tuple(f"w{v}" for v in range(N_WORDS))

    def __len__(self) -> int:
        return 100

    def take(self, rows: np.ndarray) -> Batch:
        return Batch(rows, np.zeros((len(rows), 1)))

    def fingerprint(self) -> str:
        return "rows"


class Toy:
    """A topic model of a few lines: each step moves the topics a little."""

    state_type, batch_size = ToyState, 10

    def __init__(self, pause_s: float = 0.002) -> None:
        self.pause_s = pause_s

    def seed(self) -> int:
        return 0

    def controls(self, data: Any) -> Sequence[Control]:
        return [
            Control("l1", 0.0, 0.0, 1e-4, 1.0, "log", group="objective", allows_zero=True),
            Control("temperature", 1.0, 1.0, 0.01, 10.0, "log"),
        ]

    def as_dataset(self, data: Any) -> Any:
        return data

    def metrics(self, data: Any) -> Sequence[Metric]:
        return [Metric("likelihood", lambda state, batch: -1.0 / state.step, help="per token")]

    def init_state(self, data: Any, seed: int) -> ToyState:
        return ToyState(np.random.default_rng(seed).dirichlet(np.ones(N_WORDS), N_TOPICS).T.astype(np.float32), 0)

    def step(self, state: ToyState, batch: Batch, controls: Mapping[str, float]) -> tuple[ToyState, dict[str, float]]:
        time.sleep(self.pause_s)
        if controls["temperature"] == 10.0:
            raise FloatingPointError("too hot")
        return ToyState(np.roll(state.phi_vk, 1, axis=0), state.step + 1), {}

    def adopt(self, state: ToyState, data: Any) -> None:
        self.components_ = state.phi_vk.T

    def config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Toy:
        return cls()


class Browser:
    """A view that acknowledges whatever it is sent, and keeps the newest frame of each panel."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.panels: dict[str, dict[str, Any]] = {}
        self.buffers: dict[str, list[bytes]] = {}
        self.replies: list[dict[str, Any]] = []
        self.exports: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.n_messages = 0
        monkeypatch.setattr(Dashboard, "send", lambda dash, header, buffers=None: self.receive(dash, header, buffers))

    def receive(self, dash: Dashboard, header: dict[str, Any], buffers: list[bytes]) -> None:
        self.n_messages += 1
        if header["type"] == "reply":
            self.replies.append(header)
        if header["type"] == "export":
            self.exports.append(header)
        if header["type"] == "notice":
            self.notices.append(header["text"])
        if header["type"] != "frame":
            return
        queue = list(buffers)
        for panel in header["panels"]:
            self.buffers[panel["id"]], queue = queue[: panel["n_buffers"]], queue[panel["n_buffers"] :]
            self.panels[panel["id"]] = panel
        self.say(dash, type="ack", seq=header["seq"], is_attended=True)

    def say(self, dash: Dashboard, *buffers: bytes, **message: Any) -> None:
        dash._handle_custom_msg({"view": "v", **message}, list(map(memoryview, buffers)))

    def ask(self, dash: Dashboard, verb: str, **arguments: Any) -> dict[str, Any]:
        """Ask for something and return the reply."""
        n = len(self.replies) + 1
        self.say(dash, type="request", n=n, verb=verb, arguments=arguments)
        wait_until(lambda: len(self.replies) == n)
        return self.replies[-1]


def wait_until(condition: Callable[[], Any], timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s"
        time.sleep(0.002)


def ids(dash: Dashboard) -> list[str]:
    return [entry["id"] for entry in dash.layout]
