"""Where a session stands, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RunState(StrEnum):
    """What a session is doing.

    ::

        idle ──start──▶ running ◀──resume── paused
                         │  │ └──pause────────▲
                         │  └─stop─▶ stopped ─┘ (resume)
                         └─error─▶ failed ──rewind or resume──▶ running or paused
    """

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Status:
    """A session at one moment.

    Attributes
    ----------
    state : RunState
        What the session is doing.
    step, epoch : int
        The newest finished step and the pass it belongs to, both counted from 1 (0 before the first).
    tick : int
        Steps executed in all, those left by a rewind included.
    n_steps_per_epoch : int
        Minibatches in one pass.
    steps_per_second, items_per_second : float
        Rate over about the last second; 0 while not running.
    error : str or None
        Traceback of the failure, while `state` is ``failed``.
    message : str
        One line for a person: why it paused or failed.
    seed : int
        Seed of the run.
    device : {'cpu', 'cuda'}
        Where the model computes.
    """

    state: RunState
    step: int
    epoch: int
    tick: int
    n_steps_per_epoch: int
    steps_per_second: float
    items_per_second: float
    error: str | None
    message: str
    seed: int
    device: str = "cpu"
