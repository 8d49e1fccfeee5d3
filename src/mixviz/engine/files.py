"""Saving and loading: one zip archive of JSON and plain .npy members, written atomically, read without pickle."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mixviz.engine import attachments
from mixviz.engine import path as paths
from mixviz.engine.columns import ArrayColumn, Column
from mixviz.engine.history import History
from mixviz.engine.log import Log
from mixviz.engine.states import state_arrays, state_from_arrays
from mixviz.storage import replacing
from mixviz.types import Model, Published

if TYPE_CHECKING:
    from mixviz.engine.session import Session
    from mixviz.engine.worker import Worker

FORMAT, VERSION = "mixviz session", 1
_HEADER = "session.json"
_SETTINGS = ("batch_size", "seed", "validation", "snapshot_budget_bytes", "snapshot_every")
"""What a file may set of a session: never where it writes to."""
Arrays = dict[str, npt.NDArray[Any]]


def check_path(name: str, value: object) -> Path:
    """Return `value` as a path; TypeError, naming it, unless it is text or a path."""
    if not isinstance(value, (str, Path)):
        raise TypeError(f"{name} must be a path, got {value!r}")
    return Path(value)


class FileError(ValueError):
    """A file that is damaged, foreign, or does not belong to the data or model at hand."""


def save_session(session: Worker, target: Path) -> None:
    """Write `session` to `target`; the old file stays whole until the new one is.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError
        If an attachment is not made of plain JSON values.
    """
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent} to save {target.name} in")
    header, arrays = _describe(session)
    with replacing(target) as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(_HEADER, json.dumps(header, allow_nan=False))
        for member, array in arrays.items():
            archive.writestr(f"{member}.npy", _to_npy(array))


def load_session(kind: type[Session], source: Path, data: Any, model: Model | None = None) -> Session:
    """Return the session saved at `source`, idle at the step where it was saved.

    Parameters
    ----------
    kind : type
        :class:`~mixviz.engine.session.Session` or a class derived from it.
    source : path
        Written by :func:`save_session`.
    data : object
        The data it was trained on.
    model : Model, optional
        Needed where the model is not one of mixviz's own or has mixins of the user's. Otherwise it is built
        from the file.

    Raises
    ------
    FileError
        If the file is damaged, not a mixviz session, of a later version, or belongs to other data.
    FileNotFoundError
        If there is none.
    TypeError, ValueError
        If the model does not accept the data.
    """
    header, arrays = read_file(source)
    with _refusing(source):
        described, made_with = dict(header["model"]), dict(header["data"])
        settings = {key: header["settings"][key] for key in _SETTINGS}
        model = model if model is not None else _build_model(described)
    dataset = model.as_dataset(data)
    if {"n_rows": len(dataset), "fingerprint": dataset.fingerprint()} != made_with:
        raise FileError(f"{source} was made with other data ({made_with.get('n_rows')} rows)")
    with _refusing(source):
        session = kind(model, dataset, **settings)
        _restore(session, header, arrays)
    return session


@contextmanager
def _refusing(source: Path) -> Iterator[None]:
    """Turn what odd contents raise into a FileError that names the file."""
    try:
        yield
    except FileError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise FileError(f"{source} is damaged or of another model: {type(error).__name__}: {error}") from error


def read_file(source: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the header and the arrays of a session file, checked for form only. Raises as :func:`load_session`."""
    try:
        with zipfile.ZipFile(source) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if any(info.compress_type != zipfile.ZIP_STORED for info in members.values()):
                raise FileError(f"{source} is not a mixviz session: it has compressed members")
            header = json.loads(archive.read(_HEADER))
            if not isinstance(header, dict) or header.get("format") != FORMAT:
                raise FileError(f"{source} is not a mixviz session")
            if header.get("version") != VERSION:
                raise FileError(f"{source} has version {header.get('version')!r}; this mixviz reads version {VERSION}")
            names = [name for name in members if name.endswith(".npy")]
            return header, {name.removesuffix(".npy"): _from_npy(archive.read(name)) for name in names}
    except FileError:
        raise
    except OSError:
        raise
    except Exception as error:  # zipfile and json raise many kinds on damaged bytes: all mean the same here
        raise FileError(f"{source} is damaged or not a mixviz session: {type(error).__name__}: {error}") from error


# ---- arrays


def _to_npy(array: npt.NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=False)
    return stream.getvalue()


def _from_npy(raw: bytes) -> npt.NDArray[Any]:
    """Parse one .npy member; its claimed size must be the size that is there."""
    stream = io.BytesIO(raw)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read_header(stream)
    body = raw[stream.tell() :]
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError(f"array of {dtype} {shape} does not fit {len(body)} bytes")
    array = np.frombuffer(body, dtype)
    return array.reshape(shape[::-1]).T if is_fortran else array.reshape(shape)


# ---- a session as JSON and arrays


