"""Products of matrices as cuBLAS is asked for them by its own names, on the fake GPU."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

TYPES = {0: ctypes.c_float, 3: ctypes.c_int8, 10: ctypes.c_int32}
"""cuBLAS's numbers of types."""


def _gemm_ex(handle: int, trans_a: int, trans_b: int, m: int, n: int, k: int, *rest: Any) -> None:
    """What cuBLAS computes: C = op(A) op(B), columns one after the other."""
    one, a, kind_a, lda, b, kind_b, ldb, zero, c, kind_c, ldc, compute, _ = rest
    assert (handle, kind_a, kind_c, compute) in ((77, 0, 0, 77), (77, 3, 10, 72))
    assert all(stride % 4 == 0 for stride in (lda, ldb)) or kind_a == 0

    def matrix(address: int, kind: int, rows: int, columns: int, stride: int) -> Any:
        numbers = np.ctypeslib.as_array((TYPES[kind] * (stride * columns)).from_address(address))
        return numbers.reshape(columns, stride)[:, :rows].T

    left = matrix(a, kind_a, k, m, lda).T if trans_a else matrix(a, kind_a, m, k, lda)
    right = matrix(b, kind_b, n, k, ldb).T if trans_b else matrix(b, kind_b, k, n, ldb)
    assert [TYPES[kind_c].from_address(address).value for address in (one, zero)] == [1, 0]
    wide = np.int64 if kind_a == 3 else np.float32
    matrix(c, kind_c, m, n, ldc)[:] = left.astype(wide) @ right.astype(wide)


@pytest.fixture
def tensor_cores(fake_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cuBLAS be called as CuPy does; on a real GPU it is."""
    if fake_gpu is None:
        return
    cuda = sys.modules["cupy"].cuda
    cublas = {"CUBLAS_OP_N": 0, "CUBLAS_OP_T": 1, "CUBLAS_GEMM_DEFAULT": -1}
    kinds = {"CUBLAS_COMPUTE_32F_FAST_TF32": 77, "CUBLAS_COMPUTE_32I": 72}
    monkeypatch.setattr(cuda, "cublas", SimpleNamespace(gemmEx=_gemm_ex, **cublas, **kinds))
    monkeypatch.setattr(cuda, "get_cublas_handle", lambda: 77)
    for name, number in (("CUDA_R_32F", 0), ("CUDA_R_8I", 3)):
        monkeypatch.setattr(cuda.runtime, name, number, raising=False)
