"""Checks in processes of their own, side by side: the tests on the real device, and NVIDIA's tool that watches memory.

They take processor time, so nothing is measured meanwhile.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.gpu.every_kernel import PLANTED_NAMES, kernel_names
from benchmarks.gpu.rows import Row, check

ROOT = Path(__file__).parents[2]
TESTS = ("tests/cuda", "-m", "not fake", "-q", "--maxfail=20", "--no-header", "-p", "no:cacheprovider")
FOUND = 9
"""What compute-sanitizer returns where it found something."""
_LIMIT_S = 240.0
_EVERY_KERNEL = (sys.executable, "-m", "benchmarks.gpu.every_kernel")


@dataclass
class Running:
    """A process and the file that gets what it prints."""

    process: subprocess.Popen[str]
    output: IO[str]
    end: float

    def wait(self) -> tuple[int | None, str]:
        """Return its exit status, None where it took too long, and what it printed."""
        try:
            status: int | None = self.process.wait(max(self.end - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = None
        with self.output:
            self.output.seek(0)
            return status, self.output.read()


def start(command: Sequence[str], **environment: str) -> Running:
    """Start a program in the project's folder."""
    output: Any = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 Running reads it
    given = {"stdout": output, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, text=True, **given)
    return Running(process, output, time.monotonic() + _LIMIT_S)


def sanitizer() -> str | None:
    """Return where compute-sanitizer is."""
    homes = [os.environ.get("CUDA_PATH", ""), os.environ.get("CUDA_HOME", ""), "/usr/local/cuda"]
    places = [f"{home}/{folder}" for home in homes if home for folder in ("bin", "compute-sanitizer")]
    return shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path=os.pathsep.join(places))


def start_tests(tests: Sequence[str], seed: int, *, is_real: bool) -> Running:
    """Start the tests, with random numbers of `seed`."""
    environment = {"MIXVIZ_SEED": str(seed)} | ({"MIXVIZ_GPU": "1"} if is_real else {})
    return start([sys.executable, "-m", "pytest", *tests], **environment)


def start_sanitizer(tool: str, path: str) -> tuple[Running, Running]:
    """Start the tool over all kernels, and over those that are wrong on purpose."""
    watch = (path, "--tool", tool, "--error-exitcode", str(FOUND), "--report-api-errors", "no")
    return start([*watch, *_EVERY_KERNEL]), start([*watch, *_EVERY_KERNEL, "--planted"])


def tested(running: Running, seed: int) -> Row:
    """Return how the tests went."""
    status, output = running.wait()
    if status != 0:
        print(output[-8000:], flush=True)
    said = output.strip().splitlines()[-1:] or ["nothing was printed"]
    took_too_long = f"not finished after {_LIMIT_S:g} s; " if status is None else ""
    what = f"tests of kernels and models on it, numbers of MIXVIZ_SEED={seed}, memory poisoned"
    return check(what, status == 0, took_too_long + said[0].strip("= "), "all pass")


def _named(names: Sequence[str], output: str) -> list[str]:
    """Return which kernels the tool's own lines name."""
    lines = "\n".join(line for line in output.splitlines() if line.startswith("========="))
    return [name for name in names if re.search(rf"\b{name}\b", lines)]


def watched(tool: str, every: Running, planted: Running) -> Row:
    """Return what the tool found; what lies in other libraries' kernels alone is told, and is no failure of ours."""
    status, output = every.wait()
    is_awake, blamed = bool(_named(PLANTED_NAMES, planted.wait()[1])), _named(kernel_names(), output)
    if status is None:
        measured = f"not finished after {_LIMIT_S:g} s"
    elif status == FOUND or blamed:
        measured = f"found in {', '.join(blamed) or 'kernels of other libraries'}"
    else:
        measured = "nothing found" if status == 0 else f"ended with status {status}"
    holds = status in (0, FOUND) and not blamed and is_awake
    if not holds:
        print(output[-8000:], flush=True)
    measured += "" if is_awake else "; nor what is wrong on purpose"
    return check(f"compute-sanitizer, {tool}", holds, measured, "nothing found")


def rows(sizes: Any, seed: int) -> Iterator[Row]:
    """Run everything, side by side."""
    tests, path = start_tests(sizes.tests, seed, is_real=sizes.is_measured), sanitizer()
    tools = {tool: start_sanitizer(tool, path) for tool in ("memcheck", "racecheck")} if path else {}
    yield tested(tests, seed)
    for tool, running in tools.items():
        yield watched(tool, *running)
    if not path:
        yield Row("check", "compute-sanitizer, memcheck and racecheck", "the tool was not found")
