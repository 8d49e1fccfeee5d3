"""Images: rows for a model, pictures for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import xxhash

from mixviz.data.blocks import checked_block
from mixviz.data.checks import label_strings
from mixviz.types import Batch, Dataset, IntArray

if TYPE_CHECKING:
    from mixviz.data.features import Extractor
    from mixviz.data.image_folder import Label, OnError

_CHUNK_BYTES = 16 << 20
"""Pixels are looked through so many at a time: they may be a memory map larger than memory."""
_CHANNELS = (1, 3)


def _one_array(pixels: Any) -> Any:
    try:
        found = np.asanyarray(pixels)
    except ValueError:
        found = None  # NumPy makes no array of images of several sizes
    if found is None or found.dtype == object:
        raise ValueError("pixels must be images of one size; Images.from_folder(..., size=(height, width)) scales them")
    return found


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """Images of one size. Satisfies :class:`mixviz.types.Dataset`: a row is an image, its columns pixels or features.

    Parameters
    ----------
    pixels : ndarray or memmap, shape (N, H, W) or (N, H, W, C), C = 1 or 3
        uint8, or float32 or float64 from 0 to 1. Neither copied nor changed; nobody may change them afterwards.
    labels : sequence of str or int, length N, optional
        What each shows, for comparison with what a model finds.
    features : Dataset or ndarray, shape (N, F), optional
        What a model learns from instead of the pixels, such as :class:`mixviz.data.blocks.FeatureBlocks`.

    Attributes
    ----------
    image_shape : tuple of int
        H, W, C.
    unit : str
        What a row is called.

    Raises
    ------
    TypeError
        If the pixels are neither bytes nor floats, or the features no real numbers.
    ValueError
        If there is no image, the shape is another, images differ in size, a float lies outside 0 to 1, a number is NaN
        or infinite, or a length does not match.
    """

    unit: ClassVar[str] = "images"

    pixels: Any
    labels: Sequence[str] | None = None
    features: Any = None

    def __post_init__(self) -> None:
        pixels = _one_array(self.pixels)
        if pixels.dtype not in (np.uint8, np.float32, np.float64):
            raise TypeError(f"pixels must be uint8, float32 or float64, got {pixels.dtype}")
        is_shape = pixels.ndim == 3 or (pixels.ndim == 4 and pixels.shape[3] in _CHANNELS)
        if not is_shape or 0 in pixels.shape:
            raise ValueError(f"pixels must have shape (N, H, W) or (N, H, W, 1 or 3), got {pixels.shape}")
        shown = pixels.view()
        shown.flags.writeable = False
        object.__setattr__(self, "pixels", shown)
        if pixels.dtype != np.uint8:
            self._check_range()
        if self.labels is not None:
            object.__setattr__(self, "labels", label_strings(self.labels, len(pixels), "image"))
        if self.features is not None:
            if not isinstance(self.features, Dataset):
                object.__setattr__(self, "features", checked_block("features", self.features))
            if len(self.features) != len(pixels):
                raise ValueError(f"features must have one row per image ({len(pixels):,}), got {len(self.features):,}")

    @classmethod
    def from_folder(
        cls,
        path: str | Path,
        *,
        size: tuple[int, int] | None = None,
        channels: int = 3,
        label: Label | None = None,
        on_error: OnError = "raise",
    ) -> Self:
        """Return the images in a folder and the folders in it, or in a zip archive, sorted by their paths.

        BMP, GIF (the first picture), JPEG, PNG, PPM, TIFF and WebP, told by the endings of their names; hidden files
        are no images. Transparent parts become white, photographs stand upright. Decoded one at a time, kept as bytes.

        Parameters
        ----------
        path : path
            A folder or a zip archive.
        size : (int, int), optional
            Height and width that all are brought to: scaled, and cut at the edges where the shape is another. Without
            it all must be of one size.
        channels : {3, 1}
            Colour or grey.
        label : callable, optional
            Gets the path of an image inside `path`, a :class:`pathlib.PurePosixPath`, and returns its label. By
            default that is the name of the folder the image lies in, and there are no labels if all lie in `path`.
        on_error : {"raise", "skip"}
            What to do about files that cannot be read: raise an error that lists them, or leave them out with a warning
            that lists them.

        Raises
        ------
        FileNotFoundError
            If there is nothing at `path`.
        ValueError
            If there is no image, one cannot be read, or sizes differ.
        """
        from mixviz.data.image_folder import read_folder

        return cls(*read_folder(Path(path), size, channels, label, on_error))

    def _check_range(self) -> None:
        for first, chunk in self._chunks():
            is_bad = ~((chunk >= 0) & (chunk <= 1))
            if is_bad.any():
                at = first + int(np.argmax(is_bad.reshape(len(chunk), -1).any(axis=1)))
                raise ValueError(f"pixels that are floats must lie from 0 to 1, got {chunk[is_bad][0]} in image {at:,}")

    def _chunks(self) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        n = max(_CHUNK_BYTES // max(self.pixels[0].nbytes, 1), 1)
        for first in range(0, len(self.pixels), n):
            yield first, np.asarray(self.pixels[first : first + n])

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        _, height, width, *channels = self.pixels.shape
        return int(height), int(width), int(channels[0]) if channels else 1

    def __len__(self) -> int:
        return int(self.pixels.shape[0])

    def take(self, rows: IntArray) -> Batch:
        """Return the given images as a batch: their features, or their pixels one after the other, as they are."""
        rows = np.asarray(rows, np.int64)
        if isinstance(self.features, Dataset):
            return self.features.take(rows)
        if self.features is not None:
            return Batch(rows, self.features[rows])
        return Batch(rows, np.asarray(self.pixels[rows]).reshape(len(rows), int(np.prod(self.image_shape))))

    def thumbnails(self, rows: IntArray) -> npt.NDArray[np.uint8]:
        """Return the given images to look at, uint8, shape (n, H, W, C)."""
        chosen = np.asarray(self.pixels[np.asarray(rows, np.int64)])
        if chosen.dtype != np.uint8:
            chosen = np.round(chosen * 255).astype(np.uint8)
        return chosen.reshape(-1, *self.image_shape)

    def with_features(self, extractor: Extractor, *, batch_size: int = 32, cache: str | Path | None = None) -> Self:
        """Return the same images, which a model now learns from by what a function says of their pixels.

        Parameters
        ----------
        extractor : callable
            Gets pixels, uint8, shape (n, H, W, C), and returns an array of shape (n, F), or a mapping of names to such
            arrays, which become :class:`mixviz.data.blocks.FeatureBlocks`: each with a live weight. Kept as float32.
            For layers of a neural network see :func:`mixviz.data.activations.activations`.
        batch_size : int
            Images at a time.
        cache : path, optional
            A file to keep the features in, and to read them from where it was made of the same pixels. It does not
            know the function: give it another name when the function changes.

        Raises
        ------
        TypeError, ValueError
            If the function returns something else, other features for some images, NaN or infinity.
        """
        from mixviz.data.features import features

        pictures = replace(self, features=None)
        return replace(self, features=features(pictures, extractor, batch_size, Path(cache) if cache else None))

    def fingerprint(self) -> str:
        """Return a digest of pixels and features."""
        digest = xxhash.xxh3_128(repr((self.pixels.shape, self.pixels.dtype.str)).encode())
        for _, chunk in self._chunks():
            digest.update(np.ascontiguousarray(chunk).reshape(-1).view(np.uint8).data)
        if isinstance(self.features, Dataset):
            digest.update(self.features.fingerprint().encode())
        elif self.features is not None:
            digest.update(np.ascontiguousarray(self.features).reshape(-1).view(np.uint8).data)
        return digest.hexdigest()

    def __repr__(self) -> str:
        height, width, channels = self.image_shape
        colours = "in colour" if channels == 3 else "in grey"
        labels = f"; {len(set(self.labels)):,} labels" if self.labels is not None else ""
        return f"Images({len(self):,} of {height} × {width}, {colours}{labels})"
