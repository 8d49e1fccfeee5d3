"""Activations of named layers of a PyTorch module, as features of images. Needs the extra ``mixviz[torch]``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

_SHOWN = 20


def activations(
    module: Any,
    layers: Sequence[str] | Mapping[str, str],
    *,
    preprocess: Callable[[npt.NDArray[np.uint8]], Any] | None = None,
    grid: int | None = 1,
) -> Callable[[npt.NDArray[np.uint8]], dict[str, npt.NDArray[np.float32]]]:
    """Return a function that runs images through a network and returns what its layers say.

    Made for :meth:`mixviz.data.images.Images.with_features`, where each layer becomes a block with a weight of its own.
    The module is run in evaluation mode, without gradients, on the device of its parameters, and left as it was.

    Parameters
    ----------
    module : torch.nn.Module
    layers : sequence of str, or mapping of str to str
        Layers as ``module.named_modules()`` names them. The blocks are called the same, with underscores for dots, or
        as the mapping calls them: ``{"low": "features.3"}``.
    preprocess : callable, optional
        Gets pixels, uint8, shape (n, H, W, C), and returns the module's input. By default floats from 0 to 1, shape
        (n, C, H, W).
    grid : int or None
        Outputs of shape (n, C, h, w) are averaged in grid × grid cells, so that a block has C · grid² columns. With
        None every position is kept. Outputs of other shapes are kept whole, one value after the other.

    Returns
    -------
    callable
        Gets pixels, returns a float32 array of shape (n, features) for each block. It raises ValueError if a layer ran
        not once but never or several times, and TypeError if one gave something else than a tensor.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    TypeError
        If `module` is no module, or `layers` neither a sequence nor a mapping of names.
    ValueError
        If a layer is unknown, none is given, or `grid` is not a whole number of 1 or more.
    """
    try:
        from torch import nn
    except ImportError as error:
        raise ImportError("activations need PyTorch: pip install 'mixviz[torch]'") from error
    if not isinstance(module, nn.Module):
        raise TypeError(f"module must be a torch.nn.Module, got {type(module).__name__}")
    if grid is not None and (not isinstance(grid, int) or grid < 1):
        raise ValueError(f"grid must be a whole number of 1 or more, or None, got {grid!r}")
    parts = {block: _find(module, layer) for block, layer in _by_block(layers).items()}
    prepare = preprocess or (lambda pixels: _scaled(module, pixels))

    def run(pixels: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
        return _run(module, parts, prepare(pixels), grid)

    return run


def _by_block(layers: Any) -> dict[str, str]:
    """Return the layer of each block."""
    if isinstance(layers, str) or not isinstance(layers, (Sequence, Mapping)):
        raise TypeError(f"layers must be a list of names, or a mapping of blocks to names, got {layers!r:.200}")
    named = layers if isinstance(layers, Mapping) else {_identifier(name): name for name in layers}
    if len(named) != len(layers) or not layers:
        raise ValueError(f"layers must be one or more names, each once, got {layers!r:.200}")
    return dict(named)


def _identifier(layer: Any) -> str:
    name = str(layer).replace(".", "_")
    return name if name.isidentifier() else f"layer_{name}"


def _find(module: Any, layer: Any) -> Any:
    known = {name: part for name, part in module.named_modules() if name}
    if layer not in known:
        near = difflib.get_close_matches(str(layer), known, _SHOWN, 0.5) or list(known)
        more = ", …" if len(near) > _SHOWN else ""
        raise ValueError(f"layers must be parts of the module, got {layer!r}; it has {', '.join(near[:_SHOWN])}{more}")
    return known[layer]


def _scaled(module: Any, pixels: npt.NDArray[np.uint8]) -> Any:
    import torch

    dtypes = (values.dtype for values in chain(module.parameters(), module.buffers()) if values.is_floating_point())
    return torch.tensor(pixels).permute(0, 3, 1, 2).to(next(dtypes, torch.float32)) / 255


def _run(module: Any, parts: Mapping[str, Any], batch: Any, grid: int | None) -> dict[str, npt.NDArray[np.float32]]:
    import torch

    first = next(chain(module.parameters(), module.buffers()), None)
    found: dict[str, list[npt.NDArray[np.float32]]] = {block: [] for block in parts}
    with torch.no_grad(), _evaluating(module), _hooked(parts, found, grid):
        module(torch.as_tensor(batch).to("cpu" if first is None else first.device))
    for block, values in found.items():
        if len(values) != 1:
            raise ValueError(f"the layer of block {block!r} must run once for a batch, it ran {len(values)} times")
    return {block: values[0] for block, values in found.items()}


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    modes = {part: part.training for part in module.modules()}
    try:
        module.eval()
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


@contextmanager
def _hooked(parts: Mapping[str, Any], found: Mapping[str, list[Any]], grid: int | None) -> Iterator[None]:
    """Append to `found` what the parts put out."""

    def keep(block: str) -> Callable[..., None]:
        return lambda _part, _inputs, output: found[block].append(_features(block, output, grid))

    handles = [part.register_forward_hook(keep(block)) for block, part in parts.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _features(block: str, output: Any, grid: int | None) -> npt.NDArray[np.float32]:
    """Return a layer's output as rows of its own: what follows in the network may work in place."""
    import torch

    if not isinstance(output, torch.Tensor):
        raise TypeError(f"the layer of block {block!r} must give a tensor, it gave a {type(output).__name__}")
    values = output.float()
    if values.ndim == 4 and grid is not None:
        values = torch.nn.functional.adaptive_avg_pool2d(values, grid)
    return np.array(values.reshape(len(values), -1).cpu().numpy())
