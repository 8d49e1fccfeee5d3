"""Images as rows and as pictures, and blocks of features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mixviz.data.blocks import FeatureBlocks
from mixviz.data.datasets import load_digits
from mixviz.data.images import Images
from mixviz.types import Dataset

GREY = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3)
COLOUR = np.linspace(0, 1, 4 * 2 * 3 * 3).reshape(4, 2, 3, 3)


def test_bytes_are_taken_as_they_are() -> None:
    images = Images(GREY, labels=[0, 1, 0, 1])
    batch = images.take(np.array([2, 0]))
    assert isinstance(images, Dataset)
    assert (len(images), images.image_shape, images.labels) == (4, (2, 3, 1), ("0", "1", "0", "1"))
    assert batch.data.dtype == np.uint8
    np.testing.assert_array_equal(batch.data, GREY.reshape(4, 6)[[2, 0]])
    assert images.thumbnails(np.array([1])).shape == (1, 2, 3, 1)
    assert repr(images) == "Images(4 of 2 × 3, in grey; 2 labels)"


def test_floats_become_pictures_of_bytes() -> None:
    images = Images(COLOUR)
    assert images.image_shape == (2, 3, 3)
    shown = images.thumbnails(np.array([0, 3]))
    assert (shown.dtype, shown.shape, shown.min(), shown.max()) == (np.uint8, (2, 2, 3, 3), 0, 255)
    assert images.take(np.array([1])).data.shape == (1, 18)


def test_pixels_are_neither_copied_nor_writeable() -> None:
    own = GREY.copy()
    images = Images(own)
    assert np.shares_memory(images.pixels, own)
    assert own.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        images.pixels[0] = 0


def test_a_memory_map_is_read_where_it_lies(tmp_path: Path) -> None:
    stored = np.memmap(tmp_path / "pixels", np.uint8, "w+", shape=(50, 4, 4))
    stored[:] = np.arange(50)[:, None, None]
    images = Images(np.memmap(tmp_path / "pixels", np.uint8, "r", shape=(50, 4, 4)))
    np.testing.assert_array_equal(images.take(np.array([7, 49])).data[:, 0], [7, 49])
    assert images.fingerprint() == Images(np.array(stored)).fingerprint()


def test_the_fingerprint_sees_every_pixel_and_feature() -> None:
    other = GREY.copy()
    other[3, 1, 2] += 1
    features = np.zeros((4, 2), np.float32)
    seen = [Images(GREY), Images(other), Images(GREY, features=features), Images(GREY, features=features + 1)]
    assert len({images.fingerprint() for images in seen}) == 4


def test_features_stand_in_for_pixels() -> None:
    blocks = FeatureBlocks({"low": np.arange(8.0).reshape(4, 2), "high": np.arange(4.0)[:, None]})
    images = Images(GREY, features=blocks)
    np.testing.assert_array_equal(images.take(np.array([3])).data, [[6, 7, 3]])
    np.testing.assert_array_equal(Images(GREY, features=GREY.reshape(4, 6)).take(np.array([1])).data, [GREY[1].ravel()])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"pixels": GREY.astype(int)}, TypeError, "pixels must be uint8, float32 or float64, got int64"),
        ({"pixels": GREY[0]}, ValueError, r"pixels must have shape \(N, H, W\).*, got \(2, 3\)"),
        ({"pixels": np.zeros((2, 3, 3, 4))}, ValueError, r"got \(2, 3, 3, 4\)"),
        ({"pixels": GREY[:0]}, ValueError, r"got \(0, 2, 3\)"),
        ({"pixels": COLOUR * 255}, ValueError, "must lie from 0 to 1, got .* in image 0"),
        ({"pixels": np.full((2, 1, 1), np.nan)}, ValueError, "must lie from 0 to 1, got nan in image 0"),
        ({"pixels": GREY, "labels": [1, 2]}, ValueError, "labels must have one string per image"),
        ({"pixels": GREY, "features": np.zeros((3, 2))}, ValueError, r"one row per image \(4\), got 3"),
        (
            {"pixels": GREY, "features": np.zeros(4)},
            ValueError,
            r"features must have shape \(rows, features\), got \(4,\)",
        ),
        (
            {"pixels": GREY, "features": np.full((4, 2), np.nan)},
            ValueError,
            "features must hold finite numbers, got NaN",
        ),
        ({"pixels": GREY, "features": [["a"]] * 4}, TypeError, "features must hold real numbers, got <U1"),
        ({"pixels": [GREY[0], GREY[0, :1]]}, ValueError, r"pixels must be images of one size; Images\.from_folder"),
        ({"pixels": np.array([GREY[0], None], object)}, ValueError, "pixels must be images of one size"),
    ],
)
def test_what_are_no_images(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Images(**arguments)


def test_blocks_weigh_alike_after_scaling() -> None:
    rng = np.random.default_rng(0)
    low, high = rng.normal(5, 100, (9000, 3)), rng.integers(0, 4, (9000, 7)).astype(np.uint8)
    blocks = FeatureBlocks({"low": low, "high": high})
    assert isinstance(blocks, Dataset)
    assert (blocks.names, blocks.slices) == (("low", "high"), {"low": slice(0, 3), "high": slice(3, 10)})
    data = blocks.take(np.arange(9000)).data
    assert data.dtype == np.float32
    for scale, columns in zip(blocks.scales, blocks.slices.values(), strict=True):
        block = data[:, columns].astype(float)
        assert scale * ((block - block.mean(axis=0)) ** 2).sum(axis=1).mean() == pytest.approx(1, rel=1e-5)
    assert repr(blocks) == "FeatureBlocks(9,000 rows; low: 3, high: 7)"
    assert blocks.fingerprint() != FeatureBlocks({"low": low, "top": high}).fingerprint()


@pytest.mark.parametrize(
    ("blocks", "error", "words"),
    [
        ({}, ValueError, "blocks must be a mapping of names to arrays, with at least one"),
        ([GREY], ValueError, "blocks must be a mapping"),
        ({"a b": np.eye(2)}, ValueError, "a block's name must be an identifier such as 'pool1', got 'a b'"),
        ({"a": np.array([["x"]])}, TypeError, "block 'a' must hold real numbers, got <U1"),
        ({"a": np.zeros(3)}, ValueError, r"block 'a' must have shape \(rows, features\), got \(3,\)"),
        ({"a": np.eye(2), "b": np.eye(3)}, ValueError, "equally many rows, got {'a': 2, 'b': 3}"),
        ({"a": np.array([[1.0], [np.nan]])}, ValueError, "block 'a' must hold finite numbers"),
        ({"a": np.ones((4, 2))}, ValueError, "all rows of block 'a' are equal"),
    ],
)
def test_what_are_no_blocks(blocks: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        FeatureBlocks(blocks)


def test_digits_need_no_download() -> None:
    digits = load_digits()
    assert repr(digits) == "Images(1,797 of 8 × 8, in grey; 10 labels)"
    assert (digits.pixels.dtype, digits.pixels.max()) == (np.uint8, 255)
    assert digits.labels is not None
    assert digits.labels[:3] == ("0", "1", "2")


def test_blocks_keep_the_names_of_columns() -> None:
    table = pd.DataFrame({"malic acid": [1.0, 2.0], "ash": [0.5, 0.1]})
    blocks = FeatureBlocks({"acids": table, "by_eye": np.eye(2)})
    assert blocks.feature_names == ["malic acid", "ash", "by eye 0", "by eye 1"]
