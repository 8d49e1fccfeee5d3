"""The session: verbs that any thread may call, and what any thread may read.

A verb only *requests*; the training thread (:mod:`mixviz.engine.worker`) applies all requests in one place between
two steps. Policies are called there too and use the same verbs.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path as FilePath
from types import NoneType
from typing import Any

from mixviz.data.batches import Batches, split_rows
from mixviz.engine.edits import edits_of, written
from mixviz.engine.files import check_path, load_session, save_session
from mixviz.engine.log import is_on_gpu
from mixviz.engine.rewindable import Rewindable
from mixviz.engine.status import RunState, Status
from mixviz.engine.worker import Autosave
from mixviz.types import Metric, Model, Published, check_callable, check_finite, check_positive, check_text, check_whole


class Session(Rewindable):
    """Trains a model in a background thread and lets any other thread steer it.

    Parameters
    ----------
    model : Model
        An estimator of :mod:`mixviz.models`, or anything that satisfies :class:`mixviz.types.Model`.
    data : object
        What the model accepts: a Corpus, a matrix of counts, …
    batch_size : int, optional
        Rows a step. Default: the model's own; without one, a sixteenth of the rows, 100 to 1,000.
    seed : int, optional
        Seed of the run, 0 to 2**32 - 1. Default: the model's `random_state`; 0 where that is None.
    validation : int or float, optional
        Rows held out for the metrics: a number or a share. Default: a tenth, at most 500, none below 20 rows.
    metrics : sequence of Metric, optional
        Default: the model's own.
    snapshot_budget_bytes : int
        Snapshots beyond it are thinned as they age; pinned ones are kept.
    snapshot_every : int
        Steps between automatic snapshots.
    autosave : path, optional
        File to save to every `autosave_interval_s` seconds while running, and at every pause and stop.
    max_steps_per_second : float, optional
        Where a machine is shared, the session sleeps between steps so as not to run faster, above 0; requests still act
        at once. Its forks do the same; a saved file does not say.

    Attributes
    ----------
    status : Status
        What it is doing, at which step, how fast, and what went wrong.
    controls : mapping of str to Control
        The live numbers; change them with :meth:`set`.
    history : History
        ``history["likelihood"]`` gives (steps, values); ``history.to_frame()`` a pandas DataFrame.
    log : Log
        Every change, by whom, when.
    snapshots : tuple of Snapshot
    model : Model
        Carries the current state while the session does not run.
    data, held_out
        The rows, and the batch held out for the metrics (None where there is none).
    events : Events
        ``events.stepped.connect(function)``; called on the training thread.
    attachments : dict of str to JSON value
        Whatever else shall travel with the session, its forks and its saved file, such as a dashboard's layout.
    errors : dict of str to str
        Tracebacks of failures and of what was disabled, by message.

    Raises
    ------
    ValueError, TypeError
        For a parameter out of range and for data the model does not accept.
    """

    def __init__(
        self,
        model: Model,
        data: Any,
        *,
        batch_size: int | None = None,
        seed: int | None = None,
        validation: int | float | None = None,
        metrics: Sequence[Metric] | None = None,
        snapshot_budget_bytes: int = 256 << 20,
        snapshot_every: int = 10,
        autosave: str | FilePath | None = None,
        autosave_interval_s: float = 60.0,
        max_steps_per_second: float | None = None,
    ) -> None:
        pace = float("inf") if max_steps_per_second is None else max_steps_per_second
        if not isinstance(validation, (float, NoneType)):
            validation = check_whole("validation", validation, 0)
        if isinstance(model, type) or not hasattr(model, "init_state"):
            raise TypeError(f"model must be one of mixviz's models, such as mixviz.LDA(10), got {model!r}")
        saving = Autosave(check_path("autosave", autosave or ""), autosave_interval_s)
        seed = _check_seed(model.seed() if seed is None else seed)
        dataset = model.as_dataset(data)
        training, held_out = split_rows(len(dataset), validation, seed)
        usual: Any = getattr(model, "batch_size", "auto")
        batches = Batches(training, usual if batch_size is None else batch_size, seed)
        settings = {
            "batch_size": batches.batch_size,
            "seed": seed,
            "validation": len(held_out),
            "snapshot_budget_bytes": snapshot_budget_bytes,
            "snapshot_every": check_whole("snapshot_every", snapshot_every, 1),
        }
        super().__init__(
            model,
            dataset,
            batches,
            dataset.take(held_out) if len(held_out) else None,
            model.metrics(dataset) if metrics is None else metrics,
            settings,
            saving if autosave is not None else None,
        )
        self.max_steps_per_second = check_positive("max_steps_per_second", pace)
        self.begin(Published(0, 0, model.init_state(self.data, self.seed), self.controls.values_by_name))

    # ---- what is read, from any thread

    @property
    def status(self) -> Status:
        """The session at this moment, frozen."""
        now, rate = self.published, self._rate.per_second if self._state is RunState.RUNNING else (0.0, 0.0)
        epoch, per_epoch = self.batches.epoch(now.step), self.batches.n_per_epoch
        place = (self._state, now.step, epoch, self.tick, per_epoch)
        device = "cuda" if is_on_gpu(self.model) else "cpu"
        return Status(*place, *rate, self._error, self._message, self.seed, device)

    @property
    def owners(self) -> dict[str, str]:
        """The active policy of each driven control."""
        return self.ownership.owners()

    @property
    def suspended(self) -> dict[str, tuple[str, ...]]:
        """Policies that a manual change suspended, by control."""
        return self.ownership.suspended()

    # ---- verbs: each only records a request

    def start(self) -> None:
        """Train until told otherwise."""
        self._request(self._go, None)

    def resume(self) -> None:
        """Go on after a pause, a stop or a failure."""
        self._request(self._go, None)

    def step(self, n: int = 1) -> None:
        """Train `n` more steps, then pause. Returns at once; see :meth:`wait`. Several requests add up."""
        self._request(self._go, check_whole("n", n, 1))

    def pause(self, reason: str = "") -> None:
        """Finish the step in hand, then hold; the log tells the reason."""
        self._request(self._halt, RunState.PAUSED, check_text("reason", reason))

    def stop(self) -> None:
        """Finish the step in hand, save where `autosave` is set, and end the thread."""
        self._request(self._halt, RunState.STOPPED)

    def set(self, **values: float) -> None:
        """Change controls from the next step on.

        Raises
        ------
        ValueError, TypeError
            At once, for a name that is no control or a value that is not allowed; then nothing is changed.
        """
        self._request(self._set, self.controls.check(values))

    def edit(self, name: str, **arguments: Any) -> None:
        """Change the state by hand, as the model offers it (``session.edit("split", cluster=3)``), in place of a step.

        Recorded and replayed like every change. One that does not fit the state, when its turn comes, is refused in
        the log and changes nothing.

        Parameters
        ----------
        name : str
            One of :attr:`edits`.
        **arguments : JSON values

        Raises
        ------
        ValueError, TypeError
            If the model has no such edit, or it does not take these arguments.
        """
        self._request(self._edit, written(self.model, name, arguments))

    @property
    def edits(self) -> tuple[str, ...]:
        """Names of what can be done to the state by hand."""
        return tuple(edits_of(self.model))

    def resume_policies(self, control: str) -> None:
        """Give a control back to the policies that a manual change suspended."""
        self.controls.require(control)
        self._request(self._resume_policies, control)

    def add_policy(self, policy: Callable[[Session], None], name: str | None = None) -> str:
        """Call `policy(session)` before every step; what it sets is logged under its name, which is returned.

        A policy of the same name is replaced. Without `name`, the policy's own is taken, with its controls added
        where that name already drives others.

        Raises
        ------
        TypeError, ValueError
            If it cannot be called, or drives a control that does not exist.
        """
        if not callable(policy):
            raise TypeError(f"a policy is called with the session before every step, got {policy!r}")
        controls = tuple(getattr(policy, "controls", ()))
        for control in controls:
            self.controls.require(control)
        if name is None:
            name = str(getattr(policy, "name", None) or getattr(policy, "__name__", type(policy).__name__))
            if self._policies.get(name, controls) != controls:
                name = " ".join((name, *controls))
        self._policies[check_text("name", name)] = controls
        self._request(self._add_policy, name, policy)
        return name

    def remove_policy(self, name: str) -> None:
        """Stop calling a policy; ValueError where there is none of that name."""
        if name not in self._policies:
            raise ValueError(f"there is no policy {name!r}; policies: {', '.join(self._policies) or 'none'}")
        del self._policies[name]
        self._request(self._remove_policy, name)

    def metric(self, function: Callable[..., Any] | None = None, *, every: int = 1, name: str | None = None) -> Any:
        """Record ``function(state, batch)`` every `every` steps, from now on; usable as a decorator.

        Parameters
        ----------
        function : callable
            Takes the model's state and a batch, as described at :class:`mixviz.types.Metric`, and returns a number or
            an array of numbers: ``session.metric(lambda state, batch: state.phi_vk.max(), name="largest")``.
        every : int
            At least 1. The first step is always measured.
        name : str, optional
            1 to 100 characters. Default: the function's. A metric of that name is replaced.

        Raises
        ------
        TypeError, ValueError
            If it cannot be called, has no name, or `every` is not allowed.
        """
        if function is None:
            return lambda f: self.metric(f, every=every, name=name)
        check_callable("function", function)
        name = getattr(function, "__name__", None) if name is None else name
        if name is None or name == "<lambda>":
            raise ValueError(f"name is needed for a metric whose function has none, got {function!r}")
        if not 1 <= len(check_text("name", name)) <= 100:
            raise ValueError(f"name must be text of 1 to 100 characters, got {name!r}")
        self.instruments.add_metric(Metric(name, function, every, function.__doc__ or ""))
        return function

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the session is idle, paused, stopped or failed; return False if `timeout` seconds passed.

        An interrupt (Ctrl-C, the notebook's stop button) pauses the session and is then raised: the model is kept.
        What failed meanwhile, the run or a metric or a policy, is told as a RuntimeWarning, once.

        Raises
        ------
        RuntimeError
            If called from the training thread, by a policy, a metric or a listener.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("wait() from the training thread would never return")
        if timeout is not None:
            check_finite("timeout", timeout)
        try:
            with self._changed:
                is_quiet = self._changed.wait_for(lambda: self._thread is None, timeout)
        except KeyboardInterrupt:
            self.pause()
            raise
        while self._untold:
            warnings.warn(self._untold.popleft(), RuntimeWarning, stacklevel=2)
        return is_quiet

    def save(self, path: str | FilePath) -> None:
        """Write the newest finished step, the history, the log and the pinned snapshots to `path`, atomically.

        Waits for the step in hand where there are requests that it must not miss.

        Raises
        ------
        OSError
            If the file cannot be written; an older file of that name is then still whole.
        """
        target = check_path("path", path)
        self._settle()
        save_session(self, target)

    @classmethod
    def load(
        cls,
        path: str | FilePath,
        data: Any,
        model: Model | None = None,
        *,
        autosave: str | FilePath | None = None,
        autosave_interval_s: float = 60.0,
    ) -> Session:
        """Return the session saved at `path`, idle. See :func:`mixviz.engine.files.load_session`.

        Policies, metrics of one's own and where to autosave are not in the file: add them again.
        """
        saving = Autosave(check_path("autosave", autosave or ""), autosave_interval_s)
        session = load_session(cls, check_path("path", path), data, model)
        session.autosave = saving if autosave is not None else None
        return session

    def __repr__(self) -> str:
        status, model = self.status, type(self.model).__name__
        return f"Session({model}, {len(self.data):,} rows, {status.state.value} at step {status.step:,})"


def _check_seed(seed: Any) -> int:
    """Return `seed` as an int; None means 0."""
    if seed is None:
        return 0
    if isinstance(seed, bool) or not hasattr(seed, "__index__") or not 0 <= seed.__index__() < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, got {seed!r}")
    return int(seed)
