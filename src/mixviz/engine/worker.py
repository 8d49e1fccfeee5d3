"""The training thread of a session, and everything only that thread may change.

Other threads put requests into a queue; :meth:`Worker._boundary` applies them between two steps. The thread exists
only while there is something to do: it ends when the session pauses and is started again by the next request.
"""

from __future__ import annotations

import contextlib
import contextvars
import copy
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from mixviz.cuda import DeviceError
from mixviz.data.batches import Batches, Feed
from mixviz.engine import states
from mixviz.engine.controls import Controls, Ownership
from mixviz.engine.edits import edited
from mixviz.engine.files import save_session
from mixviz.engine.history import History
from mixviz.engine.instruments import Instruments
from mixviz.engine.log import ON_GPU, is_on_gpu
from mixviz.engine.path import Path
from mixviz.engine.rate import Rate
from mixviz.engine.reports import Reports
from mixviz.engine.snapshots import Snapshot, Snapshots
from mixviz.engine.status import RunState
from mixviz.types import Batch, Dataset, Metric, Model, Published, check_positive

asked_by: contextvars.ContextVar[str] = contextvars.ContextVar("mixviz_asked_by", default="user")
"""Who calls a verb: ``user``, or ``policy:<name>`` while that policy runs."""


@dataclass(frozen=True, slots=True)
class Autosave:
    """Where and how often to save; ValueError where the interval is not above 0."""

    path: FilePath
    interval_s: float

    def __post_init__(self) -> None:
        check_positive("autosave_interval_s", self.interval_s)


