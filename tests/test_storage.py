"""Files that are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixviz.storage import replacing


def test_a_file_appears_whole_in_the_place_of_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "run.bin"
    target.write_bytes(b"older")
    with replacing(target) as stream:
        stream.write(b"newer")
        stream.flush()
        assert target.read_bytes() == b"older"
    assert target.read_bytes() == b"newer"
    assert list(tmp_path.iterdir()) == [target]


def test_after_an_error_the_older_file_is_all_there_is(tmp_path: Path) -> None:
    target = tmp_path / "run.bin"
    target.write_bytes(b"older")

    def interrupted() -> None:
        with replacing(target) as stream:
            stream.write(b"half of the new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [target]


def test_without_a_folder_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "nowhere" / "run.bin"):
        pass
