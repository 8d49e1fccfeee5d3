"""Images from a folder or a zip archive: found, decoded one at a time, brought to one size."""

from __future__ import annotations

import io
import logging
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from tqdm.auto import tqdm

from mixviz.types import check_callable

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
_LARGEST_BYTES = 1 << 28
"""A file in an archive may be so large: a small archive can hold one that fills all memory."""
_LISTED = 10

OnError = Literal["raise", "skip"]
Label = Callable[[PurePosixPath], str]
_Read = Callable[[PurePosixPath], bytes]

logger = logging.getLogger(__name__)


def read_folder(
    path: Path, size: tuple[int, int] | None, channels: int, label: Label | None, on_error: OnError
) -> tuple[npt.NDArray[np.uint8], list[str] | None]:
    """Return pixels and labels of the images at `path`: see :meth:`mixviz.data.images.Images.from_folder`."""
    _check(size, channels, on_error)
    if label is not None:
        check_callable("label", label)
    with _opened(path) as (names, read):
        if not names:
            raise ValueError(f"path must hold images ({', '.join(SUFFIXES)}), got none in {path}")
        pixels, kept, failures = _decode_all(names, read, size, channels)
    if failures:
        _report(failures, len(names), on_error)
    if label is None and all(len(name.parts) == 1 for name in kept):
        return pixels, None
    root = path.resolve().name if path.is_dir() else path.stem
    return pixels, [label(name) if label else name.parent.name or root for name in kept]


def _check(size: Any, channels: int, on_error: str) -> None:
    if size is not None:
        is_pair = isinstance(size, Sequence) and len(size) == 2
        if not is_pair or not all(isinstance(n, (int, np.integer)) and n >= 1 for n in size):
            raise ValueError(f"size must be (height, width), two whole numbers of 1 or more, got {size!r}")
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 (grey) or 3 (colour), got {channels!r}")
    if on_error not in ("raise", "skip"):
        raise ValueError(f"on_error must be 'raise' or 'skip', got {on_error!r}")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[list[PurePosixPath], _Read]]:
    """Give the names of all images in a folder or an archive, sorted, and a function that reads one."""
    if path.is_dir():
        found = [PurePosixPath(file.relative_to(path).as_posix()) for file in path.rglob("*") if file.is_file()]
        yield _images(found), lambda name: (path / name).read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = {PurePosixPath(member.filename): member for member in archive.infolist() if not member.is_dir()}
            yield _images(members), lambda name: _unpacked(archive, members[name])
    elif path.exists():
        raise ValueError(f"path must be a folder or a zip archive, got {path}")
    else:
        raise FileNotFoundError(f"path must be a folder or a zip archive, {path} does not exist")


def _images(names: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    def is_image(name: PurePosixPath) -> bool:
        is_hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts)
        return name.suffix.lower() in SUFFIXES and not is_hidden

    return sorted(filter(is_image, names), key=str)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > _LARGEST_BYTES:
        raise ValueError(f"{member.file_size:,} bytes are too many: {_LARGEST_BYTES:,} at most")
    return archive.read(member)


def _decode_all(
    names: list[PurePosixPath], read: _Read, size: tuple[int, int] | None, channels: int
) -> tuple[npt.NDArray[np.uint8], list[PurePosixPath], dict[PurePosixPath, str]]:
    """Return the pixels of the images that can be read, their names, and why the others cannot."""
    pixels = np.empty((0, 0, 0), np.uint8)
    kept: list[PurePosixPath] = []
    failures: dict[PurePosixPath, str] = {}
    for name in tqdm(names, desc="reading images", unit="image", delay=2):
        try:
            image = decode(read(name), size, channels)
        except Exception as error:  # a damaged file makes decoders raise anything
            failures[name] = " ".join(str(error).split()) or type(error).__name__
            continue
        if not kept:
            pixels = np.empty((len(names), *image.shape), np.uint8)
        if image.shape != pixels.shape[1:]:
            raise ValueError(
                f"images must be of one size, got {pixels.shape[1]} × {pixels.shape[2]} in {kept[0]} and "
                f"{image.shape[0]} × {image.shape[1]} in {name}: pass size=(height, width) to bring all to that"
            )
        pixels[len(kept)] = image
        kept.append(name)
    return pixels[: len(kept)], kept, failures


def decode(content: bytes, size: tuple[int, int] | None, channels: int) -> npt.NDArray[np.uint8]:
    """Return the image in the bytes of a file, shape (H, W) or (H, W, 3): upright, on white, cut to `size`.

    Raises
    ------
    Exception
        If Pillow cannot read it, it has more than 8 bits a channel, or so many pixels that it may be meant to harm.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
        except UnidentifiedImageError:
            raise ValueError("its content is no image") from None
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"it has more than 8 bits a channel (mode {image.mode})")
    if size is not None:
        image.draft(None, (2 * max(size), 2 * max(size)))  # of a large JPEG only as much as is needed, much sooner
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB" if channels == 3 else "L")
    if size is not None:
        image = ImageOps.fit(image, (size[1], size[0]))
    return np.asarray(image)


def _report(failures: Mapping[PurePosixPath, str], n_images: int, on_error: OnError) -> None:
    """Say which files could not be read, as an error or, where others are left and that is wanted, as a warning."""
    for name, reason in failures.items():
        logger.info("%s cannot be read: %s", name, reason)
    shown = [f"{name} ({reason})" for name, reason in list(failures.items())[:_LISTED]]
    if len(failures) > _LISTED:
        shown.append(f"and {len(failures) - _LISTED:,} more")
    listed = f"{len(failures):,} of {n_images:,} images cannot be read: {', '.join(shown)}"
    if on_error == "raise" or len(failures) == n_images:
        raise ValueError(f"{listed}. on_error='skip' leaves such files out")
    warnings.warn(f"{listed}. They are left out", stacklevel=4)
