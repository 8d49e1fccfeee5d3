"""Clusters that can be looked at as images: which sessions have them, and pictures to send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mixviz.data.images import Images
from mixviz.types import IntArray
from mixviz.views.base import Source
from mixviz.views.clusters import centres_of

Pictures = npt.NDArray[np.uint8]
MAX_BYTES = 2 << 20
"""Pictures of one frame are made smaller until they take no more than this."""
BYTES_A_SECOND = 1 << 19
"""That a panel of images sends; they may be fetched over a slow network."""
_PIXELS_AT_ONCE = 1 << 14
_INK_IMAGES = 64
_DARK, _INK_DARKNESS = 32, 0.4
"""Images are drawings where so large a share of their pixels is darker than that."""


def has_images(source: Source) -> bool:
    """Whether the model has clusters of images."""
    return centres_of(source.published.state) is not None and isinstance(source.data, Images)


def has_pixels(source: Source) -> bool:
    """Whether the clusters' features are pixels, so that a centre is an image itself."""
    return has_images(source) and source.data.features is None


def pictures_of_centres(state: Any, data: Images, order: IntArray) -> Pictures:
    """Return centres in an order as images, uint8, shape (n, H, W, C); NMF's parts, without scale, as light as can be.

    A few at a time, in memory that is at hand: fresh pages for all would take longer than the arithmetic.
    """
    centres = centres_of(state)
    assert centres is not None, "asked of a state without clusters"
    height, width, n_channels = data.image_shape
    step = reduction(len(centres), data.image_shape)
    size = height // step, width // step
    seen = centres.reshape(-1, *data.image_shape)[:, : size[0] * step : step, : size[1] * step : step]
    pictures = np.empty((len(order), *size, n_channels), np.uint8)
    n = max(_PIXELS_AT_ONCE // seen[0].size, 1)
    for first in range(0, len(order), n):
        shown = seen[order[first : first + n]].astype(np.float32, copy=False)
        if hasattr(state, "components_kf"):
            most = shown.max(axis=(1, 2, 3), keepdims=True)
            shown *= np.float32(255) / np.where(most > 1e-30, most, 1)
        elif data.pixels.dtype != np.uint8:
            shown *= np.float32(255)
        shown += np.float32(0.5)
        pictures[first : first + n] = np.clip(shown, 0, 255, out=shown)
    return pictures


def reduction(n: int, shape: tuple[int, int, int], max_bytes: int = MAX_BYTES) -> int:
    """Return by what whole number the sides of `n` images are divided so that all fit into `max_bytes`."""
    height, width, channels = shape
    step = 1
    while n * (height // step) * (width // step) * channels > max_bytes and step < min(height, width):
        step += 1
    return step


def reduced(pictures: Pictures, step: int) -> Pictures:
    """Return images with sides `step` times as short: means over squares of pixels; what is left at the ends is cut."""
    if step == 1:
        return pictures
    n, height, width, channels = pictures.shape
    high, wide = height // step, width // step
    squares = pictures[:, : high * step, : wide * step].reshape(n, high, step, wide, step, channels)
    means: Pictures = np.round(squares.mean(axis=(2, 4), dtype=np.float32)).astype(np.uint8)
    return means


class Thumbnails:
    """Images of rows, small enough to send; those that are shown are kept, for large ones take a while to make small.

    Parameters
    ----------
    data : Images

    Attributes
    ----------
    is_ink : bool
        Whether the images are drawings, light on black, as digits are: a light page may show those dark on white.
    """

    def __init__(self, data: Images) -> None:
        self.data = data
        self.is_ink = data.image_shape[2] == 1 and self._darkness() >= _INK_DARKNESS
        self._step = 0
        self._kept: dict[int, Pictures] = {}

    def _darkness(self) -> float:
        """Return the share of pixels that are nearly black, of some images."""
        n = min(_INK_IMAGES, len(self.data))
        return float((self.data.thumbnails(np.arange(n) * len(self.data) // n) < _DARK).mean())

    def take(self, rows: Sequence[int], n_most: int, max_bytes: int = MAX_BYTES) -> Pictures:
        """Return the images of `rows`, so small that `n_most` fit into `max_bytes`, uint8, shape (n, H, W, C)."""
        step = reduction(n_most, self.data.image_shape, max_bytes)
        if step != self._step:
            self._step, self._kept = step, {}
        kept = self._kept
        self._kept = {row: kept[row] if row in kept else self._made(row) for row in rows}
        height, width, channels = self.data.image_shape
        shown = [self._kept[row] for row in rows]
        return np.stack(shown) if shown else np.empty((0, height // step, width // step, channels), np.uint8)

    def _made(self, row: int) -> Pictures:
        made: Pictures = reduced(self.data.thumbnails(np.array([row])), self._step)[0]
        return made


def interval_of(pictures: Pictures) -> float:
    """Return after how many seconds so many bytes may be sent again: 1 or more."""
    return max(1.0, pictures.nbytes / BYTES_A_SECOND)
