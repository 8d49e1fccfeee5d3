"""Fetching against a local server."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mixviz.data import datasets
from mixviz.data.corpus import Corpus
from mixviz.data.download import DownloadError, data_folder, fetch
from tests.data.conftest import CONTENT, Handler, Server

SHA256 = hashlib.sha256(CONTENT).hexdigest()


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


def test_success_is_kept_and_not_fetched_again(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for _ in range(2):
        path = fetch("data.bin", f"{server.url}/data.bin", tmp_path / "new" / "cache", SHA256)
        assert path.read_bytes() == CONTENT
    assert server.requests == [("/data.bin", None)]
    assert names(tmp_path / "new" / "cache") == ["data.bin"]
    assert "data.bin: 100%" in capsys.readouterr().err


def test_without_a_checksum_the_first_is_recorded(server: Server, tmp_path: Path) -> None:
    path = fetch("data.bin", f"{server.url}/data.bin", tmp_path)
    assert (tmp_path / "data.bin.sha256").read_text() == SHA256
    path.write_bytes(b"damaged on disk")
    assert fetch("data.bin", f"{server.url}/data.bin", tmp_path).read_bytes() == CONTENT
    path.write_bytes(b"damaged on disk")
    server.files["/data.bin"] = b"another file by now"
    with pytest.raises(DownloadError, match="wrong checksum, the file is damaged or no longer the same one"):
        fetch("data.bin", f"{server.url}/data.bin", tmp_path)


def test_a_file_put_there_by_hand_is_taken(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"by hand")
    (tmp_path / "data.bin.sha256").write_bytes(b"\xff not a checksum")
    assert fetch("data.bin", f"{server.url}/data.bin", tmp_path).read_bytes() == b"by hand"
    assert server.requests == []


def test_a_cut_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.cut = 100_000
    url = f"{server.url}/data.bin"
    with pytest.raises(
        DownloadError, match=r"data\.bin could not be fetched from .*: cut short after .* of 256,?000"
    ) as e:
        fetch("data.bin", url, tmp_path, SHA256)
    assert "\n" not in str(e.value)
    assert f"Put it into {tmp_path} by hand, or set MIXVIZ_DATA" in str(e.value)
    assert names(tmp_path) == ["data.bin.part", "data.bin.part.tag"]
    n_bytes = (tmp_path / "data.bin.part").stat().st_size
    assert 0 < n_bytes <= 100_000
    server.cut = None
    assert fetch("data.bin", url, tmp_path, SHA256).read_bytes() == CONTENT
    assert server.requests == [("/data.bin", None), ("/data.bin", f"bytes={n_bytes}-")]
    assert names(tmp_path) == ["data.bin"]


def cut_once(server: Server, folder: Path) -> None:
    server.cut = 100_000
    with pytest.raises(DownloadError, match="cut short"):
        fetch("data.bin", f"{server.url}/data.bin", folder, SHA256)
    server.cut = None


def test_a_part_of_another_version_is_not_continued(server: Server, tmp_path: Path) -> None:
    server.files["/data.bin"] = CONTENT[::-1]
    cut_once(server, tmp_path)
    server.files["/data.bin"], server.versions = CONTENT, {"ETag": '"2"'}
    assert fetch("data.bin", f"{server.url}/data.bin", tmp_path, SHA256).read_bytes() == CONTENT
    assert server.requests[-1][1] is not None


@pytest.mark.parametrize(
    ("versions", "is_resumed"),
    [
        ({}, False),
        ({"ETag": 'W/"1"'}, False),
        ({"ETag": 'W/"1"', "Last-Modified": "Tue, 01 Jan 2008 00:00:00 GMT"}, True),
    ],
)
def test_what_tells_versions_apart(server: Server, tmp_path: Path, versions: dict, is_resumed: bool) -> None:
    server.versions = versions
    cut_once(server, tmp_path)
    assert fetch("data.bin", f"{server.url}/data.bin", tmp_path, SHA256).read_bytes() == CONTENT
    assert (server.requests[-1][1] is not None) == is_resumed


def test_a_server_without_ranges_sends_all_again(server: Server, tmp_path: Path) -> None:
    cut_once(server, tmp_path)
    server.does_ranges = False
    assert fetch("data.bin", f"{server.url}/data.bin", tmp_path, SHA256).read_bytes() == CONTENT


def test_a_server_that_sends_another_part(server: Server, tmp_path: Path) -> None:
    cut_once(server, tmp_path)
    server.shift = 5
    with pytest.raises(DownloadError, match=r"asked for bytes from \d+ on, the server sent bytes"):
        fetch("data.bin", f"{server.url}/data.bin", tmp_path, SHA256)
    assert "data.bin" not in names(tmp_path)


def test_a_part_that_is_already_complete(server: Server, tmp_path: Path) -> None:
    cut_once(server, tmp_path)
    (tmp_path / "data.bin.part").write_bytes(CONTENT)
    assert fetch("data.bin", f"{server.url}/data.bin", tmp_path, SHA256).read_bytes() == CONTENT
    assert [given for _, given in server.requests] == [None, "bytes=256000-", None]


def test_wrong_checksum_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.files["/data.bin"] = CONTENT[:-1] + b"x"
    with pytest.raises(DownloadError, match="wrong checksum, the file is damaged"):
        fetch("data.bin", f"{server.url}/data.bin", tmp_path, SHA256)
    assert names(tmp_path) == []


def test_404_leaves_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"none\.bin could not be fetched .*: HTTP 404 Not Found\. Put it into"):
        fetch("none.bin", f"{server.url}/none.bin", tmp_path / "cache")
    assert names(tmp_path / "cache") == []


def test_no_network_leaves_nothing(server: Server, tmp_path: Path) -> None:
    with Server() as closed:
        url = closed.url
    with pytest.raises(DownloadError, match=r"from http.*: no connection\. Put it into"):
        fetch("data.bin", f"{url}/data.bin", tmp_path)
    assert names(tmp_path) == []


def test_a_silent_server(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixviz.data.download.CONNECT_AND_READ_S", (1, 0.05))
    told = threading.Event()
    monkeypatch.setattr(Handler, "do_GET", lambda _self: told.wait(60))
    try:
        with pytest.raises(DownloadError, match="the server does not answer"):
            fetch("data.bin", f"{server.url}/data.bin", tmp_path)
    finally:
        told.set()


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="Not a directory"):
        fetch("data.bin", f"{server.url}/data.bin", tmp_path / "file" / "cache", SHA256)


def test_uci(server: Server, tmp_path: Path) -> None:
    server.files["/uci/vocab.kos.txt"] = b"apple\nbear\n"
    server.files["/uci/docword.kos.txt.gz"] = gzip.compress(b"2\n2\n2\n1 2 3\n2 1 1\n")
    corpus = datasets.fetch_kos(folder=tmp_path, base_url=f"{server.url}/uci")
    assert_array_equal(corpus.counts.toarray(), [[0, 3], [1, 0]])
    assert corpus.vocabulary == ("apple", "bear")
    datasets.fetch_kos(folder=tmp_path, base_url="http://127.0.0.1:1/")
    assert len(server.requests) == 2


@pytest.mark.parametrize("name", ["nips", "enron", "nytimes"])
def test_the_other_uci_sets(server: Server, tmp_path: Path, name: str) -> None:
    with pytest.raises(DownloadError, match=f"vocab.{name}.txt could not be fetched .* HTTP 404"):
        getattr(datasets, f"fetch_{name}")(folder=tmp_path, base_url=f"{server.url}/")


def test_uci_from_the_data_folder(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vocab.nips.txt").write_bytes(b"apple\nbear\n")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "docword.nips.txt.gz").write_bytes(gzip.compress(b"1\n2\n1\n1 2 3\n"))
    monkeypatch.setenv("MIXVIZ_DATA", str(tmp_path))
    assert datasets.fetch_nips(folder=tmp_path / "cache", base_url=server.url).n_tokens == 3
    assert server.requests == []
    assert not (tmp_path / "cache").exists()


def newsgroups() -> bytes:
    messages = {
        "20news-bydate-test/sci.space/1": b"From: x\nSubject: Re: Moon\n\n" + b"rocket orbit moon\n" * 2,
        "20news-bydate-test/rec.autos/2": b"From: x\n\nengine wheel \xe9t\xe9",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in messages.items():
            for copy in range(5):
                member = tarfile.TarInfo(f"{name}{copy}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text))
        folder = tarfile.TarInfo("20news-bydate-test")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    return buffer.getvalue()


def test_20newsgroups(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files["/20news"] = newsgroups()
    monkeypatch.setattr(datasets, "NEWSGROUPS_SHA256", hashlib.sha256(newsgroups()).hexdigest())
    corpus = datasets.fetch_20newsgroups(folder=tmp_path, url=f"{server.url}/20news")
    assert corpus.vocabulary == ("engine", "moon", "orbit", "rocket", "wheel", "été")
    assert corpus.titles == ("Re: Moon",) * 5 + tuple(f"20news-bydate-test/rec.autos/2{copy}" for copy in range(5))
    assert corpus.labels == ("sci.space",) * 5 + ("rec.autos",) * 5
    assert corpus.counts[0].toarray().tolist() == [[0, 2, 2, 2, 0, 0]]


def test_20newsgroups_is_checksummed(server: Server, tmp_path: Path) -> None:
    server.files["/20news"] = newsgroups()
    with pytest.raises(DownloadError, match="wrong checksum"):
        datasets.fetch_20newsgroups(folder=tmp_path, url=f"{server.url}/20news")
    assert names(tmp_path) == []


def test_imdb_says_where_it_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIXVIZ_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="set MIXVIZ_DATA to a folder that has it"):
        datasets.load_imdb()
    monkeypatch.setenv("MIXVIZ_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"imdb_bow\.npz not found"):
        datasets.load_imdb()
    Corpus([[1]], ["film"], labels=["pos"]).to_npz(tmp_path / "text" / "imdb_bow.npz")
    assert datasets.load_imdb().labels == ("pos",)


def test_a_data_folder_that_does_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXVIZ_DATA", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match=r"MIXVIZ_DATA must name a folder, got .*none"):
        data_folder()


@pytest.mark.skipif("MIXVIZ_DATA" not in os.environ, reason="MIXVIZ_DATA is not set: the real corpora are not here")
def test_the_real_corpora() -> None:
    news, imdb = datasets.fetch_20newsgroups(), datasets.load_imdb()
    assert (len(news), news.n_words, news.counts.nnz, news.n_tokens) == (18_846, 29_023, 1_616_198, 2_330_972)
    assert (len(imdb), imdb.n_words, imdb.counts.nnz, imdb.n_tokens) == (100_000, 48_926, 9_134_956, 10_867_760)
    assert len(set(news.labels or ())) == 20
    assert set(imdb.labels or ()) == {"neg", "pos", "unsup"}


@pytest.mark.skipif("MIXVIZ_DATA" not in os.environ, reason="MIXVIZ_DATA is not set: the Reuters items are not here")
def test_the_real_ldac_files() -> None:
    folder = data_folder()
    assert folder is not None
    stem = folder / "text" / "reuters"
    corpus = Corpus.from_ldac(*(stem.with_suffix(suffix) for suffix in (".ldac", ".tokens", ".titles")))
    assert (len(corpus), corpus.n_words, corpus.n_tokens) == (395, 4_258, 84_010)
    assert corpus.n_tokens == np.sum(corpus.counts.data)
