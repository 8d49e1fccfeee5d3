"""Files that hold word counts: UCI bag of words, LDA-C, NumPy archives.

Whatever the bytes, a reader either returns :class:`Parts` or raises ValueError with the file's name and, for text, the
number of the line. A file that cannot be opened raises OSError.
"""

from __future__ import annotations

import gzip
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np
from scipy import sparse

from mixviz.data.checks import MAX_COUNT
from mixviz.storage import replacing
from mixviz.types import IntArray

CHUNK_BYTES = 1 << 24
MAX_EMPTY_SHARE = 1000
"""A header may announce so many documents per entry; more is a damaged file, not a corpus."""
NPZ_KINDS = {"indptr": "iu", "indices": "iu", "counts": "biuf", "vocab": "U"}
NPZ_KINDS |= {"titles": "U", "label": "iu", "label_names": "U"}
"""Arrays of an archive and the kinds of dtype allowed."""
LDAC_LINE = re.compile(rb"\d+(?:[ \t]+\d+:\d+)*[ \t\r]*")


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name before the message of any error its contents cause, and make that a ValueError."""
    try:
        yield
    except (ValueError, TypeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path}: {error}") from error


class Parts(NamedTuple):
    """The arguments of :class:`mixviz.data.corpus.Corpus`."""

    counts: Any
    vocabulary: Sequence[str]
    titles: Sequence[str] | None = None
    labels: Sequence[str] | None = None


def read_docword(path: Path, vocabulary_path: Path) -> Parts:
    """Read the UCI bag-of-words format, plain or gzipped.

    Three lines with the numbers of documents D, words W and entries NNZ, then NNZ lines ``document word count``, both
    numbered from 1. The vocabulary file has one word per line. Blank lines at the end of either are ignored.

    Raises
    ------
    ValueError
        If the text is malformed, a number is out of range, the file is cut short or the vocabulary does not fit.
    """
    vocabulary = _read_words(vocabulary_path)
    with naming(path), _open(path) as file:
        n_documents, n_words, n_entries = (_header(file, line) for line in (1, 2, 3))
        if n_words != len(vocabulary):
            raise ValueError(f"header announces {n_words:,} words, {vocabulary_path} has {len(vocabulary):,}")
        if n_documents > MAX_EMPTY_SHARE * (n_entries + 1):
            raise ValueError(f"header announces {n_documents:,} documents with only {n_entries:,} entries")
        blocks = [np.empty((3, 0), np.int32), *_triplets(file, (n_documents, n_words))]
        documents, words, counts = np.concatenate(blocks, axis=1)
        if len(counts) != n_entries:
            raise ValueError(f"header announces {n_entries:,} entries, the file has {len(counts):,}: is it cut short?")
        matrix = sparse.coo_matrix((counts, (documents, words)), shape=(n_documents, n_words))
        return Parts(matrix, vocabulary)


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if is_gzip else path.open("rb")


def _read_lines(path: Path) -> list[str]:
    with naming(path), _open(path) as file:
        data = file.read()
        try:
            lines = data.decode("utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ValueError(f"line {line:,} is not UTF-8 text") from error
    return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]


def _read_words(path: Path) -> list[str]:
    """Return the lines of a file but for blank ones at its end."""
    lines = _read_lines(path)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _shown(text: bytes) -> str:
    return repr(text[:40].decode("ascii", "backslashreplace"))


def _header(file: IO[bytes], line: int) -> int:
    text = file.readline(100).strip()
    if not re.fullmatch(rb"\d{1,10}", text) or not 0 < int(text) < 2**31:
        raise ValueError(f"line {line} must be a whole number from 1 to {2**31 - 1:,}, got {_shown(text)}")
    return int(text)


def _triplets(file: IO[bytes], shape: tuple[int, int]) -> Iterator[Any]:
    """Yield int32 arrays of shape (3, n): document and word from 0, count.

    The last line read so far is held back, and with it blank lines, in case they are the end.
    """
    line = 4
    rest = b""
    while chunk := file.read(CHUNK_BYTES):
        text = rest + chunk
        end = text.rfind(b"\n", 0, len(text.rstrip())) + 1
        block, rest = text[:end], text[end:]
        yield _parse_triplets(block, line, shape)
        line += block.count(b"\n")
    yield _parse_triplets(rest.rstrip() + b"\n" if rest.strip() else b"", line, shape)


def _parse_triplets(block: bytes, first_line: int, shape: tuple[int, int]) -> Any:
    """Parse whole lines, each of exactly three numbers, at some ten million lines a second."""
    foreign = block.translate(None, b"0123456789 \t\r\n")
    letters = np.frombuffer(b"\n" + block, np.uint8)
    is_space = letters <= 32
    starts = np.flatnonzero(is_space[:-1] & ~is_space[1:])
    ends = np.flatnonzero(letters[1:] == 10)
    n_lines = len(ends)
    is_whole = not foreign and len(starts) == 3 * n_lines
    if not is_whole or (starts[2::3] > ends).any() or (starts[3::3] < ends[:-1]).any():
        _raise_malformed(block, first_line)
    values = np.fromstring(block, np.int64, sep=" ") if n_lines else np.empty(0, np.int64)
    columns = np.ascontiguousarray(values.reshape(n_lines, 3).T)
    for column, name, limit in zip(columns, ("document", "word", "count"), (*shape, MAX_COUNT), strict=True):
        if n_lines and not 1 <= column.min() <= column.max() <= limit:
            bad = int(((column < 1) | (column > limit)).argmax())
            raise ValueError(f"line {first_line + bad:,}: {name} must be 1 to {limit:,}, got {column[bad]}")
    columns[:2] -= 1
    return columns.astype(np.int32)


def _raise_malformed(block: bytes, first_line: int) -> None:
    for line, text in enumerate(block.split(b"\n"), first_line):
        if not re.fullmatch(rb"[ \t]*\d+[ \t]+\d+[ \t]+\d+[ \t\r]*", text):
            raise ValueError(f"line {line:,} must be three whole numbers 'document word count', got {_shown(text)}")


def read_ldac(path: Path, tokens_path: Path, titles_path: Path | None = None) -> Parts:
    """Read Blei's LDA-C format, plain or gzipped.

    A document per line, ``n word:count word:count …`` with n pairs, words numbered from 0. The other files have one
    word, and one title, per line. Blank lines at the end of the documents and of the words are ignored.

    Raises
    ------
    ValueError
        If a line is malformed, a word is not among the tokens, or the number of titles is not that of the lines.
    """
    vocabulary = _read_words(tokens_path)
    titles = _read_lines(titles_path) if titles_path else None
    with naming(path), _open(path) as file:
        lines = file.read().rstrip().split(b"\n")
        for number, line in enumerate(lines, 1):
            if not LDAC_LINE.fullmatch(line):
                raise ValueError(f"line {number:,} must be 'n word:count word:count …', got {_shown(line)}")
        lengths = np.array([line.count(b":") for line in lines])
        values = np.fromstring(b" ".join(lines).replace(b":", b" "), np.int64, sep=" ")
        firsts = np.cumsum(2 * lengths + 1) - 2 * lengths - 1
        pairs = np.delete(values, firsts).reshape(-1, 2)
        rows = np.repeat(np.arange(len(lines)), lengths)
        _check_ldac(values[firsts], lengths, pairs, rows, len(vocabulary))
        matrix = sparse.coo_matrix((pairs[:, 1], (rows, pairs[:, 0])), shape=(len(lines), len(vocabulary)))
        return Parts(matrix, vocabulary, titles)


def _check_ldac(announced: IntArray, lengths: IntArray, pairs: IntArray, rows: IntArray, n_words: int) -> None:
    bad = np.flatnonzero(announced != lengths)
    if len(bad):
        raise ValueError(f"line {bad[0] + 1:,} announces {announced[bad[0]]:,} words and has {lengths[bad[0]]:,}")
    bad = np.flatnonzero(pairs[:, 0] >= n_words)
    if len(bad):
        line, word = rows[bad[0]] + 1, pairs[bad[0], 0]
        raise ValueError(f"line {line:,}: word must be 0 to {n_words - 1:,}, got {word}")


def read_npz(path: Path) -> Parts:
    """Read a NumPy archive without pickle.

    ``indptr`` (D + 1), ``indices`` and ``counts`` (both of one length) are the CSR matrix, ``vocab`` (V) the words.
    Optional: ``titles`` (D); ``label`` (D), each a position in ``label_names``. Other arrays are ignored.

    Raises
    ------
    ValueError
        If the file is damaged, an array is missing, or they do not fit together.
    """
    arrays = _read_arrays(path)
    with naming(path):
        for name, array in arrays.items():
            if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in NPZ_KINDS[name]:
                raise ValueError(f"array {name!r} has the wrong type: {getattr(array, 'dtype', 'no array')}")
            if array.dtype.kind == "U":  # NumPy itself crashes on numbers that are no character
                array.astype("<U").tobytes().decode("utf-32-le", "surrogatepass")
        csr = (arrays["counts"], arrays["indices"], arrays["indptr"])
        shape = (len(arrays["indptr"]) - 1, len(arrays["vocab"]))
        titles = arrays["titles"].tolist() if "titles" in arrays else None
        return Parts(sparse.csr_matrix(csr, shape), arrays["vocab"].tolist(), titles, _labels(arrays))


def _labels(arrays: dict[str, Any]) -> list[str] | None:
    if "label" not in arrays:
        return None
    if "label_names" not in arrays:
        raise ValueError("array 'label' comes without 'label_names'")
    names, label = arrays["label_names"], arrays["label"]
    if not ((label >= 0) & (label < len(names))).all():
        raise ValueError("array 'label' must hold positions in 'label_names'")
    return [str(name) for name in names[label]]


def _read_arrays(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                archive = np.load(file, allow_pickle=False)
                arrays = {name: archive[name] for name in NPZ_KINDS if name in archive.files}
        except Exception as error:  # damage surfaces as any of a dozen types from zipfile, zlib, struct and NumPy
            raise ValueError(f"{path}: not a readable .npz archive: {type(error).__name__}: {error}") from error
    for name in ("indptr", "indices", "counts", "vocab"):
        if name not in arrays:
            raise ValueError(f"{path}: array {name!r} is missing; the archive holds {', '.join(archive.files)}")
    return arrays


def write_npz(path: Path, parts: Parts) -> None:
    """Write what :func:`read_npz` reads."""
    matrix, vocabulary, titles, labels = parts
    arrays = {"indptr": matrix.indptr, "indices": matrix.indices, "counts": matrix.data.astype(np.uint32)}
    arrays["vocab"] = np.array(vocabulary, dtype=np.str_)
    if titles is not None:
        arrays["titles"] = np.array(titles, dtype=np.str_)
    if labels is not None:
        arrays["label_names"], arrays["label"] = np.unique(np.array(labels, dtype=np.str_), return_inverse=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as stream:
        np.savez_compressed(stream, **arrays)
