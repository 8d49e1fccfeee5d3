"""Ready-made data: corpora, and images."""

from __future__ import annotations

import inspect
import logging
import re
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pooch
import xxhash

from mixviz.data import docstrings
from mixviz.data.corpus import Corpus
from mixviz.data.download import fetch, in_data_folder
from mixviz.data.image_files import Bytes, read_cifar, read_idx_images
from mixviz.data.images import Images

UCI_URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/bag-of-words/"
NEWSGROUPS_URL = "https://ndownloader.figshare.com/files/5975967"
NEWSGROUPS_SHA256 = "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610"
"""Copy and checksum that scikit-learn uses."""

MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
MNIST_SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
FASHION_MNIST_URL = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
FASHION_MNIST_SHA256 = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
CIFAR10_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"

Subset = Literal["train", "test", "all"]

_DIGITS = [str(digit) for digit in range(10)]
_GARMENTS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
_THINGS = "airplane automobile bird cat deer dog frog horse ship truck".split()
_CIFAR_BATCHES = {"train": [f"data_batch_{number}.bin" for number in range(1, 6)], "test": ["test_batch.bin"]}

logger = logging.getLogger(__name__)


def load_docstrings(*, folder: str | Path | None = None) -> Corpus:
    """Return the docstrings of the installed NumPy, SciPy and scikit-learn: real text, without any download.

    Some 4,000 documents and as many words; titles are qualified names, labels the packages. The same for the same
    versions of the three. The first call takes seconds and keeps the result in `folder`; later ones read it.

    Parameters
    ----------
    folder : path, optional
        Where to keep the result, by default the user's cache folder. One that is damaged or cannot be written to only
        costs time.
    """
    recipe = xxhash.xxh3_64_hexdigest(inspect.getsource(docstrings).encode())
    key = "-".join(f"{name}{number}" for name, number in docstrings.versions().items())
    path = _cache(folder) / f"docstrings-{key}-{recipe}.npz"
    try:
        return Corpus.from_npz(path)
    except (OSError, ValueError) as error:
        logger.info("docstrings are read anew: %s", error)
    corpus = docstrings.build()
    try:
        corpus.to_npz(path)
    except OSError as error:
        logger.info("docstrings are not kept for next time: %s", error)
    return corpus


def load_digits() -> Images:
    """Return 1,797 handwritten digits of 8 × 8 pixels, with their labels: scikit-learn's, without any download."""
    from sklearn.datasets import load_digits as load

    digits = load()
    return Images(np.round(digits.images * (255 / 16)).astype(np.uint8), digits.target)


def fetch_kos(*, folder: str | Path | None = None, base_url: str = UCI_URL) -> Corpus:
    """Return entries of the political weblog Daily Kos: 3,430 documents × 6,906 words (UCI bag of words, 2 MB).

    Parameters
    ----------
    folder : path, optional
        Where to keep the files, by default the user's cache folder. Files in the folder that the environment variable
        MIXVIZ_DATA names, or in its folder ``text``, are used where they are.
    base_url : str
        Where the files come from. Their checksums are not published; see :func:`mixviz.data.download.fetch`.

    Raises
    ------
    DownloadError
        If the files cannot be had.
    """
    return _fetch_uci("kos", folder, base_url)


def fetch_nips(*, folder: str | Path | None = None, base_url: str = UCI_URL) -> Corpus:
    """Return papers of the NIPS conferences: 1,500 documents × 12,419 words (3 MB). As :func:`fetch_kos`."""
    return _fetch_uci("nips", folder, base_url)


def fetch_enron(*, folder: str | Path | None = None, base_url: str = UCI_URL) -> Corpus:
    """Return electronic mail of Enron: 39,861 documents × 28,102 words (12 MB). As :func:`fetch_kos`."""
    return _fetch_uci("enron", folder, base_url)


def fetch_nytimes(*, folder: str | Path | None = None, base_url: str = UCI_URL) -> Corpus:
    """Return articles of the New York Times: 300,000 documents × 102,660 words (223 MB). As :func:`fetch_kos`."""
    return _fetch_uci("nytimes", folder, base_url)


def fetch_20newsgroups(*, folder: str | Path | None = None, url: str = NEWSGROUPS_URL) -> Corpus:
    """Return postings to 20 newsgroups: 18,846 documents, labels the groups (14 MB, checksummed).

    Where MIXVIZ_DATA has ``20news_bow.npz``, that is read as it is. Otherwise the words of the messages without their
    headers are counted: without English stop words, in 5 documents or more and not in more than half. Titles are the
    subjects.

    Parameters
    ----------
    folder : path, optional
        As for :func:`fetch_kos`.
    url : str
        Where the archive comes from.

    Raises
    ------
    DownloadError
        If the archive cannot be had.
    """
    if ready := in_data_folder("20news_bow.npz"):
        return Corpus.from_npz(ready)
    archive = _obtain("20news-bydate.tar.gz", url, folder, NEWSGROUPS_SHA256)
    titles, labels, texts = zip(*_messages(archive), strict=True)
    return Corpus.from_texts(texts, titles, labels, min_df=5, max_df=0.5, min_length=3)


