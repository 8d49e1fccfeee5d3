"""Images from folders and archives: what is found, what it becomes, and what cannot be read."""

from __future__ import annotations

import io
import shutil
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mixviz.data import image_folder
from mixviz.data.images import Images

RED, GREEN, BLUE = (255, 0, 0), (0, 128, 0), (0, 0, 255)


def picture(colour: Any = RED, size: tuple[int, int] = (6, 8), mode: str = "RGB", **options: Any) -> bytes:
    """Return a file of one colour, `size` being height and width."""
    buffer = io.BytesIO()
    Image.new(mode, size[::-1], colour).save(buffer, **({"format": "PNG"} | options))
    return buffer.getvalue()


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder.with_name("zipped")), "zip", folder))


ZOO = {
    "train/zebra/2.png": picture(GREEN),
    "train/ape/1.PNG": picture(RED),
    "test/ape/3.jpg": picture(BLUE, format="JPEG", quality=100),
    "README.md": b"no image",
    "train/.hidden.png": b"no image",
    "__MACOSX/train/zebra/._2.png": b"no image",
}


@pytest.mark.parametrize("form", [lambda folder: folder, str, zipped])
def test_folders_are_labels(tmp_path: Path, form: Any) -> None:
    images = Images.from_folder(form(fill(tmp_path / "zoo", ZOO)))
    assert images.labels == ("ape", "ape", "zebra")
    assert (images.pixels.shape, images.pixels.dtype) == ((3, 6, 8, 3), np.uint8)
    np.testing.assert_allclose(images.pixels[:, 2, 2].astype(int), [BLUE, RED, GREEN], atol=2)


def test_without_folders_there_are_no_labels(tmp_path: Path) -> None:
    fill(tmp_path, {"cat.1.png": picture(), "dog.1.png": picture()})
    assert Images.from_folder(tmp_path).labels is None
    assert Images.from_folder(tmp_path, label=lambda name: name.stem.split(".")[0]).labels == ("cat", "dog")
    fill(tmp_path, {"more/1.png": picture()})
    assert Images.from_folder(tmp_path).labels == (tmp_path.name, tmp_path.name, "more")


def test_names_in_archives(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "my.zoo.zip", "w") as archive:
        archive.mkdir("ape.png")
        archive.writestr("./ape.png//1.png", picture(RED))
        archive.writestr("2.png", picture(GREEN))
    images = Images.from_folder(tmp_path / "my.zoo.zip")
    assert images.labels == ("my.zoo", "ape.png")
    assert images.pixels[:, 0, 0].tolist() == [list(GREEN), list(RED)]


def test_large_photographs_keep_what_they_show(tmp_path: Path) -> None:
    across, down = np.meshgrid(np.linspace(0, 255, 1200), np.linspace(0, 255, 800))
    Image.fromarray(np.stack([across, down, across], 2).astype(np.uint8)).save(tmp_path / "x.jpg", quality=95)
    shown = Images.from_folder(tmp_path, size=(8, 8)).pixels[0].astype(float)
    edge = 255 * (np.arange(8) + 0.5) / 8
    np.testing.assert_allclose(shown[4, :, 0], 255 / 6 + edge * 2 / 3, atol=3)
    np.testing.assert_allclose(shown[:, 4, 1], edge, atol=3)


def test_all_become_one_size(tmp_path: Path) -> None:
    wide = Image.new("RGB", (30, 10), RED)
    wide.paste(GREEN, (7, 0, 23, 10))
    wide.save(tmp_path / "a.png")
    fill(tmp_path, {"b.png": picture(BLUE, (3, 5))})
    images = Images.from_folder(tmp_path, size=(4, 4))
    np.testing.assert_array_equal(images.pixels, np.broadcast_to([[[GREEN]], [[BLUE]]], (2, 4, 4, 3)))
    assert Images.from_folder(tmp_path, size=(4, 6), channels=1).image_shape == (4, 6, 1)
    with pytest.raises(
        ValueError, match=r"got 10 × 30 in a\.png and 3 × 5 in b\.png: pass size=\(height, width\) to bring all"
    ):
        Images.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (picture(7, mode="L"), (7, 7, 7)),
        (picture(1, mode="1"), (255, 255, 255)),
        (picture((0, 0, 0, 0), mode="RGBA"), (255, 255, 255)),
        (picture((0, 100), mode="LA"), (155, 155, 155)),
        (picture((0, 255, 255, 0), mode="CMYK", format="TIFF"), (255, 0, 0)),
        (picture(RED, format="GIF"), RED),
    ],
)
def test_modes(tmp_path: Path, content: bytes, expected: tuple[int, ...]) -> None:
    images = Images.from_folder(fill(tmp_path, {"x.png": content}))
    assert images.pixels[0, 3, 3].tolist() == list(expected)


