"""Ready-made sets of images: their files, well-formed and not, and where they come from."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import os
import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mixviz.data import datasets
from mixviz.data.download import DownloadError
from mixviz.data.image_files import read_cifar, read_idx, read_idx_images
from tests.data.conftest import Server

PIXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
CLASSES = np.array([9, 0, 3], np.uint8)
BATCHES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


def idx(values: npt.NDArray[np.uint8]) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes()


def stored(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx(tmp_path: Path, pack: type[bytes]) -> None:
    read = read_idx(stored(tmp_path / "x.idx", pack(idx(PIXELS))))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, PIXELS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"is no idx file: it begins with b''"),
        (b"<!DOCTYPE html>", r"is no idx file: it begins with b'<!DO'"),
        (b"\0\0\x0d\x01" + b"\0" * 8, "must hold bytes .type 0x08., got type 0x0d"),
        (idx(PIXELS)[:10], "is cut short: its header alone takes 16 bytes"),
        (idx(PIXELS)[:-1], r"must hold an array of shape \(3, 4, 5\), got 59 bytes of it"),
        (b"\0\0\x08\x03" + b"\xff" * 12, r"must hold an array of shape \(4294967295, .*, got 0 bytes of it"),
        (idx(PIXELS) + b"\0", r"must hold an array of shape \(3, 4, 5\), got 61 bytes of it"),
        (gzip.compress(idx(PIXELS))[:-12], "is damaged: Compressed file ended"),
        (gzip.compress(idx(PIXELS))[:-8] + b"\0" * 8, "is damaged: CRC check failed"),
    ],
)
def test_what_is_no_idx_file(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=rf"x\.idx {words}"):
        read_idx(stored(tmp_path / "x.idx", content))


def test_idx_files_that_do_not_belong_together(tmp_path: Path) -> None:
    images, labels = stored(tmp_path / "images", idx(PIXELS)), stored(tmp_path / "labels", idx(CLASSES[:2]))
    with pytest.raises(ValueError, match=r"images and .*labels must hold .* got shapes \(3, 4, 5\) and \(2,\)"):
        read_idx_images(images, labels)


def digits(server: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the server have a set of three images for training and two for testing."""
    for stem, n in (("train", 3), ("t10k", 2)):
        for kind, values in (("images-idx3", PIXELS[:n]), ("labels-idx1", CLASSES[:n])):
            content = gzip.compress(idx(values))
            server.files[f"/{stem}-{kind}-ubyte.gz"] = content
            checksums = getattr(datasets, f"{name.upper()}_SHA256")
            monkeypatch.setitem(checksums, f"{stem}-{kind}-ubyte.gz", hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("name", "labels"), [("mnist", ("9", "0", "3")), ("fashion_mnist", ("Ankle boot", "T-shirt/top", "Dress"))]
)
def test_idx_sets(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, labels: tuple[str, ...]
) -> None:
    digits(server, monkeypatch, name)
    fetch = getattr(datasets, f"fetch_{name}")
    images = fetch(folder=tmp_path, base_url=server.url)
    assert images.labels == labels
    np.testing.assert_array_equal(images.pixels, PIXELS)
    assert len(server.requests) == 2
    assert fetch("test", folder=tmp_path, base_url=server.url).labels == labels[:2]
    assert fetch("all", folder=tmp_path, base_url="http://127.0.0.1:1/").labels == labels + labels[:2]
    assert sorted(os.listdir(tmp_path / name)) == sorted(datasets.MNIST_SHA256)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_idx_sets_are_checksummed(server: Server, tmp_path: Path, name: str) -> None:
    server.files["/train-images-idx3-ubyte.gz"] = gzip.compress(idx(PIXELS))
    with pytest.raises(DownloadError, match=rf"train-images-idx3-ubyte\.gz .*wrong checksum.*Put it into .*{name}"):
        getattr(datasets, f"fetch_{name}")(folder=tmp_path, base_url=server.url)
    assert os.listdir(tmp_path / name) == []


