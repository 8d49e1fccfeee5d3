"""Ready-made corpora."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path

import pooch
import xxhash

from mixviz.data import docstrings
from mixviz.data.corpus import Corpus

logger = logging.getLogger(__name__)


def load_docstrings(*, folder: str | Path | None = None) -> Corpus:
    """Return the docstrings of the installed NumPy, SciPy and scikit-learn: real text, without any download.

    Some 4,000 documents of some 3,500 words; titles are qualified names, labels the packages. The same for the same
    versions of the three. The first call takes seconds and keeps the result in `folder`; later ones read it.

    Parameters
    ----------
    folder : path, optional
        Where to keep the result, by default the user's cache folder. One that is damaged or cannot be written to only
        costs time.
    """
    recipe = xxhash.xxh3_64_hexdigest(inspect.getsource(docstrings).encode())
    key = "-".join(f"{name}{number}" for name, number in docstrings.versions().items())
    path = Path(folder or pooch.os_cache("mixviz")) / f"docstrings-{key}-{recipe}.npz"
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
