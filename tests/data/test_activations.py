"""Activations of layers of PyTorch modules. Where CI is set they are never skipped."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import pytest

from mixviz.data.activations import activations
from mixviz.data.blocks import FeatureBlocks
from mixviz.data.images import Images

if not os.environ.get("CI"):
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mixviz[torch]'")
import torch
from torch import nn

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 6, 3)).astype(np.uint8)
INPUT = torch.tensor(PIXELS).permute(0, 3, 1, 2).float() / 255


class Network(nn.Module):
    """Two convolutions, one of them followed by work in place, and a layer that never runs, one that runs twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 3))
        self.head = nn.Linear(2, 7)
        self.noise = nn.Dropout(0.5)
        self.never = nn.Linear(1, 1)
        self.twice = nn.ReLU()
        self.pair = Pair()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, _ = self.pair(self.features(x))
        return self.head(self.noise(self.twice(self.twice(x.mean(dim=(2, 3))))))


class Pair(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x


@pytest.fixture
def network() -> Network:
    return Network()


def test_layers_are_blocks(network: Network) -> None:
    found = activations(network, ["features.0", "head"], grid=None)(PIXELS)
    first = network.features[0](INPUT).detach()
    assert {name: values.dtype for name, values in found.items()} == {"features_0": np.float32, "head": np.float32}
    assert first.min() < 0
    np.testing.assert_allclose(found["features_0"], first.reshape(5, -1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["head"], network.eval()(INPUT).detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("grid", [1, 2, 3])
def test_maps_are_averaged(network: Network, grid: int) -> None:
    found = activations(network, {"low": "features.0"}, grid=grid)(PIXELS)["low"]
    first = network.features[0](INPUT)
    assert found.shape == (5, 4 * grid**2)
    cell = first[:, :, : -(-6 // grid), : -(-4 // grid)].mean(dim=(2, 3)).detach()
    np.testing.assert_allclose(found[:, :: grid**2], cell, rtol=1e-5, atol=1e-6)


def test_own_preprocessing(network: Network) -> None:
    def grey(pixels: np.ndarray) -> np.ndarray:
        return np.repeat(pixels.mean(axis=3, keepdims=True), 3, axis=3).transpose(0, 3, 1, 2).astype(np.float32)

    found = activations(network, ["head"], preprocess=grey)(PIXELS)["head"]
    np.testing.assert_allclose(found, network.eval()(torch.tensor(grey(PIXELS))).detach(), rtol=1e-4)


def test_images_are_described_by_layers(network: Network) -> None:
    extractor = activations(network, {"low": "features.0", "high": "features.3"})
    described = Images(PIXELS).with_features(extractor, batch_size=2)
    assert isinstance(described.features, FeatureBlocks)
    assert repr(described.features) == "FeatureBlocks(5 rows; low: 4, high: 2)"
    np.testing.assert_allclose(
        described.take(np.arange(5)).data, np.hstack(list(extractor(PIXELS).values())), rtol=1e-5, atol=1e-6
    )


def test_the_module_is_left_as_it_was(network: Network) -> None:
    network.train()
    network.features[2].eval()
    before = {name: values.clone() for name, values in network.state_dict().items()}
    activations(network, ["head"])(PIXELS)
    assert [part.training for part in (network, network.noise, network.features[2])] == [True, True, False]
    assert all(torch.equal(values, before[name]) for name, values in network.state_dict().items())
    assert not any(part._forward_hooks for part in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_it_is_left_as_it_was_after_an_error(network: Network) -> None:
    network.train()
    with pytest.raises(RuntimeError, match="expected input"):
        activations(network, ["head"])(PIXELS[..., :1])
    assert network.training
    assert not any(part._forward_hooks for part in network.modules())


def test_other_precisions_and_read_only_pixels(network: Network) -> None:
    pixels = PIXELS.copy()
    pixels.flags.writeable = False
    found = activations(network.double(), ["head"])(pixels)["head"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, activations(network.float(), ["head"])(PIXELS)["head"], rtol=1e-4)


def test_names_that_are_no_identifiers() -> None:
    assert list(activations(nn.Sequential(nn.Flatten(), nn.ReLU()), ["1"])(PIXELS)) == ["layer_1"]


def test_a_module_without_parameters() -> None:
    found = activations(nn.Sequential(nn.AvgPool2d(2)), {"small": "0"}, grid=None)(PIXELS)
    assert found["small"].shape == (5, 3 * 4 * 3)


@pytest.mark.parametrize(
    ("layers", "error", "words"),
    [
        (["features.9"], ValueError, r"got 'features\.9'; it has features\.\d, features\.\d, features\.\d"),
        (["zzz"], ValueError, r"got 'zzz'; it has features, features\.0, .*, pair$"),
        ([], ValueError, r"layers must be one or more names, each once, got \[\]"),
        (["head", "head"], ValueError, "each once, got"),
        ("head", TypeError, "layers must be a list of names, .* got 'head'"),
        (5, TypeError, "layers must be a list of names, .* got 5"),
    ],
)
def test_layers_that_are_not_there(network: Network, layers: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        activations(network, layers)


@pytest.mark.parametrize(
    ("layer", "error", "words"),
    [
        ("never", ValueError, "layer of block 'never' must run once for a batch, it ran 0 times"),
        ("twice", ValueError, "layer of block 'twice' must run once for a batch, it ran 2 times"),
        ("pair", TypeError, "layer of block 'pair' must give a tensor, it gave a tuple"),
    ],
)
def test_layers_that_say_nothing(network: Network, layer: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        activations(network, [layer])(PIXELS)


def test_arguments(network: Network) -> None:
    with pytest.raises(TypeError, match=r"module must be a torch\.nn\.Module, got str"):
        activations("network", ["head"])
    for grid in (0, 1.5):
        with pytest.raises(ValueError, match=f"grid must be a whole number of 1 or more, or None, got {grid}"):
            activations(network, ["head"], grid=grid)  # type: ignore[arg-type]


def test_without_pytorch(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"activations need PyTorch: pip install 'mixviz\[torch\]'"):
        activations(network, ["head"])
