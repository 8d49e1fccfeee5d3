"""Features of images from any function of their pixels, kept and read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixviz.data.blocks import FeatureBlocks
from mixviz.data.images import Images

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 4, 5, 3)).astype(np.uint8)
IMAGES = Images(PIXELS, list("abcdefg"))


def colours(pixels: np.ndarray) -> np.ndarray:
    return pixels.mean(axis=(1, 2))


def test_an_array_of_features() -> None:
    described = IMAGES.with_features(colours, batch_size=3)
    assert (described.labels, described.features.dtype) == (IMAGES.labels, np.float32)
    assert IMAGES.features is None
    np.testing.assert_allclose(described.take(np.array([6, 0])).data, colours(PIXELS[[6, 0]]), rtol=1e-6)
    np.testing.assert_array_equal(described.pixels, PIXELS)


def test_blocks_of_features() -> None:
    described = IMAGES.with_features(lambda pixels: {"colour": colours(pixels), "size": pixels[:, 0, 0, :1]})
    assert isinstance(described.features, FeatureBlocks)
    assert repr(described.features) == "FeatureBlocks(7 rows; colour: 3, size: 1)"
    again = described.with_features(colours)
    np.testing.assert_allclose(again.features, colours(PIXELS), rtol=1e-6)


def test_what_the_function_gets() -> None:
    seen: list[Any] = []
    Images(PIXELS[..., 0] / 255.0).with_features(lambda pixels: seen.append(pixels) or pixels[:, 0, :, 0], batch_size=4)
    assert [(pixels.dtype, pixels.shape) for pixels in seen] == [(np.uint8, (4, 4, 5, 1)), (np.uint8, (3, 4, 5, 1))]
    np.testing.assert_array_equal(seen[1][..., 0], PIXELS[4:, ..., 0])


@pytest.mark.parametrize(
    ("extractor", "error", "words"),
    [
        ("pool1", TypeError, "extractor must be a function of pixels, got 'pool1'"),
        (lambda _: {}, ValueError, "extractor must return at least one block"),
        (lambda _: {"pool.1": np.eye(3)}, ValueError, "by identifiers such as 'pool1', got 'pool.1'"),
        (lambda _: [["x"]] * 3, TypeError, "arrays of real numbers, got <U1"),
        (lambda _: {"a": None}, TypeError, "arrays of real numbers, got object in block 'a'"),
        (lambda _: np.zeros(3), ValueError, r"shape \(3, features\) for 3 images, got \(3,\)"),
        (lambda pixels: pixels, ValueError, r"got \(3, 4, 5, 3\)"),
        (lambda _: np.zeros((3, 0)), ValueError, r"got \(3, 0\)"),
        (lambda _: {"a": np.zeros((2, 4))}, ValueError, r"for 3 images, got \(2, 4\) in block 'a'"),
        (lambda _: np.full((3, 1), np.nan), ValueError, "finite numbers, got NaN or infinity"),
        (
            lambda pixels: {"a" * len(pixels): pixels[:, 0, 0]},
            ValueError,
            "the same features for every batch, got {'aaa': 3}, then {'a': 3}",
        ),
        (
            lambda pixels: np.zeros((len(pixels), len(pixels))),
            ValueError,
            "the same features for every batch, got 3 of them, then 1",
        ),
    ],
)
def test_what_are_no_features(extractor: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        IMAGES.with_features(extractor, batch_size=3)


@pytest.mark.parametrize("batch_size", [0, 1.5])
def test_batch_sizes(batch_size: Any) -> None:
    with pytest.raises(ValueError, match="batch_size must be a whole number of 1 or more"):
        IMAGES.with_features(colours, batch_size=batch_size)


@pytest.mark.parametrize("extractor", [colours, lambda pixels: {"colour": colours(pixels), "red": pixels[:, 0, :, 0]}])
def test_the_cache(tmp_path: Path, extractor: Any) -> None:
    path = tmp_path / "new" / "colours.npz"
    made = IMAGES.with_features(extractor, cache=path)

    def never(_pixels: Any) -> Any:
        raise AssertionError("extracted again")

    kept = IMAGES.with_features(never, cache=path)
    assert kept.fingerprint() == made.fingerprint()
    assert type(kept.features) is type(made.features)
    with pytest.raises(AssertionError, match="extracted again"):
        Images(PIXELS[:3]).with_features(never, cache=path)
    assert kept.with_features(never, cache=path).fingerprint() == made.fingerprint()


@pytest.mark.parametrize("damage", [lambda _: b"", lambda file: file[:-50], lambda file: b"\x80" + file[1:]])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "colours.npz"
    made = IMAGES.with_features(colours, cache=path).fingerprint()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert IMAGES.with_features(colours, cache=str(path)).fingerprint() == made
    assert len(path.read_bytes()) == len(whole)
    assert [file.name for file in tmp_path.iterdir()] == ["colours.npz"]
