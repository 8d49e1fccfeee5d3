"""The twin of a GPU: compiles a kernel's own source for the processor and runs it, thread by thread (twin.hpp).

It needs Linux and g++, or another compiler that takes its options, named in the environment as CXX.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import subprocess
import tempfile
import threading
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tests.cuda.signatures import Signature, read_signatures, without_comments

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".pytest_cache" / "d" / "cuda-twin"
ORDERS = ("forward", "backward", "shuffled")
"""Ways in which threads take turns. A kernel that waits wherever it must gives the same bits in all."""
_CHECKS = "bounds,alignment,null,signed-integer-overflow,integer-divide-by-zero,shift,float-cast-overflow"
_COMPILE = f"""
-x c++ -std=c++17 -O1 -g0 -fPIC -c -U_FORTIFY_SOURCE -fcf-protection=none -ffp-contract=off -fno-strict-aliasing
-fno-exceptions -fno-rtti -fvisibility=hidden -fsanitize={_CHECKS} -fno-sanitize-recover=all
-Wall -Wextra -Werror -Wdouble-promotion -Wno-unknown-pragmas -Wno-sign-compare -Wno-unused-function
-Wno-unused-parameter -Wno-maybe-uninitialized -Wno-builtin-declaration-mismatch
""".split()
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)".*$', re.MULTILINE)
_DYNAMIC = re.compile(r"extern\s+__shared__\s+(?:(?:__align__|alignas)\(\d+\)\s*)?([\w ]+?)\s+(\w+)\s*\[\s*\]\s*;")
_stacks: list[int] = []
_turn = threading.Lock()
"""The twin keeps one launch's threads at a time, and catches the process's signals meanwhile."""


class TwinError(RuntimeError):
    """A kernel did what a GPU does not allow, or what only happens to work there."""


class _Launch(ctypes.Structure):
    _fields_ = (
        ("grid", ctypes.c_uint * 3),
        ("block", ctypes.c_uint * 3),
        ("shared", ctypes.c_uint),
        ("order", ctypes.c_int),
        ("seed", ctypes.c_uint64),
        ("stacks", ctypes.c_void_p),
    )


def _gathered(code: str, name: str, folders: list[Path], seen: set[Path]) -> str:
    """Return `code` with its headers in it, each once, and lines numbered as in their files."""

    def header(match: re.Match[str]) -> str:
        path = next((folder / match[1] for folder in folders if (folder / match[1]).is_file()), None)
        if path is None:
            raise FileNotFoundError(f"{name} includes {match[1]}, which is in none of {[str(f) for f in folders]}")
        line = code.count("\n", 0, match.end()) + 2
        inside = "" if path in seen else _gathered(path.read_text(), match[1], folders, seen | {path})
        seen.add(path)
        return f'{inside}\n#line {line} "{name}"'

    text = _INCLUDE.sub(header, without_comments(code).replace("#pragma once", ""))
    return f'#line 1 "{name}"\n{text}'


def _wrapper(signature: Signature) -> str:
    """Return C++ that calls a kernel with values handed over as pointers to them."""
    values = []
    for i, parameter in enumerate(signature.parameters):
        c_type = f"{parameter.c_type}*" if parameter.pointer else parameter.c_type
        values.append(f"*reinterpret_cast<{c_type}*>(a[{i}])")
    name = signature.name
    return f"""
static void twin_call_{name}([[maybe_unused]] void** a) {{ {name}({", ".join(values)}); }}
extern "C" __attribute__((visibility("default"))) const char* twin_run_{name}(const twin::Launch* launch, void** a) {{
    return twin::run(*launch, twin_call_{name}, a);
}}
extern "C" __attribute__((visibility("default"))) int twin_most_threads_{name}() {{
    const int bounds[] = {{{signature.bounds or "1024"}}};
    return bounds[0];
}}
"""


def _as_cpp(text: str, signatures: dict[str, Signature]) -> str:
    dynamic = {f"#define {m[2]} (reinterpret_cast<{m[1]}*>(twin_dynamic))\n" for m in _DYNAMIC.finditer(text)}
    text = _DYNAMIC.sub(lambda found: "\n" * found[0].count("\n"), text)
    calls = "".join(map(_wrapper, signatures.values()))
    return f'#include "device.hpp"\n{"".join(sorted(dynamic))}namespace {{\n{text}\n}}\n{calls}'


def _compiled(source: str, options: list[str]) -> Path:
    """Return the library made of `source`, from the cache where it was made before."""
    key = hashlib.sha256("\0".join([source, *options, *_COMPILE, *_surroundings()]).encode()).hexdigest()[:24]
    library = CACHE / f"{key}.so"
    if library.exists():
        return library
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        cpp, compiled, linked = (Path(folder) / f"twin{ending}" for ending in (".cpp", ".o", ".so"))
        cpp.write_text(source)
        _run([_compiler(), *_COMPILE, f"-I{HERE}", *options, str(cpp), "-o", str(compiled)])
        _run([_compiler(), "-shared", str(compiled), "-o", str(linked), "-Wl,-z,noexecstack"])
        os.replace(linked, library)
    return library


@cache
def _surroundings() -> list[str]:
    """Return what else decides on the library: the compiler and the twin's own source."""
    version = subprocess.run([_compiler(), "--version"], check=True, capture_output=True, text=True).stdout
    return [version, *(path.read_text() for path in sorted(HERE.glob("*.hpp")))]


