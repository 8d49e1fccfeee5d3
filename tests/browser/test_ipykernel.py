"""Sliders against the versions of ipykernel that differ in which thread hears the page, and when."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

from tests.browser.lab import LabNotebook, opening
from tests.browser.steering import FIRST_START_S, STEER, TRAINING, drag, wait_until_applied

PROMPTLY_S = 5
"""The cells are busy until the test ends them."""
BLOCKS = """
import pathlib, time
while not pathlib.Path("end-1").exists():
    time.sleep(0.05)
"""
AWAITS = """
import asyncio
while not pathlib.Path("end-2").exists():
    await asyncio.sleep(0.05)
"""
REQUIREMENTS = {
    "6.31.0": ["ipykernel==6.31.0", "nest-asyncio==1.6.0"],
    "7.3.0": ["ipykernel==7.3.0"],
    "7.4.0": ["ipykernel==7.4.0"],
}
WAITS_FOR_CELL = {
    "6.31.0": "ipykernel 6 has no subshells: it hears the page only between two cells",
    "7.4.0": "ipykernel 7.4.0 hears a comm in the shell that last published on it: at first that of the cells",
}


@pytest.fixture(scope="module", params=[*REQUIREMENTS])
def notebook(request, server, browser, artifacts, tmp_path_factory) -> Iterator[LabNotebook]:
    """A run on this version of ipykernel, and two cells not run yet."""
    folder, name = tmp_path_factory.mktemp("ipykernel"), f"ipykernel-{request.param}"
    _install(folder, REQUIREMENTS[request.param])
    _write_spec(server.data / "kernels" / name, name, folder)
    with opening(server, browser, artifacts) as open_:
        notebook = open_([STEER, BLOCKS, AWAITS], TRAINING, FIRST_START_S, kernel=name, cell=0)
        for cell in (1, 2):
            end_of(notebook, cell).unlink(missing_ok=True)
        assert notebook.value("__import__('ipykernel').__version__") == request.param
        yield notebook


def _install(folder: Path, requirements: list[str]) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *requirements]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    if done.returncode:
        pytest.fail(f"pip could not install {requirements}, without a network?\n{done.stderr}", pytrace=False)


def _write_spec(place: Path, name: str, folder: Path) -> None:
    place.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": name, "language": "python", "env": {"PYTHONPATH": str(folder)}}
    (place / "kernel.json").write_text(json.dumps(spec))


def is_busy(notebook: LabNotebook, cell: int) -> bool:
    return notebook.page.locator(".jp-CodeCell .jp-InputPrompt").nth(cell).inner_text() == "[*]:"


def end_of(notebook: LabNotebook, cell: int) -> Path:
    """The file that ends a busy cell."""
    return notebook.path.parent / f"end-{cell}"


def run_until_busy(notebook: LabNotebook, cell: int) -> None:
    notebook.run_cell(cell)
    prompt = "cell => document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')[cell].innerText === '[*]:'"
    notebook.page.wait_for_function(prompt, arg=cell)


def end(notebook: LabNotebook, cell: int) -> None:
    """End a busy cell, and wait until it is done."""
    end_of(notebook, cell).touch()
    prompt = "cell => /\\d/.test(document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')[cell].innerText)"
    notebook.page.wait_for_function(prompt, arg=cell)


def test_a_slider_acts_while_a_cell_blocks(notebook, request):
    version = notebook.value("__import__('ipykernel').__version__")
    if reason := WAITS_FOR_CELL.get(version):
        request.applymarker(pytest.mark.xfail(reason=reason, raises=TimeoutError, strict=True))
        # Where the page's first word came late, another shell may have heard it: publish from that of the cells.
        notebook.execute("import contextvars; dash._relay._context = contextvars.copy_context()")
    run_until_busy(notebook, 1)
    drag(notebook.page, "l1", 0.5)
    wait_until_applied(notebook.page, "l1", timeout_s=PROMPTLY_S)
    assert is_busy(notebook, 1)


def test_a_slider_moved_while_a_cell_awaits_acts_again_afterwards(notebook):
    end(notebook, 1)
    run_until_busy(notebook, 2)
    drag(notebook.page, "cosine", 0.5)
    end(notebook, 2)
    first = wait_until_applied(notebook.page, "cosine")
    drag(notebook.page, "cosine", 0.7)
    assert wait_until_applied(notebook.page, "cosine", str(first), PROMPTLY_S) > first
