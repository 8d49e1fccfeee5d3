"""Where a model computes: on the processor with NumPy, or on a GPU with CuPy. The models' own code serves both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np

from mixviz.cuda import array_module, errors_in_words, kernels_of
from mixviz.mixins import Weighted, push_columns
from mixviz.models.on_device import Copies, OnDevice, on_device
from mixviz.types import Batch


class Processor:
    """Computes here: states and rows are what they are."""

    name = "cpu"
    xp: Any = np

    def kernels(self, op: str) -> Any:
        """Return the module of an operation's kernels."""
        return kernels_of(self._kernels, op)

    _kernels = "cpu"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within, everything that is computed is computed here."""
        yield

    def state(self, state: Any) -> Any:
        """Return a state whose arrays are here."""
        return state

    def published(self, state: Any) -> Any:
        """Return a state that anyone can read, from one whose arrays are here."""
        return state

    def batch(self, batch: Batch) -> Batch:
        """Return a batch whose rows are here."""
        return batch

    def array(self, values: Any) -> Any:
        """Return NumPy's `values` as an array that is here."""
        return values

    def number(self, value: Any) -> Any:
        """Return a number as a state keeps it: a float; on a GPU an array without axes, so that nobody has to wait."""
        return float(value)

    def pushed(self, phi_vk: Any, weighted: Weighted, least: Any) -> Any:
        """Do what :func:`mixviz.mixins.push_columns` does, to an array that is here."""
        return push_columns(phi_vk, weighted, least)


class Gpu(Processor):
    """Computes on a GPU, on a stream of its own.

    Attributes
    ----------
    device : cupy.cuda.Device
        The one that was current where this was made; every thread has a current one of its own.
    stream : cupy.cuda.Stream
        Not the default one.
    """

    name = "cuda"
    _kernels = "gpu"

    def __init__(self) -> None:
        self.xp = array_module()
        with errors_in_words():
            self.device = self.xp.cuda.Device()
            self.stream = self.xp.cuda.Stream(non_blocking=True)
            self._copies = Copies(self.device, self.stream)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within, everything is started on the stream; raises DeviceError where the GPU cannot go on."""
        with errors_in_words(), self.device, self.stream:
            yield

    def state(self, state: Any) -> Any:
        """Return a state whose arrays are on this GPU: those of `state` if they are, else copies, by way of the host.

        A class of states may name those worth it, `on_gpu`; all others stay on the host.
        """
        is_here = isinstance(state, OnDevice) and state.device.id == self.device.id
        raw = state.raw if is_here else state
        values = {field.name: getattr(raw, field.name) for field in fields(raw)}
        wanted = getattr(raw, "on_gpu", tuple(values))
        moved = {name: self._moved(value) if name in wanted else value for name, value in values.items()}
        return raw if all(moved[name] is value for name, value in values.items()) else raw.__class__(**moved)

    def _moved(self, value: Any) -> Any:
        is_array = isinstance(value, np.ndarray) and value.dtype in (np.float32, np.int64, np.int32)
        return self.xp.asarray(value) if is_array else value

    def published(self, state: Any) -> Any:
        """Return a state that anyone can read: arrays are copied to the host when they are asked for."""
        return on_device(state, self._copies)

    def batch(self, batch: Batch) -> Batch:
        """Return a batch whose rows are on the GPU."""
        is_here = hasattr(batch.data, "toarray") or isinstance(batch.data, np.ndarray)
        return Batch(batch.rows, self.kernels("rows").beside(batch.data)) if is_here else batch

    def array(self, values: Any) -> Any:
        """Return NumPy's `values` as an array on the GPU."""
        return self.xp.asarray(values)

    def number(self, value: Any) -> Any:
        """Return a number as a state keeps it, here in float32."""
        return value.astype(np.float32)

    def pushed(self, phi_vk: Any, weighted: Weighted, least: Any) -> Any:
        """Let the user's mixins, which know NumPy, push on the host: a copy there and back, while one has a weight."""
        if not any(size for _, size in weighted):
            return phi_vk
        return self.xp.asarray(push_columns(phi_vk.get(), weighted, least if np.isscalar(least) else least.get()))