def _compiler() -> str:
    return os.environ.get("CXX", "g++")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise TwinError(f"{command[0]} failed:\n{done.stderr}")


def _triple(size: Any) -> Any:
    given = size if isinstance(size, tuple) else (size,)
    return (ctypes.c_uint * 3)(*given, *(1,) * (3 - len(given)))


class Twin:
    """The kernels of one source, compiled for the processor.

    Parameters
    ----------
    code : str
        CUDA C++.
    options : tuple of str
        As NVRTC takes them; -I and -D count.
    name : str
        How messages call the source.
    """

    def __init__(self, code: str, options: tuple[str, ...] = (), name: str = "gpu.cu") -> None:
        folders = [Path(option[2:]) for option in options if option.startswith("-I")]
        self._name, self._text = name, _gathered(code, name, folders, set())
        self.signatures = read_signatures(self._text)
        self._defines = [option for option in options if option.startswith("-D")]

    @cached_property
    def library(self) -> ctypes.CDLL:
        source = _as_cpp(self._text, self.signatures)
        text = "\n".join([source, *_surroundings()])
        used = [define for define in self._defines if re.search(rf"\b{define[2:].partition('=')[0]}\b", text)]
        return ctypes.CDLL(str(_compiled(source, used)))

    def _stacks(self) -> int:
        if not _stacks:
            new = self.library.twin_new_stacks
            new.restype = ctypes.c_void_p
            _stacks.append(new())
        return _stacks[0]

    def most_threads(self, kernel: str) -> int:
        """Return how many threads a block of `kernel` may have by its __launch_bounds__."""
        return int(getattr(self.library, f"twin_most_threads_{kernel}")())

    def launch(
        self, kernel: str, grid: Any, block: Any, args: tuple[Any, ...], *, shared: int = 0,
        order: str = "forward", seed: int = 0,
    ) -> None:  # fmt: skip
        """Run `kernel` to its end.

        Parameters
        ----------
        kernel : str
        grid, block : int or tuple of int
        args : tuple
            NumPy arrays, in C order and of exactly the parameter's type, and NumPy scalars.
        shared : int
            Bytes of dynamic shared memory.
        order : {'forward', 'backward', 'shuffled'}
            In which order threads, warps and blocks take turns.
        seed : int
            Of 'shuffled'.

        Raises
        ------
        TypeError
            If `args` do not fit the kernel's parameters.
        TwinError
            If the kernel goes wrong.
        """
        self.signatures[kernel].check(args)
        run = getattr(self.library, f"twin_run_{kernel}")
        run.restype = ctypes.c_char_p
        launch = _Launch(_triple(grid), _triple(block), shared, ORDERS.index(order), seed, self._stacks())
        cells = [self._cell(kernel, arg) for arg in args]
        pointers = (ctypes.c_void_p * max(len(cells), 1))(*(cell.ctypes.data for cell in cells))
        with _turn:
            message = run(ctypes.byref(launch), pointers)
        if message:
            raise TwinError(f"kernel {kernel} of {self._name}, {order}: {message.decode()}")

    def _cell(self, kernel: str, arg: Any) -> Any:
        """Return an array of one element that holds what C++ reads: a number, or an address."""
        if isinstance(arg, np.generic):
            return np.asarray(arg)
        if not arg.flags.c_contiguous:
            raise TypeError(f"kernel {kernel} got an array that is not in C order, of shape {arg.shape}")
        return np.asarray(arg.ctypes.data if arg.size else 0, np.uintp)
