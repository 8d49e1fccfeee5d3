"""File formats: what is read, and that damage is always a ValueError with the file's name."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from mixviz.data import readers
from mixviz.data.corpus import Corpus

WORDS = "apple\nbear\ncat\n"
DOCWORD = b"4\n3\n5\n1 1 1\n1 3 2\n3 2 3\n3 3 1\n4 1 4\n"
LDAC = b"2 0:1 2:2\n0\n2 1:3 2:1\n1 0:4\n"
COUNTS = [[1, 0, 2], [0, 0, 0], [0, 3, 1], [4, 0, 0]]
FUZZ = settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    (tmp_path / "words.txt").write_text(WORDS)
    return tmp_path / "words.txt"


def write(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("change", [bytes, bytes.rstrip, lambda data: data.replace(b"\n", b"\r\n")])
def test_docword(tmp_path: Path, words: Path, compress: type, change: type) -> None:
    corpus = Corpus.from_docword(write(tmp_path, "d.txt", compress(change(DOCWORD))), words)
    assert_array_equal(corpus.counts.toarray(), COUNTS)
    assert corpus.vocabulary == ("apple", "bear", "cat")


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 1000])
def test_docword_in_chunks(tmp_path: Path, words: Path, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "CHUNK_BYTES", chunk_bytes)
    assert_array_equal(Corpus.from_docword(write(tmp_path, "d.txt", DOCWORD), words).counts.toarray(), COUNTS)
    with pytest.raises(ValueError, match="line 8 must be three"):
        Corpus.from_docword(write(tmp_path, "d.txt", DOCWORD.replace(b"4 1 4", b"4 1")), words)


@pytest.mark.parametrize("chunk_bytes", [1, 2, 30, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n\n\t\n", b"  "])
def test_blank_lines_at_the_end(tmp_path: Path, end: bytes, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "CHUNK_BYTES", chunk_bytes)
    words = write(tmp_path, "words.txt", WORDS.encode() + end)
    for corpus in (
        Corpus.from_docword(write(tmp_path, "d.txt", DOCWORD + end), words),
        Corpus.from_ldac(write(tmp_path, "d.ldac", LDAC + end), words),
    ):
        assert_array_equal(corpus.counts.toarray(), COUNTS)
        assert corpus.vocabulary == ("apple", "bear", "cat")
    with pytest.raises(ValueError, match=r"line 9 must be three whole numbers .*, got ''"):
        Corpus.from_docword(write(tmp_path, "d.txt", DOCWORD + b"\n1 1 1\n"), words)


def test_docword_sums_a_pair_that_comes_twice(tmp_path: Path, words: Path) -> None:
    path = write(tmp_path, "d.txt", b"1\n3\n2\n1 1 1\n1 1 2\n")
    assert_array_equal(Corpus.from_docword(path, words).counts.toarray(), [[3, 0, 0]])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"1 3 2\n", b"1 3\n", "line 5 must be three whole numbers 'document word count', got '1 3'"),
        (b"1 3 2\n3 2 3\n", b"1 3\n2 3 2 3\n", "line 5 must be three"),
        (b"1 3 2\n", b"1 3 2 9\n", "line 5 must be three"),
        (b"1 3 2\n", b"\n1 3 2\n", "line 5 must be three whole numbers .*, got ''"),
        (b"1 3 2", b"1 -3 2", "line 5 must be three"),
        (b"1 3 2", b"1 3 2.5", "line 5 must be three"),
        (b"1 3 2", b"1 3 nan", "line 5 must be three"),
        (b"1 3 2", b"1 3 \xff", "line 5 must be three"),
        (b"1 3 2", b"5 3 2", "line 5: document must be 1 to 4, got 5"),
        (b"1 3 2", b"1 4 2", "line 5: word must be 1 to 3, got 4"),
        (b"1 3 2", b"1 0 2", "line 5: word must be 1 to 3, got 0"),
        (b"1 3 2", b"1 3 0", "line 5: count must be 1 to 16,777,216, got 0"),
        (b"1 3 2", b"1 3 99999999999999999999999", "line 5: count must be 1 to 16,777,216"),
        (b"4 1 4\n", b"", "header announces 5 entries, the file has 4: is it cut short?"),
        (b"4\n3\n5\n", b"", "line 1 must be a whole number from 1 to 2,147,483,647, got '1 1 1'"),
        (b"4\n3\n5\n", b"4\n3\n", "line 3 must be a whole number"),
        (b"4\n3\n5\n", b"4\n9\n5\n", "header announces 9 words, .*words.txt has 3"),
        (b"4\n3\n5\n", b"2000000000\n3\n5\n", "header announces 2,000,000,000 documents with only 5 entries"),
        (b"4\n3\n5\n", b"0\n3\n5\n", "line 1 must be a whole number from 1"),
        (DOCWORD, b"", "line 1 must be .*, got ''"),
    ],
)
def test_malformed_docword(tmp_path: Path, words: Path, old: bytes, new: bytes, message: str) -> None:
    path = write(tmp_path, "d.txt", DOCWORD.replace(old, new))
    with pytest.raises(ValueError, match=f"d.txt: {message}"):
        Corpus.from_docword(path, words)


@pytest.mark.parametrize("cut", [-1, -9, 12, 3])
def test_truncated_gzip(tmp_path: Path, words: Path, cut: int) -> None:
    with pytest.raises(ValueError, match=r"d\.txt\.gz: "):
        Corpus.from_docword(write(tmp_path, "d.txt.gz", gzip.compress(DOCWORD)[:cut]), words)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\nb\na\n", "vocabulary must hold each word once, got 'a' more than once"),
        (b"a\nb\xff\nc\n", "v.txt: line 2 is not UTF-8 text"),
        (b"a\nb\n", "header announces 3 words, .*v.txt has 2"),
    ],
)
def test_bad_vocabulary_file(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Corpus.from_docword(write(tmp_path, "d.txt", DOCWORD), write(tmp_path, "v.txt", data))


def test_a_missing_file_is_not_found(tmp_path: Path, words: Path) -> None:
    for call in (
        lambda: Corpus.from_docword(tmp_path / "none", words),
        lambda: Corpus.from_ldac(tmp_path / "none", words),
        lambda: Corpus.from_docword(words, tmp_path / "none"),
        lambda: Corpus.from_npz(tmp_path / "none"),
    ):
        with pytest.raises(FileNotFoundError, match="none"):
            call()


def test_ldac(tmp_path: Path, words: Path) -> None:
    titles = write(tmp_path, "titles", "one\ntwo\r\nthrée\nfour".encode())
    corpus = Corpus.from_ldac(write(tmp_path, "d.ldac", LDAC), words, titles)
    assert_array_equal(corpus.counts.toarray(), COUNTS)
    assert corpus.titles == ("one", "two", "thrée", "four")
    assert Corpus.from_ldac(write(tmp_path, "d.ldac.gz", gzip.compress(LDAC)), words).titles is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"2 1:3 2:1", b"3 1:3 2:1", "line 3 announces 3 words and has 2"),
        (b"2 1:3 2:1", b"2 1:3 3:1", "line 3: word must be 0 to 2, got 3"),
        (b"2 1:3 2:1", b"2 1:3 2", "line 3 must be 'n word:count word:count …', got '2 1:3 2'"),
        (b"2 1:3 2:1", b"2 1:3 2:-1", "line 3 must be"),
        (b"2 1:3 2:1", b"2 1:3 2:1.5", "line 3 must be"),
        (
            b"2 1:3 2:1",
            b"2 1:3 2:99999999999999999999",
            "counts must be whole numbers of 0 or more, got 9223372036854775807",
        ),
        (b"\n0\n", b"\n\n", "line 2 must be"),
        (LDAC, b"", "line 1 must be .*, got ''"),
        (LDAC, b"\xff\xfe", "line 1 must be"),
    ],
)
def test_malformed_ldac(tmp_path: Path, words: Path, old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"d.ldac: {message}"):
        Corpus.from_ldac(write(tmp_path, "d.ldac", LDAC.replace(old, new)), words)


def test_titles_of_another_file(tmp_path: Path, words: Path) -> None:
    with pytest.raises(ValueError, match=r"d.ldac: titles must have one string per document \(4\), got 1"):
        Corpus.from_ldac(write(tmp_path, "d.ldac", LDAC), words, write(tmp_path, "t", b"one\n"))


def npz(**changes: object) -> bytes:
    arrays = {
        "indptr": np.array([0, 2, 2, 4, 5]),
        "indices": np.array([0, 2, 1, 2, 0], np.int32),
        "counts": np.array([1, 2, 3, 1, 4], np.uint16),
        "vocab": np.array(["apple", "bear", "cat"]),
        "label": np.array([1, 0, 1, 0]),
        "label_names": np.array(["x", "y"]),
        "split": np.zeros(4),
    }
    arrays = {name: value for name, value in (arrays | changes).items() if value is not None}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def test_npz(tmp_path: Path) -> None:
    corpus = Corpus.from_npz(write(tmp_path, "c.npz", npz()))
    assert_array_equal(corpus.counts.toarray(), COUNTS)
    assert (corpus.titles, corpus.labels) == (None, ("y", "x", "y", "x"))


@pytest.mark.parametrize("titles", [None, ["a", "b", "ü", ""]])
@pytest.mark.parametrize("labels", [None, ["z", "y", "z", "z"]])
def test_npz_round_trip(tmp_path: Path, titles: list | None, labels: list | None) -> None:
    corpus = Corpus(COUNTS, ["apple", "bear", "cat"], titles, labels)
    corpus.to_npz(tmp_path / "new" / "c.npz")
    again = Corpus.from_npz(tmp_path / "new" / "c.npz")
    assert again.fingerprint() == corpus.fingerprint()
    assert (again.titles, again.labels) == (corpus.titles, corpus.labels)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus(COUNTS, ["apple", "bear", "cat"])
    path = write(tmp_path, "c.npz", b"old")

    def fail(file: io.BufferedWriter, **arrays: object) -> None:
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        corpus.to_npz(path)
    assert os.listdir(tmp_path) == ["c.npz"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocab": None}, "array 'vocab' is missing; the archive holds indptr"),
        ({"vocab": np.array(["apple", "bear"])}, "counts is not a valid CSR matrix|indices must be"),
        ({"vocab": np.array([1, 2, 3])}, "array 'vocab' has the wrong type: int64"),
        ({"vocab": np.array(["a", "b", "a"])}, "vocabulary must hold each word once"),
        ({"indices": np.array([0.0, 2, 1, 2, 0])}, "array 'indices' has the wrong type: float64"),
        ({"indices": np.array([0, 2, 1, 9, 0])}, "counts is not a valid CSR matrix"),
        ({"indices": np.array([0, 2, 1, -1, 0])}, "counts is not a valid CSR matrix"),
        ({"indptr": np.array([0, 2, 1, 4, 5])}, "index pointer must never fall"),
        ({"indptr": np.array([0, 2, 2, 4, -5])}, "index pointer must never fall"),
        ({"indptr": np.array([0, 9])}, ""),
        ({"counts": np.array([1, 2, 3, 1, 4.5])}, "fractional"),
        ({"counts": np.array([1, 2, 3, 1])}, ""),
        ({"vocab": np.full(3, 0x110000, np.uint32).view("U1")}, "utf-32-le"),
        ({"label": np.array([0, 1, 0, 2])}, "array 'label' must hold positions in 'label_names'"),
        ({"label": np.array([0, 1])}, "labels must have one string per document"),
        ({"label_names": None}, "array 'label' comes without 'label_names'"),
        (
            {"counts": np.array([{}, 1, 2, 3, 4], dtype=object)},
            "not a readable .npz archive: ValueError: Object arrays",
        ),
    ],
)
def test_npz_that_does_not_fit(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"c.npz: .*({message})"):
        Corpus.from_npz(write(tmp_path, "c.npz", npz(**changes)))


def parses_or_names(call: type, path: Path) -> None:
    try:
        assert isinstance(call(), Corpus)
    except ValueError as error:
        assert path.name in str(error)  # noqa: PT017  either outcome is right


def damaged(original: bytes) -> st.SearchStrategy[bytes]:
    """Bytes that are nothing, or `original` with a piece replaced, or cut short."""
    place = st.integers(0, len(original))
    piece = st.one_of(st.binary(max_size=8), st.sampled_from([b"\n", b" ", b":", b"-1", b"999999999999", b"\r", b"0"]))
    spliced = st.builds(lambda a, n, new: original[:a] + new + original[a + n :], place, st.integers(0, 6), piece)
    return st.one_of(st.binary(max_size=60), spliced, place.map(lambda n: original[:n]))


@FUZZ
@given(data=st.one_of(damaged(DOCWORD), damaged(gzip.compress(DOCWORD, mtime=0))))
def test_fuzzed_docword(tmp_path: Path, words: Path, data: bytes) -> None:
    path = write(tmp_path, "fuzz.docword", data)
    parses_or_names(lambda: Corpus.from_docword(path, words), path)


@FUZZ
@given(data=st.one_of(damaged(LDAC), damaged(gzip.compress(LDAC, mtime=0))))
def test_fuzzed_ldac(tmp_path: Path, words: Path, data: bytes) -> None:
    path = write(tmp_path, "fuzz.ldac", data)
    parses_or_names(lambda: Corpus.from_ldac(path, words), path)


@FUZZ
@given(data=damaged(WORDS.encode()))
def test_fuzzed_words(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, "fuzz", data)
    parses_or_names(lambda: Corpus.from_ldac(write(tmp_path, "fuzz.ldac", LDAC), path), path)


@FUZZ
@given(data=damaged(npz()))
def test_fuzzed_npz(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, "fuzz.npz", data)
    parses_or_names(lambda: Corpus.from_npz(path), path)


@FUZZ
@given(st.data())
def test_fuzzed_npz_contents(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes inside the archive, where no check sum of the archive catches them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(npz())) as old, zipfile.ZipFile(buffer, "w") as new:
        broken = data.draw(st.sampled_from(old.namelist()))
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, data.draw(damaged(content)) if name == broken else content)
    path = write(tmp_path, "fuzz.npz", buffer.getvalue())
    parses_or_names(lambda: Corpus.from_npz(path), path)
