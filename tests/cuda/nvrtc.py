"""NVIDIA's compiler, which needs no GPU: kernels become machine code for cards that are not here."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import files, version
from pathlib import Path

from mixviz.kernels.launch import KERNELS

PACKAGE = "nvidia-cuda-nvrtc"
ARCHITECTURES = ("sm_80", "sm_90")
OF_CUPY = ("-ftz=true", "--device-as-default-execution-space")
"""What CuPy adds to the options of every source: numbers below 1.2e-38 become 0."""
_FIGURES = re.compile(
    r"Compiling entry function '(?P<name>\w+)'.*?"
    r"(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads.*?"
    r"Used (?P<registers>\d+) registers(?P<rest>[^\n]*)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Figures:
    """What a kernel takes of a multiprocessor: registers a thread, bytes spilled from them, stack, shared memory."""

    registers: int
    spilled: int
    stack: int
    shared: int


@dataclass(frozen=True)
class Compiled:
    log: str
    """What the compiler had to say, without the figures."""
    kernels: dict[str, Figures]


class CompileError(RuntimeError):
    """The source is not CUDA C++, or is too large for the card."""


@cache
def _library() -> ctypes.CDLL:
    """Return NVRTC as pip installed it."""
    found = [path for path in files(PACKAGE) or () if re.match(r"(lib)?nvrtc(64)?[._]\d|libnvrtc\.so", path.name)]
    return ctypes.CDLL(str(Path(str(found[0].locate()))))


def compiler() -> str:
    """Return the compiler and its version, without the last part, as NVRTC 13.5."""
    return "NVRTC " + ".".join(version(PACKAGE).split(".")[:2])


def _text(program: ctypes.c_void_p, kind: str) -> str:
    size = ctypes.c_size_t()
    getattr(_library(), f"nvrtcGet{kind}Size")(program, ctypes.byref(size))
    text = ctypes.create_string_buffer(size.value)
    getattr(_library(), f"nvrtcGet{kind}")(program, text)
    return text.value.decode()


def _figures(log: str) -> dict[str, Figures]:
    found = {}
    for match in _FIGURES.finditer(log):
        shared = re.search(r"(\d+) bytes smem", match["rest"])
        spilled = int(match["stores"]) + int(match["loads"])
        numbers = int(match["registers"]), spilled, int(match["stack"]), int(shared[1]) if shared else 0
        found[match["name"]] = Figures(*numbers)
    return found


def compiled(code: str, architecture: str, constants: dict[str, int]) -> Compiled:
    """Compile as CuPy would at the first launch.

    Raises
    ------
    CompileError
        If there is an error; warnings are in the log.
    """
    lib, program = _library(), ctypes.c_void_p()
    options = ["--std=c++17", f"-I{KERNELS}", f"-arch={architecture}", *OF_CUPY, "--ptxas-options=-v"]
    options += [f"-D{name}={value}" for name, value in constants.items()]
    given = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    lib.nvrtcCreateProgram(ctypes.byref(program), code.encode(), b"gpu.cu", 0, None, None)
    try:
        failed = lib.nvrtcCompileProgram(program, len(options), given)
        log = _text(program, "ProgramLog")
    finally:
        lib.nvrtcDestroyProgram(ctypes.byref(program))
    if failed:
        raise CompileError(log)
    said = [line for line in log.splitlines() if line.strip() and not re.match(r"ptxas +(info|\.) ", line)]
    return Compiled("\n".join(said), _figures(log))
