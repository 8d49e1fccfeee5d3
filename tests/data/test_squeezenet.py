"""SqueezeNet with stored weights, and what it says of real photographs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from mixviz.data.activations import activations
from mixviz.data.download import data_folder
from mixviz.data.images import Images

if not os.environ.get("CI"):
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mixviz[torch]'")
from mixviz.data.squeezenet import MEAN_BGR, SIZE, load_squeezenet, preprocess


def test_input_is_blue_green_red() -> None:
    pixels = np.zeros((1, 2, 2, 3), np.uint8)
    pixels[0, 0, 1] = 200, 20, 2
    assert preprocess(pixels)[0, :, 0, 1].tolist() == [2 - MEAN_BGR[0], 20 - MEAN_BGR[1], 200 - MEAN_BGR[2]]
    assert preprocess(pixels)[0, :, 1, 1].tolist() == [-mean for mean in MEAN_BGR]


def test_weights_that_are_missing(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", **{"conv1.weight": np.zeros((96, 3, 7, 7), np.float32)})
    with pytest.raises(RuntimeError, match=r"(?s)Missing key.*conv1\.0\.bias.*fire2\.conv1x1_1\.weight"):
        load_squeezenet(tmp_path / "weights.npz")


@pytest.mark.skipif("MIXVIZ_DATA" not in os.environ, reason="MIXVIZ_DATA is not set: the photographs are not here")
def test_real_photographs() -> None:
    """It names five of which one is right for four photographs in five, as published; every tenth class is tried."""
    folder = data_folder()
    assert folder is not None
    network = load_squeezenet(folder / "networks" / "squeezenet_v1.0_deepcompressed.npz")
    images = Images.from_folder(folder / "images" / "imagenet_sample_1000_short256.zip", size=SIZE)
    tried = np.arange(0, 1000, 10)  # file names sort as classes do
    run = activations(network, {"low": "pool1", "high": "fire9", "scores": "scores"}, preprocess=preprocess)
    found = run(images.thumbnails(tried))
    assert {name: values.shape for name, values in found.items()} == {
        "low": (100, 96),
        "high": (100, 512),
        "scores": (100, 1000),
    }
    ranks = (-found["scores"]).argsort(axis=1)
    assert (ranks[:, 0] == tried).mean() > 0.5
    assert (ranks[:, :5] == tried[:, None]).any(axis=1).mean() > 0.75
