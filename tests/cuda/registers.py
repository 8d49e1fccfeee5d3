"""What each kernel takes of a multiprocessor, as `python -m tests.cuda.registers` writes it down."""

from __future__ import annotations

import importlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from benchmarks import report
from mixviz.backend import available_cpus
from mixviz.kernels.launch import KERNELS
from tests.cuda.nvrtc import ARCHITECTURES, Compiled, compiled, compiler

NAME = "kernels-registers"
RECORD = report.HERE / "results" / f"{NAME}.json"
OPS = sorted(path.parent.name for path in KERNELS.glob("*/gpu.cu"))
TITLE = "What CUDA kernels take of a multiprocessor"
TEXT = """Registers a thread, bytes of static shared memory a block, and bytes that did not fit into registers, as the
compiler says for compute capability 8.0 and 9.0. Compiled, not measured: no GPU was needed."""


@cache
def compiled_op(op: str, architecture: str) -> list[tuple[str, Compiled]]:
    """Return the kernels of one operation, for each set of constants it is usually compiled with."""
    sets = importlib.import_module(f"mixviz.kernels.{op}.gpu").COMPILED_WITH
    code = (KERNELS / op / "gpu.cu").read_text()
    with ThreadPoolExecutor(available_cpus()) as pool:
        found = list(pool.map(lambda constants: compiled(code, architecture, constants), sets))
    names = [", ".join(f"{name}={value}" for name, value in constants.items()) for constants in sets]
    return list(zip(names, found, strict=True))


def rows() -> list[dict[str, Any]]:
    """Return a row for each kernel and set of constants."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for op in OPS:
        for architecture in ARCHITECTURES:
            for constants, made in compiled_op(op, architecture):
                for kernel, figures in made.kernels.items():
                    row = found.setdefault((op, kernel, constants), {"shared": figures.shared})
                    row[f"registers {architecture}"] = figures.registers
                    row[f"spilled {architecture}"] = figures.spilled
    heads = ("operation", "kernel", "compiled with")
    return [dict(zip(heads, key, strict=True)) | found[key] for key in sorted(found)]


def recorded() -> tuple[str, list[dict[str, Any]]]:
    """Return the compiler and the rows as written down."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    return record["text"].rsplit(" by ", 1)[1].rstrip("."), record["rows"]


if __name__ == "__main__":
    report.keep(NAME, TITLE, f"{' '.join(TEXT.split())} Compiled by {compiler()}.", rows())