def load_imdb() -> Corpus:
    """Return film reviews (Maas et al. 2011) from ``imdb_bow.npz`` in the folder MIXVIZ_DATA names; no download.

    100,000 documents × 48,926 words; labels ``neg``, ``pos`` and ``unsup``.

    Raises
    ------
    FileNotFoundError
        If the file is not there.
    """
    path = in_data_folder("imdb_bow.npz")
    if path is None:
        raise FileNotFoundError("imdb_bow.npz not found: set MIXVIZ_DATA to a folder that has it, or text/imdb_bow.npz")
    return Corpus.from_npz(path)


def fetch_mnist(subset: Subset = "train", *, folder: str | Path | None = None, base_url: str = MNIST_URL) -> Images:
    """Return handwritten digits of 28 × 28 pixels, in grey, with their labels (LeCun et al. 1998; 12 MB, checksummed).

    Parameters
    ----------
    subset : {"train", "test", "all"}
        60,000 images, 10,000 others, or first the ones and then the others.
    folder : path, optional
        As for :func:`fetch_kos`; kept in its folder ``mnist``. Where MIXVIZ_DATA has ``images/mnist``, those are used.
    base_url : str
        Where the files come from.

    Raises
    ------
    DownloadError
        If the files cannot be had.
    ValueError
        If a file is damaged.
    """
    return _fetch_idx("mnist", subset, folder, base_url, MNIST_SHA256, _DIGITS)


def fetch_fashion_mnist(
    subset: Subset = "train", *, folder: str | Path | None = None, base_url: str = FASHION_MNIST_URL
) -> Images:
    """Return articles of clothing of 28 × 28 pixels, in grey, labels what they are (Xiao et al. 2017; 31 MB).

    As :func:`fetch_mnist`; the folder is ``fashion_mnist``.
    """
    return _fetch_idx("fashion_mnist", subset, folder, base_url, FASHION_MNIST_SHA256, _GARMENTS)


def fetch_cifar10(subset: Subset = "train", *, folder: str | Path | None = None, url: str = CIFAR10_URL) -> Images:
    """Return photographs of 32 × 32 pixels, in colour, of ten classes (Krizhevsky 2009; 170 MB, checksummed).

    Parameters
    ----------
    subset : {"train", "test", "all"}
        50,000 images, 10,000 others, or first the ones and then the others.
    folder : path, optional
        As for :func:`fetch_kos`. Only the original ``cifar-10-binary.tar.gz`` is used, in the folder that MIXVIZ_DATA
        names or in its folder ``images``, never a part of the set or a lossy copy.
    url : str
        Where the archive comes from: the binary version, which is read without pickle.

    Raises
    ------
    DownloadError
        If the archive cannot be had.
    ValueError
        If it is damaged.
    """
    names = [name for part in _parts(subset) for name in _CIFAR_BATCHES[part]]
    archive = _obtain("cifar-10-binary.tar.gz", url, folder, CIFAR10_SHA256)
    return _labelled(*read_cifar(archive, names), _THINGS, archive)


def _fetch_idx(
    name: str, subset: Subset, folder: str | Path | None, base_url: str, sha256: dict[str, str], names: Sequence[str]
) -> Images:
    """Return the wanted part of a set in four idx files, which lie in a folder `name`."""
    pixels: list[Bytes] = []
    classes: list[Bytes] = []
    for part in _parts(subset):
        stem = {"train": "train", "test": "t10k"}[part]
        images, labels = (
            in_data_folder(f"{name}/{file}")
            or fetch(file, f"{base_url.rstrip('/')}/{file}", _cache(folder) / name, sha256[file])
            for file in (f"{stem}-images-idx3-ubyte.gz", f"{stem}-labels-idx1-ubyte.gz")
        )
        for values, read in zip((pixels, classes), read_idx_images(images, labels), strict=True):
            values.append(read)
    return _labelled(np.concatenate(pixels), np.concatenate(classes), names, labels)


def _parts(subset: Subset) -> list[str]:
    if subset not in ("train", "test", "all"):
        raise ValueError(f"subset must be 'train', 'test' or 'all', got {subset!r}")
    return ["train", "test"] if subset == "all" else [subset]


def _labelled(pixels: Bytes, classes: Bytes, names: Sequence[str], path: Path) -> Images:
    if classes.max(initial=0) >= len(names):
        raise ValueError(f"{path} must hold classes from 0 to {len(names) - 1}, got {classes.max()}")
    return Images(pixels, [names[number] for number in classes])


def _fetch_uci(name: str, folder: str | Path | None, base_url: str) -> Corpus:
    words, counts = (
        _obtain(file, f"{base_url.rstrip('/')}/{file}", folder)
        for file in (f"vocab.{name}.txt", f"docword.{name}.txt.gz")
    )
    return Corpus.from_docword(counts, words)


def _obtain(name: str, url: str, folder: str | Path | None, sha256: str | None = None) -> Path:
    return in_data_folder(name) or fetch(name, url, _cache(folder), sha256)


def _cache(folder: str | Path | None) -> Path:
    return Path(folder or pooch.os_cache("mixviz"))


def _messages(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (subject, newsgroup, body) in the archive's order."""
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                header, _, body = file.read().decode("latin-1").partition("\n\n")
                subject = re.search(r"^Subject: *(.+)", header, re.MULTILINE)
                yield subject[1] if subject else member.name, member.name.split("/")[-2], body