def test_photographs_stand_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    fill(tmp_path, {"x.jpg": picture(size=(4, 9), format="JPEG", exif=exif)})
    assert Images.from_folder(tmp_path).image_shape == (9, 4, 3)


BROKEN = {
    "1.png": b"no image",
    "2.png": picture(size=(60, 80))[:-60],
    "3.png": b"",
    "4.png": picture(1000, mode="I;16"),
    "5.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
}


@pytest.mark.parametrize("form", [Path, zipped])
def test_files_that_cannot_be_read(tmp_path: Path, form: Any) -> None:
    folder = fill(tmp_path / "zoo", {"a/0.png": picture(), **{f"b/{name}": file for name, file in BROKEN.items()}})
    path = form(folder)
    with pytest.raises(
        ValueError, match=r"5 of 6 images cannot be read: b/1\.png \(its content is no image\), .*'skip'"
    ) as error:
        Images.from_folder(path)
    for name in BROKEN:
        assert f"b/{name} (" in str(error.value)
    assert "b/2.png (image file is truncated" in str(error.value)
    assert "b/4.png (it has more than 8 bits a channel (mode I;16))" in str(error.value)
    with pytest.warns(UserWarning, match=r"5 of 6 images .* b/5\.png \(.*They are left out") as warned:
        images = Images.from_folder(path, on_error="skip")
    assert (len(images), images.labels) == (1, ("a",))
    assert warned[0].filename == __file__


def test_many_are_not_all_listed(tmp_path: Path) -> None:
    fill(tmp_path, {f"{number:02}.png": b"" for number in range(13)})
    with pytest.raises(ValueError, match=r"13 of 13 images cannot be read: 00\.png .*09\.png [^0]*\), and 3 more\."):
        Images.from_folder(tmp_path, on_error="skip")


def test_pictures_of_too_many_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, {"1.png": picture(size=(20, 20)), "2.png": picture(size=(20, 30))})
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 399)
    with pytest.raises(ValueError, match=r"1\.png \(Image size \(400 pixels\) exceeds .*2\.png \(Image size"):
        Images.from_folder(tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)
    with pytest.raises(ValueError, match=r"2\.png \(Image size \(600 pixels\) exceeds"):
        Images.from_folder(tmp_path)


def test_archives_that_are_damaged_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", picture())
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"IDAT", b"IDOT"))
    with pytest.raises(ValueError, match=r"1\.png \(Bad CRC-32 for file '1\.png'\)"):
        Images.from_folder(path)
    path.write_bytes(whole)
    monkeypatch.setattr(image_folder, "_LARGEST_BYTES", 20)
    with pytest.raises(ValueError, match=r"1\.png \(\d+ bytes are too many: 20 at most\)"):
        Images.from_folder(path)
    path.write_bytes(whole[:-5])
    with pytest.raises(ValueError, match=r"path must be a folder or a zip archive, got .*x\.zip"):
        Images.from_folder(path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"path must be a folder or a zip archive, .*none does not exist"):
        Images.from_folder(tmp_path / "none")
    fill(tmp_path, {"a/README.md": b"no image"})
    with pytest.raises(ValueError, match=r"path must hold images \(\.bmp, .*\), got none in"):
        Images.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 32}, r"size must be \(height, width\), two whole numbers of 1 or more, got 32"),
        ({"size": (32, 0)}, r"got \(32, 0\)"),
        ({"size": (32, 32, 3)}, r"got \(32, 32, 3\)"),
        ({"channels": 4}, r"channels must be 1 \(grey\) or 3 \(colour\), got 4"),
        ({"on_error": "ignore"}, "on_error must be 'raise' or 'skip', got 'ignore'"),
    ],
)
def test_arguments(tmp_path: Path, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Images.from_folder(tmp_path, **arguments)
    with pytest.raises(TypeError, match="label must be callable, got 'class'"):
        Images.from_folder(tmp_path, label="class")  # type: ignore[arg-type]


def test_memory_is_that_of_the_bytes(tmp_path: Path) -> None:
    fill(tmp_path, {f"{number:03}.png": picture(size=(300, 300)) for number in range(30)})
    Images.from_folder(tmp_path, size=(100, 100))
    tracemalloc.start()
    images = Images.from_folder(tmp_path, size=(100, 100))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.pixels.nbytes + 2**20
