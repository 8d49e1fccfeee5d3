"""Every kernel becomes machine code for the cards it is meant for, without a warning, and fits into registers."""

from __future__ import annotations

import pytest

from mixviz.kernels.launch import KERNELS
from tests.cuda.nvrtc import ARCHITECTURES, CompileError, compiled, compiler
from tests.cuda.registers import OPS, compiled_op, recorded, rows
from tests.cuda.twin import Twin

KERNEL = 'extern "C" __global__ void k(float* x, int n) {{ {} }}'


def test_there_are_kernels() -> None:
    assert {"assign", "factors", "sweeps", "updates", "word_sums"} <= set(OPS)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("op", OPS)
def test_source_compiles_without_a_warning(op: str, architecture: str) -> None:
    names = set(Twin((KERNELS / op / "gpu.cu").read_text(), (f"-I{KERNELS}",)).signatures)
    assert names
    for constants, made in compiled_op(op, architecture):
        assert made.log == "", f"with {constants}"
        assert set(made.kernels) == names


def test_figures_are_those_written_down() -> None:
    by, known = recorded()
    assert by == compiler(), "the compiler is another one: python -m tests.cuda.registers, and look at the difference"
    assert rows() == known, "python -m tests.cuda.registers writes them anew; look at the difference"


def test_a_warning_is_in_the_log() -> None:
    assert "never referenced" in compiled(KERNEL.format("int unused;"), "sm_90", {}).log
    assert compiled(KERNEL.format("x[n] = N;"), "sm_90", {"N": 3}).log == ""


def test_an_error_is_raised() -> None:
    with pytest.raises(CompileError, match="undefined"):
        compiled(KERNEL.format("x[n] = y;"), "sm_90", {})


def test_what_does_not_fit_into_registers_is_counted() -> None:
    body = """
    float kept[200];
    #pragma unroll
    for (int i = 0; i < 200; i++) kept[i] = x[i * n];
    __syncthreads();
    #pragma unroll
    for (int i = 0; i < 200; i++) x[i * n + 1] = kept[199 - i] * kept[i];
    """
    code = KERNEL.format(body).replace("void k", "void __launch_bounds__(1024) k")
    figures = compiled(code, "sm_90", {}).kernels["k"]
    assert figures.spilled > 0
    assert figures.registers <= 64
    shared = compiled(KERNEL.format("__shared__ float s[8]; s[n] = x[0]; __syncthreads(); x[1] = s[1];"), "sm_80", {})
    assert shared.kernels["k"].shared == 32
    assert shared.kernels["k"].spilled == 0
