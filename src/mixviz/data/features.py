"""Features of images: what a function of their pixels says about them, batch by batch."""

from __future__ import annotations

import logging
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from tqdm.auto import tqdm

from mixviz.data.blocks import FeatureBlocks
from mixviz.storage import replacing

if TYPE_CHECKING:
    from mixviz.data.images import Images

Extractor = Callable[[npt.NDArray[np.uint8]], Any]
"""Gets pixels, shape (n, H, W, C); returns an array of shape (n, F), or a mapping of names to such arrays."""

Block = npt.NDArray[np.float32]

_ONLY = "features of all"
"""Stands for the name of an array that came alone; like the next no identifier, as the names of blocks are."""
_DIGEST = "digest of pixels"

logger = logging.getLogger(__name__)


def features(images: Images, extractor: Extractor, batch_size: int, cache: Path | None) -> FeatureBlocks | Block:
    """Return the features of all images: see :meth:`mixviz.data.images.Images.with_features`."""
    if not callable(extractor):
        raise TypeError(f"extractor must be a function of pixels, got {extractor!r:.200}")
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be a whole number of 1 or more, got {batch_size!r}")
    blocks = _cached(cache, images, extractor, batch_size) if cache else _extracted(images, extractor, batch_size)
    return blocks[_ONLY] if _ONLY in blocks else FeatureBlocks(blocks)


def _cached(path: Path, images: Images, extractor: Extractor, batch_size: int) -> dict[str, Block]:
    digest = images.fingerprint()
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            if digest == str(archive[_DIGEST]):
                return {name: archive[name] for name in archive.files if name != _DIGEST}
            logger.info("%s was made of other pixels: features are extracted anew", path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        logger.info("features are extracted anew: %s", error)
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = _extracted(images, extractor, batch_size)
    with replacing(path) as stream:
        np.savez(stream, allow_pickle=False, **{_DIGEST: np.array(digest)}, **blocks)
    return blocks


def _extracted(images: Images, extractor: Extractor, batch_size: int) -> dict[str, Block]:
    blocks: dict[str, Block] = {}
    with tqdm(desc="features", total=len(images), unit="image", delay=2) as bar:
        for first in range(0, len(images), batch_size):
            rows = np.arange(first, min(first + batch_size, len(images)))
            found = _as_blocks(extractor(images.thumbnails(rows)), len(rows))
            if not first:
                blocks = {name: np.empty((len(images), part.shape[1]), np.float32) for name, part in found.items()}
            _store(found, blocks, rows)
            bar.update(len(rows))
    return blocks


def _as_blocks(result: Any, n_rows: int) -> dict[str, npt.NDArray[Any]]:
    named = result if isinstance(result, Mapping) else {_ONLY: result}
    if not named:
        raise ValueError("extractor must return at least one block of features, got an empty mapping")
    blocks = {name: np.asarray(values) for name, values in named.items()}
    for name, values in blocks.items():
        if name != _ONLY and not str(name).isidentifier():
            raise ValueError(f"extractor must name its blocks by identifiers such as 'pool1', got {name!r}")
        if values.dtype.kind not in "biuf":
            raise TypeError(f"extractor must return arrays of real numbers, got {values.dtype}{_of(name)}")
        if values.ndim != 2 or len(values) != n_rows or not values.shape[1]:
            raise ValueError(
                f"extractor must return arrays of shape ({n_rows}, features) for {n_rows} images, "
                f"got {values.shape}{_of(name)}"
            )
        if not np.isfinite(values).all():
            raise ValueError(f"extractor must return finite numbers, got NaN or infinity{_of(name)}")
    return blocks


def _store(found: dict[str, npt.NDArray[Any]], blocks: dict[str, Block], rows: Any) -> None:
    """Write the features of a batch to their rows, or raise if they are not of the shape that the first batch had."""
    widths, first = ({name: part.shape[1] for name, part in parts.items()} for parts in (found, blocks))
    if widths != first:
        raise ValueError(
            f"extractor must return the same features for every batch, got {_told(first)}, then {_told(widths)}"
        )
    for name, part in found.items():
        blocks[name][rows] = part


def _of(name: str) -> str:
    return f" in block {name!r}" if name != _ONLY else ""


def _told(widths: dict[str, int]) -> str:
    return f"{widths[_ONLY]} of them" if _ONLY in widths else str(widths)
