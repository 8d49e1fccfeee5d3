"""The files in which well-known sets of images come: idx (MNIST) and CIFAR's binary batches."""

from __future__ import annotations

import gzip
import math
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

_CIFAR_SHAPE = (3, 32, 32)
_CIFAR_RECORD = 1 + math.prod(_CIFAR_SHAPE)
_DAMAGED = (OSError, EOFError, zlib.error, tarfile.TarError)


def read_idx(path: Path) -> Bytes:
    """Return the array of bytes in an idx file, which may be compressed by gzip; read-only.

    Raises
    ------
    ValueError
        If the file is damaged, no idx file, holds something else than bytes, or is too short or too long.
    """
    content = path.read_bytes()
    try:
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except _DAMAGED as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if len(content) < 4 or content[:2] != b"\0\0":
        raise ValueError(f"{path} is no idx file: it begins with {content[:4]!r}")
    if content[2] != 0x08:
        raise ValueError(f"{path} must hold bytes (type 0x08), got type {content[2]:#04x}")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"{path} is cut short: its header alone takes {start} bytes")
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    if len(content) - start != math.prod(shape):
        raise ValueError(f"{path} must hold an array of shape {shape}, got {len(content) - start:,} bytes of it")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_idx_images(images: Path, labels: Path) -> tuple[Bytes, Bytes]:
    """Return the images, shape (N, H, W), and the classes, shape (N,), of two idx files that belong together.

    Raises
    ------
    ValueError
        As :func:`read_idx`; or if the dimensions are others, or the lengths differ.
    """
    pixels, classes = read_idx(images), read_idx(labels)
    if pixels.ndim != 3 or classes.ndim != 1 or len(pixels) != len(classes):
        raise ValueError(
            f"{images} and {labels} must hold images (N, H, W) and their N classes, "
            f"got shapes {pixels.shape} and {classes.shape}"
        )
    return pixels, classes


def read_cifar(path: Path, names: Sequence[str]) -> tuple[Bytes, Bytes]:
    """Return the images, shape (N, 32, 32, 3), and the classes, shape (N,), of batches in CIFAR-10's binary archive.

    Parameters
    ----------
    path : path
        ``cifar-10-binary.tar.gz``.
    names : sequence of str
        Files in it, such as ``data_batch_1.bin``, in the order wanted.

    Raises
    ------
    ValueError
        If the archive is damaged, lacks one of the files, or one does not consist of whole records.
    """
    batches: dict[str, Bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.split("/")[-1]
                file = archive.extractfile(member) if name in names else None
                if file is not None:
                    batches[name] = np.frombuffer(file.read(), np.uint8)
    except _DAMAGED as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    for name in names:
        if name not in batches:
            raise ValueError(f"{path} has no file {name}")
        if batches[name].size % _CIFAR_RECORD or not batches[name].size:
            raise ValueError(f"{name} in {path} must consist of {_CIFAR_RECORD:,} bytes an image")
    records = np.concatenate([batches.pop(name).reshape(-1, _CIFAR_RECORD) for name in names])
    pixels = records[:, 1:].reshape(-1, *_CIFAR_SHAPE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels), records[:, 0].copy()
