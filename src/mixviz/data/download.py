"""Fetching files: into a folder, whole or not at all, resumable and checked."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import Any

import pooch
import requests
from tqdm.auto import tqdm

CONNECT_AND_READ_S = (10, 60)
CHUNK_BYTES = 1 << 16


class DownloadError(OSError):
    """A file could not be had; the message says why and what to do, on one line."""


def data_folder() -> Path | None:
    """Return the folder of ready data that the environment variable MIXVIZ_DATA names, if it is set.

    Raises
    ------
    FileNotFoundError
        If it names no folder.
    """
    named = os.environ.get("MIXVIZ_DATA")
    if named and not Path(named).is_dir():
        raise FileNotFoundError(f"MIXVIZ_DATA must name a folder, got {named!r}")
    return Path(named) if named else None


def in_data_folder(name: str) -> Path | None:
    """Return the file of that name in the folder MIXVIZ_DATA or its ``text`` or ``images``, if it is there."""
    folder = data_folder()
    candidates = [folder / name, folder / "text" / name, folder / "images" / name] if folder else []
    return next((path for path in candidates if path.is_file()), None)


def fetch(name: str, url: str, folder: Path, sha256: str | None = None) -> Path:
    """Return the path of a file in `folder`, downloading it if it is not there or not what it was.

    What arrives is kept as ``<name>.part`` until it is complete, so a download that was cut goes on where it stopped
    (if the server can, and its file is still the same one). Where no checksum is known, that of the first download is
    kept beside the file as ``<name>.sha256``, and a later change of either is noticed.

    Parameters
    ----------
    name : str
        Name in `folder`.
    url : str
        Where it comes from.
    folder : path
        Created if need be.
    sha256 : str, optional
        64 hexadecimal digits.

    Raises
    ------
    DownloadError
        If there is no connection, the server refuses, the file is cut short or its checksum is wrong. Nothing of that
        name is left in the folder then, except a previous good one.
    """
    record = folder / f"{name}.sha256"
    known = sha256 or _recorded(record)
    repository = pooch.Pooch(folder, base_url="", registry={name: known}, urls={name: url})
    try:
        path = Path(repository.fetch(name, downloader=partial(_download, folder / f"{name}.part")))
    except (requests.RequestException, OSError, ValueError) as error:
        raise DownloadError(
            f"{name} could not be fetched from {url}: {_reason(error)}. "
            f"Put it into {folder} by hand, or set MIXVIZ_DATA to a folder that has it."
        ) from error
    if known is None:
        record.write_text(pooch.file_hash(str(path)))
    return path


def _recorded(record: Path) -> str | None:
    text = record.read_text(errors="replace").strip() if record.is_file() else ""
    return text if re.fullmatch("[0-9a-f]{64}", text) else None


def _reason(error: Exception) -> str:
    """Say in a few words what went wrong."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "the server does not answer"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, ValueError) and "known hash" in str(error):
        return "wrong checksum, the file is damaged or no longer the same one"
    return " ".join(str(error).split()).rstrip(".")


def _download(part: Path, url: str, output: str, _repository: Any) -> None:
    """Complete `part` and give it the name `output`: a downloader as pooch wants it."""
    tag = part.with_name(part.name + ".tag")
    n_bytes = part.stat().st_size if part.is_file() and tag.is_file() else 0
    headers = {"Accept-Encoding": "identity"}
    if n_bytes:
        headers |= {"Range": f"bytes={n_bytes}-", "If-Range": tag.read_text()}
    with requests.get(url, headers=headers, stream=True, timeout=CONNECT_AND_READ_S) as response:
        is_useless = response.status_code == requests.codes.requested_range_not_satisfiable
        if not is_useless:
            response.raise_for_status()
            _receive(response, part, tag, n_bytes)
    if is_useless:
        part.unlink()
        return _download(part, url, output, _repository)
    part.replace(output)
    tag.unlink(missing_ok=True)
    return None


def _receive(response: requests.Response, part: Path, tag: Path, n_bytes: int) -> None:
    """Write the body into `part`, at its end if the server goes on there; raise if it is cut short."""
    start = n_bytes if response.status_code == requests.codes.partial_content else 0
    if start and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        raise DownloadError(f"asked for bytes from {start} on, the server sent {response.headers.get('Content-Range')}")
    if not start:
        _note_version(response, tag)
    length = response.headers.get("Content-Length")
    total = start + int(length) if length and length.isdecimal() else None
    cause = None
    with part.open("ab" if start else "wb") as file:
        with tqdm(desc=part.stem, total=total, initial=start, unit="B", unit_scale=True) as bar:
            try:
                for chunk in response.iter_content(CHUNK_BYTES):
                    file.write(chunk)
                    bar.update(len(chunk))
            except requests.RequestException as error:
                cause = error
        received = file.tell()
    if cause or (total is not None and received != total):
        raise DownloadError(f"cut short after {received:,} of {total or '?'} bytes; call again to go on") from cause


def _note_version(response: requests.Response, tag: Path) -> None:
    """Keep what tells this version of the file from others; without it a part cannot be continued."""
    version = response.headers.get("ETag", "")
    if not version or version.startswith("W/"):
        version = response.headers.get("Last-Modified", "")
    if version:
        tag.write_text(version)
    else:
        tag.unlink(missing_ok=True)