def _describe(session: Worker) -> tuple[dict[str, Any], Arrays]:
    with session.lock:
        now, path, tick = session.place()
        rows, texts = session.log.to_arrays()
        pinned = [s for s in session.snapshots_store.items if s.is_pinned]
        hashes = session.history.hashes.view().copy()
        columns = {name: _column_arrays(column) for name, column in session.history.columns.items()}
    places = {"now": now, "origin": session.origin}
    places |= {f"snapshot{s.id}": Published(s.step, s.tick, s.state, s.values) for s in pinned}
    arrays: Arrays = {"log": rows, "hashes": hashes}
    for name, place in places.items():
        arrays |= {f"{name}/{key}": array for key, array in state_arrays(place.state).items()}
    for i, (ticks, values) in enumerate(columns.values()):
        arrays |= {f"column{i}/ticks": ticks} | {f"column{i}/{j}": value for j, value in enumerate(values)}
    header = {
        "format": FORMAT,
        "version": VERSION,
        "model": _describe_model(session.model),
        "data": {"n_rows": len(session.data), "fingerprint": session.data.fingerprint()},
        "settings": session.settings,
        "attachments": attachments.copied(session.attachments),
        "texts": texts,
        "n_inherited": session.n_inherited,
        "path": [asdict(segment) for segment in path.segments],
        "tick": tick,
        "columns": list(columns),
        "places": {name: [p.step, p.tick, dict(p.values)] for name, p in places.items()},
        "snapshots": [
            {"id": s.id, "name": s.name, "path": [asdict(segment) for segment in s.path.segments]} for s in pinned
        ],
    }
    return header, arrays


def _column_arrays(column: Column | ArrayColumn) -> tuple[npt.NDArray[Any], list[npt.NDArray[Any]]]:
    """Ticks, and either one array of numbers or one array for each tick."""
    if isinstance(column, Column):
        return column.ticks.view().copy(), [column.values.view().copy()]
    return np.array([tick for tick, _ in column.entries], np.int64), [value for _, value in column.entries]


def _describe_model(model: Model) -> dict[str, Any]:
    try:
        return {"name": type(model).__name__, "config": model.config()}
    except ValueError as error:
        return {"name": type(model).__name__, "reason": str(error)}


def _build_model(described: Mapping[str, Any]) -> Model:
    """Build one of the installed models: never anything a file names outside the `mixviz.models` entry points."""
    if "reason" in described:
        raise FileError(f"the model cannot be rebuilt from the file ({described['reason']}): pass model=")
    found = [e for e in entry_points(group="mixviz.models") if e.name == described["name"]]
    if not found:
        raise FileError(f"no model named {described['name']!r} is installed: pass model=")
    try:
        built: Model = found[0].load().from_config(described["config"])
    except (ValueError, TypeError) as error:
        raise FileError(f"the model cannot be rebuilt from the file ({error}): pass model=") from error
    return built


def _restore(session: Session, header: Mapping[str, Any], arrays: Arrays) -> None:
    places = {name: _place(session, name, entry, arrays) for name, entry in header["places"].items()}
    now, tick, path = places["now"], int(header["tick"]), _path(header["path"])
    session.history = History(path.continued(tick, now.step))
    session.history.hashes.extend(arrays["hashes"].astype(np.uint64, casting="safe"))
    if session.history.hashes.n != tick:
        raise ValueError(f"{session.history.hashes.n} state digests for {tick} steps")
    for i, name in enumerate(header["columns"]):
        session.history.columns[str(name)] = _column(f"column{i}", arrays)
    session.log = Log.from_arrays(arrays["log"], [str(text) for text in header["texts"]])
    session.begin(now)
    session.origin, session.n_inherited, session.tick = places["origin"], int(header["n_inherited"]), tick
    if not isinstance(header.get("attachments", {}), dict):
        raise ValueError("attachments are not a dict")
    session.attachments = attachments.copied(header.get("attachments", {}))
    pinned = [
        (places[f"snapshot{entry['id']}"], _path(entry["path"]), str(entry["name"]), True)
        for entry in header["snapshots"]
    ]
    named = [(place.tick, place.values) for place, *_ in pinned]
    ends = {place.tick: place for place in (now, session.origin) if (place.tick, place.values) not in named}
    loose = [(place, session.history.path, "", False) for place in ends.values()]
    session.snapshots_store.put([*loose, *pinned])


def _place(session: Session, name: str, entry: Any, arrays: Arrays) -> Published:
    step, tick, values = entry
    prefix = f"{name}/"
    own = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
    state = state_from_arrays(session.model.state_type, own)
    fresh = state_arrays(session.published.state)
    for key, array in state_arrays(state).items():
        if array.dtype != fresh[key].dtype or array.shape != fresh[key].shape:
            raise ValueError(f"{name}/{key} is {array.dtype} {array.shape}, not {fresh[key].dtype} {fresh[key].shape}")
    return Published(int(step), int(tick), state, session.controls.check(values))


def _path(segments: Any) -> paths.Path:
    return paths.Path(tuple(paths.Segment(**segment) for segment in segments))


def _column(prefix: str, arrays: Arrays) -> Column | ArrayColumn:
    ticks, first = arrays[f"{prefix}/ticks"], arrays.get(f"{prefix}/0")
    if first is not None and first.ndim == 1 and ticks.dtype == np.uint32:
        column = Column()
        column.extend(ticks, first)
        return column
    entries = ArrayColumn()
    for i, tick in enumerate(ticks.tolist()):
        entries.append(tick, arrays[f"{prefix}/{i}"])
    return entries