def test_idx_sets_from_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path / "images" / "mnist" / "t10k-images-idx3-ubyte.gz", idx(PIXELS))
    stored(tmp_path / "images" / "mnist" / "t10k-labels-idx1-ubyte.gz", idx(CLASSES))
    monkeypatch.setenv("MIXVIZ_DATA", str(tmp_path))
    assert datasets.fetch_mnist("test", base_url="http://127.0.0.1:1/").labels == ("9", "0", "3")


def test_an_unknown_subset() -> None:
    with pytest.raises(ValueError, match="subset must be 'train', 'test' or 'all', got 'both'"):
        datasets.fetch_mnist("both")  # type: ignore[arg-type]


def test_a_class_that_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz", idx(PIXELS))
    stored(tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz", idx(CLASSES + 1))
    monkeypatch.setenv("MIXVIZ_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=r"t10k-labels-idx1-ubyte\.gz must hold classes from 0 to 9, got 10"):
        datasets.fetch_mnist("test")


def cifar(batches: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def record(number: int) -> bytes:
    """Return an image of class `number` whose red, green and blue say where a pixel is, and which image it is in."""
    row, column = np.mgrid[:32, :32].astype(np.uint8)
    return bytes([number]) + np.stack([row, column, np.full_like(row, number)]).tobytes()


def test_cifar10(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {name: record(number) for number, name in enumerate(BATCHES)}
    content = cifar({"readme.html": b"hello", **dict(reversed(contents.items()))})
    server.files["/cifar"] = content
    monkeypatch.setattr(datasets, "CIFAR10_SHA256", hashlib.sha256(content).hexdigest())
    images = datasets.fetch_cifar10(folder=tmp_path, url=f"{server.url}/cifar")
    assert images.labels == ("airplane", "automobile", "bird", "cat", "deer")
    assert (images.pixels.shape, images.pixels.dtype) == ((5, 32, 32, 3), np.uint8)
    assert images.pixels[3, 7, 21].tolist() == [7, 21, 3]
    assert datasets.fetch_cifar10("test", folder=tmp_path, url=server.url).labels == ("dog",)
    assert len(datasets.fetch_cifar10("all", folder=tmp_path, url=server.url)) == 6


def test_cifar10_is_checksummed(server: Server, tmp_path: Path) -> None:
    server.files["/cifar"] = cifar({"data_batch_1.bin": record(0)})
    with pytest.raises(DownloadError, match="wrong checksum"):
        datasets.fetch_cifar10(folder=tmp_path, url=f"{server.url}/cifar")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (cifar({}), "has no file test_batch.bin"),
        (cifar({"test_batch.bin": record(1)[:-1]}), r"must consist of 3,073 bytes an image"),
        (cifar({"test_batch.bin": b""}), r"must consist of 3,073 bytes an image"),
        (cifar({"test_batch.bin": bytes(np.random.default_rng(0).bytes(math.prod((9, 3073))))})[:-9000], "is damaged:"),
        (b"<!DOCTYPE html>", "is damaged:"),
    ],
)
def test_what_is_no_cifar_archive(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=rf"x\.tar\.gz.*{words}"):
        read_cifar(stored(tmp_path / "x.tar.gz", content), ["test_batch.bin"])


@pytest.mark.skipif("MIXVIZ_DATA" not in os.environ, reason="MIXVIZ_DATA is not set: MNIST is not here")
def test_the_real_mnist() -> None:
    images = datasets.fetch_mnist("all")
    assert repr(images) == "Images(70,000 of 28 × 28, in grey; 10 labels)"
    assert images.labels is not None
    assert images.labels[:5] == ("5", "0", "4", "1", "9")
    assert images.labels[60_000:60_005] == ("7", "2", "1", "0", "4")
    assert images.pixels.mean() == pytest.approx(33.39, abs=0.01)
