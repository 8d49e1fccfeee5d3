"""Where figures go: one JSON file a benchmark, and RESULTS.md drawn from all of them."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
PACKAGES = ("numpy", "scipy", "scikit-learn", "numba", "tomotopy", "faiss-cpu", "anywidget", "ipywidgets", "bqplot",
            "ipykernel", "jupyterlab", "cupy-cuda12x", "cupy-cuda13x")  # fmt: skip
NO_GPU = """Not measured yet. What the kernels compute is tested on a processor, thread by thread, and they compile for
compute capability 8.0 and 9.0. `make gpu-check` measures passes of LDA and steps of k-means beside the limits of the
card, and how late the main thread is meanwhile; it takes minutes on a machine with an NVIDIA GPU and puts its table
here."""


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    cores = len(os.sched_getaffinity(0))
    return {"processor": cpu or platform.processor(), "cores": cores, "memory_gib": round(memory / 2**20)}


def versions() -> dict[str, str]:
    """Return the versions that matter."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit() -> str:
    """Return the short hash of the commit measured, with a + where files differ from it; 'unknown' without Git."""
    if shutil.which("git") is None:
        return "unknown"
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True)
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "src", "js"], cwd=HERE.parent, capture_output=True, text=True
    )
    return revision.stdout.strip() + ("+" if changed.stdout.strip() else "")


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Return 'median (min to max)' of several runs."""
    low, middle, high = (f"{value:.{digits}g}" for value in (min(values), median(values), max(values)))
    return f"{middle} ({low} to {high})"


def keep(
    name: str, title: str, text: str, rows: Sequence[Mapping[str, Any]], folder: Path = HERE / "results", gpu: str = ""
) -> None:
    """Store a table under `name` and draw RESULTS.md anew, beside `folder`; `gpu` says on which one it was measured."""
    record = {
        "title": title,
        "text": text,
        "rows": list(rows),
        "machine": machine(),
        "versions": versions(),
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d"),
    } | ({"gpu": gpu} if gpu else {})
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(folder)


def draw(folder: Path = HERE / "results") -> None:
    """Write RESULTS.md from the stored tables."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    parts = ["# Measured figures", "", "Written by `make bench` and `make gpu-check`; do not edit by hand. Figures are "
             "medians (lowest to highest) of the runs named; peers ran in the same session, in turn.", ""]  # fmt: skip
    for record in records:
        parts += [f"## {record['title']}", "", record["text"], "", *_table(record["rows"]), "", _footnote(record), ""]
    if not any("gpu" in record for record in records):
        parts += ["## On a GPU", "", NO_GPU, ""]
    (folder.parent / "RESULTS.md").write_text("\n".join(parts), encoding="utf-8")


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    columns = list(rows[0])
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(str(row.get(column, "")) for column in columns) for row in rows]
    return [f"| {line} |" for line in lines]


def _footnote(record: Mapping[str, Any]) -> str:
    where = record["machine"]
    used = ", ".join(f"{name} {number}" for name, number in record["versions"].items() if number != "not installed")
    return (
        f"<sub>{record['date']}, commit {record['commit']}; {where['processor']}, {where['cores']} cores, "
        f"{where['memory_gib']} GiB; {record['gpu'] + '; ' if 'gpu' in record else ''}{used}</sub>"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
