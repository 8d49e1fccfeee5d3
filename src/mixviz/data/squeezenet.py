"""SqueezeNet 1.0 (Iandola et al. 2016, arXiv 1602.07360), a small network for photographs. Needs ``mixviz[torch]``."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

SIZE = (227, 227)
MEAN_BGR = (104.0, 117.0, 123.0)
_WIDTHS = {2: 64, 3: 64, 4: 128, 5: 128, 6: 192, 7: 192, 8: 256, 9: 256}
"""Outputs of each of the two expanding convolutions of fire modules 2 to 9."""


class Fire(nn.Module):  # type: ignore[misc]
    """A convolution to few channels, and two from those to many, of 1 × 1 and 3 × 3."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        n_few = n_out // 4
        self.conv1x1_1 = nn.Conv2d(n_in, n_few, 1)
        self.conv1x1_2 = nn.Conv2d(n_few, n_out, 1)
        self.conv3x3_2 = nn.Conv2d(n_few, n_out, 3, padding=1)

    def forward(self, x: Any) -> Any:
        """Return the outputs of both, one after the other."""
        few = torch.relu(self.conv1x1_1(x))
        return torch.relu(torch.cat([self.conv1x1_2(few), self.conv3x3_2(few)], 1))


def load_squeezenet(path: str | Path) -> nn.Sequential:
    """Return the network with the weights in an archive, in evaluation mode.

    Layers are named conv1, pool1, fire2 to fire4, pool4, fire5 to fire8, pool8, fire9, conv_final, scores.

    Parameters
    ----------
    path : path
        An ``.npz`` file with the arrays ``conv1.weight``, ``conv1.bias``, ``fire2/conv1x1_1.weight``, … as in Caffe:
        convolutions are (outputs, inputs, height, width), colours blue, green, red.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    RuntimeError
        If an array is missing or of another shape; PyTorch's message says which.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict(conv1=_rectified(nn.Conv2d(3, 96, 7, 2)), pool1=_pool())
    n_in = 96
    for number, n_out in _WIDTHS.items():
        layers[f"fire{number}"] = Fire(n_in, n_out)
        n_in = 2 * n_out
        if number in (4, 8):
            layers[f"pool{number}"] = _pool()
    layers["conv_final"] = _rectified(nn.Conv2d(n_in, 1000, 1, padding=1))
    layers["scores"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = nn.Sequential(layers)
    with np.load(path, allow_pickle=False) as arrays:
        network.load_state_dict({_parameter(name): torch.tensor(arrays[name]) for name in arrays.files})
    return network.eval()


def preprocess(pixels: npt.NDArray[np.uint8]) -> torch.Tensor:
    """Return the network's input for images in colour, best of 227 × 227: blue, green, red, less their means."""
    bgr = torch.tensor(pixels[..., ::-1].copy()).permute(0, 3, 1, 2).float()
    return bgr - torch.tensor(MEAN_BGR)[:, None, None]


def _rectified(convolution: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(convolution, nn.ReLU())


def _pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def _parameter(name: str) -> str:
    """Return what the module calls an array of the archive."""
    layer, kind = name.replace("/", ".").rsplit(".", 1)
    return f"{layer}.0.{kind}" if layer in ("conv1", "conv_final") else f"{layer}.{kind}"