class Worker(Reports):
    """Runs `model` over `data` in a thread of its own. :class:`mixviz.engine.session.Session` adds the verbs.

    `settings` are the keyword arguments that make a session like this one: a fork's, and a saved file's.
    """

    # For this package only, although without an underscore: begin, place, foreseen, snapshots_store, instruments,
    # ownership, batches, settings, origin, published, n_applied, n_inherited, tick, lock, autosave.

    def __init__(
        self,
        model: Model,
        data: Dataset,
        batches: Batches,
        held_out: Batch | None,
        metrics: Sequence[Metric],
        settings: dict[str, Any],
        autosave: Autosave | None,
    ) -> None:
        super().__init__()
        self.model, self.data, self.batches, self.held_out = model, data, batches, held_out
        self.controls, self.ownership = Controls(model.controls(data)), Ownership()
        self.history = History()
        self.settings, self.seed = settings, int(settings["seed"])
        self._policies: dict[str, tuple[str, ...]] = {}
        self.attachments: dict[str, Any] = {}
        self.snapshots_store = Snapshots(settings["snapshot_budget_bytes"])
        self.instruments = Instruments(metrics, self._report)
        self.autosave, self._saved_at = autosave, time.monotonic()
        self.lock = threading.RLock()
        self._state, self._message = RunState.IDLE, ""
        self._error: str | None = None
        self._remaining: int | None = None
        self._by, self.n_applied = "session", 0
        self._rate = Rate()
        self._requests: deque[tuple[str, Callable[..., None], tuple[Any, ...]]] = deque()
        self._changed = threading.Condition(self.lock)
        self._thread: threading.Thread | None = None
        self._feed: Any = None
        self.max_steps_per_second, self._due_at = float("inf"), 0.0

    def begin(self, origin: Published) -> None:
        """Take `origin` as where this session begins: a fresh state or a fork's. Not for a session that has run."""
        self.origin, self.published, self.n_inherited, self.tick = origin, origin, len(self.log), origin.tick
        states.freeze(origin.state)
        self.controls.restore(origin.values)
        self.snapshots_store.put([(origin, self.history.path, "", False)])
        self.model.adopt(origin.state, self.data)

    def place(self) -> tuple[Published, Path, int]:
        """Return the newest finished step, the path that led to it, and the tick, consistent with each other."""
        with self.lock:
            return self.published, self.history.path.until(self.published.tick), self.tick

    def foreseen(self) -> tuple[Published, Path]:
        """Return the place as it will be once the pending changes and rewinds are applied, without waiting for that."""
        with self.lock:
            now, path, _ = self.place()
            ownership = copy.copy(self.ownership)
            for by, apply, arguments in tuple(self._requests):
                if apply == self._set:
                    admitted = {name: value for name, value in arguments[0].items() if ownership.admits(by, name)}
                    now = replace(now, values={**now.values, **admitted})
                elif apply == self._rewind:
                    mark: Snapshot = arguments[0]
                    now, path = Published(mark.step, mark.tick, mark.state, mark.values), mark.path
            return now, path

    def _request(self, apply: Callable[..., None], *arguments: Any) -> None:
        with self._changed:
            self._requests.append((asked_by.get(), apply, arguments))
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mixviz-training", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            while self._has_work():
                try:
                    self._keep_pace()
                    self._boundary()
                    if self._state is RunState.RUNNING:
                        self._advance()
                except DeviceError as error:
                    self._leave_gpu(error)
                except BaseException as error:  # SystemExit too: whatever it is must reach the person
                    self._fail(f"{type(error).__name__}: {error}", traceback.format_exc())
                self._emit()
        finally:
            with self._changed:
                if self._thread is threading.current_thread():
                    self._thread = None
                self._changed.notify_all()

    def _has_work(self) -> bool:
        """Whether to go on; where not, the thread gives up its place in the same breath, so no request is missed."""
        with self._changed:
            if self._state is RunState.RUNNING or self._requests:
                return True
            self._thread = None
            return False

    def _keep_pace(self) -> None:
        """Wait until the next step is due; what is requested meanwhile is applied at once."""
        while self._state is RunState.RUNNING:
            with self._changed:
                delay = max(self._due_at - time.monotonic(), 0.0)
                if not self._changed.wait_for(lambda: bool(self._requests), delay) or not delay:
                    break
            self._apply_requests()
            self._emit()
        self._due_at = time.monotonic() + 1 / self.max_steps_per_second

    @property
    def is_counting(self) -> bool:
        """Whether it runs a given number of steps, after which it pauses by itself."""
        return self._remaining is not None

    def _boundary(self) -> None:
        """Between two steps: every pending request in the order it came, then the policies and what they request."""
        self._apply_requests()
        if self._state is RunState.RUNNING and self.instruments.policies:
            self.instruments.steer(self, self._as_policy)
            self._apply_requests()
            self.ownership.keep(self.instruments.policies)
        if self.autosave and time.monotonic() - self._saved_at > self.autosave.interval_s:
            self._save(self.autosave.path)

    def _apply_requests(self) -> None:
        """Apply what has been requested so far. A request stays in the queue until done, for :meth:`foreseen`."""
        for _ in range(len(self._requests)):
            self._by, apply, arguments = self._requests[0]
            try:
                apply(*arguments)
            finally:
                self._by = "session"
                with self._changed:
                    self._requests.popleft()
                    self.n_applied += 1
                    self._changed.notify_all()

    def _advance(self, make: Callable[..., Any] | None = None) -> None:
        """Run one step, or what takes its place; publish it only with everything that belongs to it."""
        make = make or self.model.step
        now, values = self.published, self.controls.values_by_name
        step = now.step + 1
        try:
            batch = self.feed[step]
            state, info = make(now.state, batch, values)
            readings: dict[str, Any] = {name: float(value) for name, value in info.items()}
            for name, value in readings.items():
                self.history.column_for(name, value)
            broken = states.not_finite(state)
        except DeviceError:
            raise
        except Exception as error:  # the model's code: the run fails, the process and the state so far stay
            self._fail(f"step {step} failed: {type(error).__name__}: {error}", traceback.format_exc())
            return
        if broken:
            self._fail(f"step {step} made {broken} not finite (NaN or infinity). {self._suspects()}")
            return
        states.freeze(state)
        readings |= self.instruments.measure(step, state, self.held_out or self.feed.on_host(batch), self.history)
        digest = states.digest(state)
        with self.lock:
            self.history.record(self.tick + 1, readings, digest)
            self.tick += 1
            self.published = Published(step, self.tick, state, values)
        self._rate.add(len(batch))
        self._after_step(step)

    @property
    def feed(self) -> Any:
        """What gives the batch of every step, where the model computes; made on first use, for it may take a while."""
        if self._feed is None:
            make = getattr(self.model, "feed", Feed)
            self._feed = make(self.data, self.batches)
        return self._feed

    def _leave_gpu(self, error: DeviceError) -> None:
        """Go back to the newest snapshot that the host has, and compute there from now on, once somebody resumes."""
        self.model.leave_gpu()  # type: ignore[attr-defined]
        self._feed = None
        left = self.published.step
        mark = next(mark for mark in reversed(self.snapshots_store.items) if states.is_here(mark.state))
        self._return_to(mark)
        self._fail(f"step {left + 1} failed: {error} Resume goes on from step {mark.step}, on the processor.")

    def _after_step(self, step: int) -> None:
        if step % self.settings["snapshot_every"] == 0:
            self.snapshots_store.add(self.published, self.history.path)
        self._emissions.append((self.events.stepped, (step,)))
        if self._remaining is not None:
            self._remaining -= 1
            if self._remaining == 0:
                self._halt(RunState.PAUSED)

    # ---- what requests do

    def _go(self, n_steps: int | None) -> None:
        is_counting = self._state is RunState.RUNNING and self._remaining is not None
        self._remaining = n_steps + self._remaining if is_counting and n_steps and self._remaining else n_steps
        if self._state is not RunState.RUNNING:
            verb = "start" if self._state is RunState.IDLE else "resume"
            self._rate = Rate()
            self._state, self._message, self._error = RunState.RUNNING, "", None
            self._log(verb, ON_GPU if is_on_gpu(self.model) else "")
            self._emissions.append((self.events.resumed, ()))

    def _halt(self, state: RunState, message: str = "", error: str | None = None) -> None:
        """Leave the running state; pausing what does not run changes nothing."""
        if self._state is state or (self._state is not RunState.RUNNING and state is RunState.PAUSED):
            return
        self._state, self._message, self._error = state, message, error
        self._adopt()
        if state is RunState.FAILED:
            self.errors = {**self.errors, message: error or message}
            self._log("error", message)
            self._untold.append(message)
            self._emissions.append((self.events.failed, (message,)))
        else:
            is_pause = state is RunState.PAUSED
            self._log("pause" if is_pause else "stop", message)
            self._emissions.append((self.events.paused if is_pause else self.events.stopped, ()))
        if self.autosave:
            self._save(self.autosave.path)

    def _fail(self, message: str, trace: str | None = None) -> None:
        self._halt(RunState.FAILED, message, trace or message)

    def _adopt(self) -> None:
        try:
            self.model.adopt(self.published.state, self.data)
        except Exception as error:  # the model's code: the session keeps the state, whatever the model makes of it
            self._report(f"the model did not adopt its state: {type(error).__name__}: {error}", traceback.format_exc())

    def _set(self, values: dict[str, float]) -> None:
        is_policy = self._by.startswith("policy:")
        for name, value in values.items():
            for policy in () if is_policy else self.ownership.active(name):
                self._log("policy", f"{policy} suspended on {name}")
            if self.ownership.admits(self._by, name) and not (is_policy and value == self.controls[name].value):
                self._assign(name, value)

    def _assign(self, name: str, value: float) -> None:
        with self.lock:
            old = self.controls.assign(name, value)
            self.published = replace(self.published, values=self.controls.values_by_name)
            self._log("set", name, old=old, new=value)

    def _rewind(self, mark: Snapshot) -> None:
        """Go to `mark`, and keep what is left, so that a person can return to it."""
        if all(kept.tick != self.published.tick for kept in self.snapshots_store.items):
            self.snapshots_store.add(self.published, self.history.path)
        self._return_to(mark)

    def _return_to(self, mark: Snapshot) -> None:
        left = self.published.step
        with self.lock:
            self.history.path = mark.path.continued(self.tick, mark.step)
            self.published = Published(mark.step, mark.tick, mark.state, self.controls.values_by_name)
            self._log("rewind", mark.name, old=left, new=mark.step, target=mark.tick)
        self._by = "session"  # what follows from the rewind is no further change of whoever asked for it
        for name, value in mark.values.items():
            if value != self.controls[name].value:
                self._assign(name, value)
        if self._state is RunState.FAILED:
            self._state, self._message, self._error = RunState.PAUSED, "", None
        if self._state is not RunState.RUNNING:
            self._adopt()
        self._emissions.append((self.events.rewound, (mark.step,)))

    def _note_snapshot(self, snapshot: Snapshot) -> None:
        self._log("snapshot", snapshot.name, new=snapshot.step, target=snapshot.tick)
        self._emissions.append((self.events.snapshotted, (snapshot,)))

    def _edit(self, text: str) -> None:
        """Do to the state what a person asked for, in the place of a step; the log line is that step's."""
        before = self.tick
        try:
            state = edited(self.model, self.published.state, self.data, text)
        except Exception as error:  # the arguments may not fit the state: nothing is changed
            message = f"{text.partition(' ')[0]} refused: {error}"
            self._report(message, traceback.format_exc())
            self._emissions.append((self.events.refused, (message,)))
            return
        self._advance(lambda *_: (state, {}))
        if self.tick > before:
            self._log("edit", text)
            if self._state is not RunState.RUNNING:
                self._adopt()

    def _add_policy(self, name: str, policy: Callable[[Any], None]) -> None:
        self.ownership.release(name)
        if not self.instruments.add_policy(name, policy):
            return
        for control in getattr(policy, "controls", ()):
            self.ownership.claim(name, control)
        self._log("policy", f"{name} added")

    def _remove_policy(self, name: str) -> None:
        self.instruments.remove_policy(name)
        self.ownership.release(name)
        self._log("policy", f"{name} removed")

    def _resume_policies(self, control: str) -> None:
        for policy in self.ownership.resume(control):
            self._log("policy", f"{policy} drives {control} again")

    # ---- reporting

    @contextlib.contextmanager
    def _as_policy(self, name: str) -> Iterator[None]:
        token = asked_by.set(f"policy:{name}")
        try:
            yield
        finally:
            asked_by.reset(token)

    def _save(self, path: FilePath) -> None:
        """Autosave; neither a full disk nor an attachment that is no JSON may end the run."""
        self._saved_at = time.monotonic()
        try:
            save_session(self, path)
        except (OSError, TypeError) as error:
            self._report(f"autosave to {path} failed: {error}", traceback.format_exc())
