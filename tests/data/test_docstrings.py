"""The docstring corpus: what it is made of, and that its cache can neither break nor change it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mixviz.data import docstrings
from mixviz.data.corpus import Corpus
from mixviz.data.datasets import load_docstrings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return load_docstrings(folder=folder)


def test_size_and_names(corpus: Corpus) -> None:
    assert 3000 < len(corpus) < 6000
    assert 2500 < corpus.n_words < 6000
    assert corpus.n_empty == 0
    assert corpus.counts.sum(axis=1).min() >= 8
    assert corpus.titles is not None
    assert corpus.labels is not None
    names, sizes = np.unique(corpus.labels, return_counts=True)
    assert names.tolist() == ["numpy", "scipy", "sklearn"]
    assert sizes.min() > 500
    assert all(title.split(".")[0] == label for title, label in zip(corpus.titles, corpus.labels, strict=True))


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("numpy.lib.median", "median"),  # Python
        ("numpy.ndarray.strides", "step"),  # add_newdoc
        ("numpy.arctan2", "tangent"),  # ufunc
        ("numpy.random.Generator.poisson", "poisson"),  # Cython
        ("scipy.special.gammainc", "gamma"),  # ufunc
        ("scipy.stats.norm_gen", "normal"),
        ("sklearn.cluster.KMeans", "clusters"),
    ],
)
def test_every_kind_of_source_is_there(corpus: Corpus, title: str, word: str) -> None:
    assert corpus.titles is not None
    assert title in corpus.titles
    row = corpus.counts[corpus.titles.index(title)].toarray().ravel()
    assert row[corpus.vocabulary.index(word)] > 0


def test_the_words_are_about_something(corpus: Corpus) -> None:
    subjects = "matrix eigenvalues cluster spline distribution filter fft sparse regression polynomial kernel gradient"
    assert set(subjects.split()) <= set(corpus.vocabulary)
    assert not {"the", "ndarray", "optional", "parameters", "returns", "default", "dtype"} & set(corpus.vocabulary)
    totals = np.asarray(corpus.counts.sum(axis=0)).ravel()
    assert "matrix" in [corpus.vocabulary[i] for i in np.argsort(-totals)[:5]]


def test_the_cache_gives_the_same_quickly(corpus: Corpus, folder: Path) -> None:
    start = time.thread_time()
    again = load_docstrings(folder=folder)
    assert time.thread_time() - start < 0.3
    assert again.fingerprint() == corpus.fingerprint()
    assert (again.titles, again.labels) == (corpus.titles, corpus.labels)


def test_another_process_builds_the_same(corpus: Corpus, tmp_path: Path) -> None:
    code = (
        "import sys; from mixviz.data.datasets import load_docstrings as f; print(f(folder=sys.argv[1]).fingerprint())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == corpus.fingerprint()


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04nonsense", None])
def test_a_damaged_cache_is_replaced(
    corpus: Corpus, folder: Path, tmp_path: Path, damage: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = folder.glob("docstrings-*.npz")
    damaged = tmp_path / whole.name
    damaged.write_bytes(whole.read_bytes()[:-1000] if damage is None else damage)
    monkeypatch.setattr(docstrings, "build", lambda: corpus)
    assert load_docstrings(folder=tmp_path).fingerprint() == corpus.fingerprint()
    assert Corpus.from_npz(damaged).fingerprint() == corpus.fingerprint()
    assert [path.name for path in tmp_path.iterdir()] == [whole.name]


def test_an_unwritable_cache_costs_only_time(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(docstrings, "build", lambda: corpus)
    assert load_docstrings(folder=tmp_path / "file" / "cache") is corpus


def test_other_versions_get_another_file(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docstrings, "build", lambda: corpus)
    load_docstrings(folder=tmp_path)
    monkeypatch.setattr(docstrings, "versions", lambda: {"numpy": "9.9", "scipy": "1", "sklearn": "1"})
    load_docstrings(folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_prose_keeps_language_only() -> None:
    text = """Fit the model.

    See :func:`numpy.linalg.svd` and ``np.dot``; n_samples must exceed x[0] e.g. two.

    References
    ----------
    .. [1] Smith, J. Journal of Splines
       Smith again

    Examples
    --------
    >>> import numpy
    >>> print(numpy)
    .. versionadded:: 1.0
    Last words.
    """
    import inspect

    words = docstrings.prose(inspect.cleandoc(text)).split()
    assert words == "Fit the model. See and ; must exceed two. Examples -------- Last words.".split()


@pytest.mark.parametrize(
    "source",
    [
        'def f(a: int = {1: 2}, b=":"):  # why\n    """A.\n\n    def g():\n    kept\n    """\n    return """\nx"""\n',
        'def f(\n    a,\n) -> int:\n    # why\n\n    """Doc."""\n    def g():\n        """In."""\n    return 0\n',
        'def f():\n    r"""One \\d."""\n',
        "def f():\n    'Short.'\n    return 1\n",
        "def f():\n    '''Other quotes.'''\n    return 1\n",
        'class C:\n    """Doc.\n\n    def f(x):\n        return x\n    """\n    def _p(self):\n        return 1\n\n'
        '    @property\n    def m(self):\n        return """\nmargin"""\n\n    def n(self):\n        """Doc n."""\n',
        'TEXT = """\ndef f():\n    pass\n"""\n\ndef f():\n\t"""Tab."""\n\ndef g(): return 1\n',
        'def f():\r\n    """Windows."""\r\n    return 1\r\n',
        'def f():\n    return 1\nadd_newdoc("a", "b",\n    """\n    def f():\n        pass\n    """)\n',
    ],
)
def test_leaving_out_bodies_leaves_docstrings_alone(source: str) -> None:
    whole = list(docstrings._in_source(ast.parse(source), "m"))
    assert list(docstrings._in_source(docstrings._parsed(source.encode()), "m")) == whole


def test_leaving_out_bodies_of_numpy_changes_nothing() -> None:
    for path in sorted(Path(np.__file__).parent.glob("*/*.py")):
        source = path.read_bytes()
        whole = list(docstrings._in_source(ast.parse(source), "m"))
        assert list(docstrings._in_source(docstrings._parsed(source), "m")) == whole, path


def test_bodies_are_left_out() -> None:
    source = (
        b'def f(x):\n    """Doc."""\n    y = x\n    return y\n\ndef _g(x):\n    """Doc."""\n\ndef h():\n    return 2\n'
    )
    assert ast.unparse(docstrings._parsed(source)) == (
        'def f(x):\n    """Doc."""\n    0\n\ndef _():\n    0\n\ndef h():\n    0'
    )
