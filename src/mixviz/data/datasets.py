"""Ready-made data: corpora, and images."""

from __future__ import annotations

import inspect
import logging
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pooch
import xxhash

from mixviz.data import docstrings
from mixviz.data.corpus import Corpus
from mixviz.data.download import fetch, in_data_folder
from mixviz.data.images import Images

UCI_URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/bag-of-words/"
NEWSGROUPS_URL = "https://ndownloader.figshare.com/files/5975967"
NEWSGROUPS_SHA256 = "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610"
"""Copy and checksum that scikit-learn uses."""

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
