"""Products of dense rows with centres on a GPU, by cuBLAS: in float32, in TF32, or as whole numbers.

Bytes as whole numbers need no rounding, and tensor cores multiply them at four times the pace of TF32: a row is its
bytes less 128, and a centre has 16 bits, in two bytes, as on a processor (:mod:`mixviz.kernels.assign.byte_products`,
which says what that costs in accuracy). cuBLAS is called past CuPy's `matmul`, which knows no such sums, and whose
switch for TF32 is the whole process's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.cuda import array_module
from mixviz.kernels.launch import launch

KINDS = ("float32", "tf32", "int8")
THREADS, WARPS = 256, 8
"""As in the source."""
MOST_FEATURES = 131_071
"""Sums of so many products of signed bytes fit 32 bits."""
_SUMS_OF_BYTES = 10
"""cuBLAS's number for what CuPy has no name for: whole numbers of 32 bits, CUDA_R_32I."""
i4, f4 = np.int32, np.float32


def ready(array: Any, dtype: Any = f4) -> Any:
    """Return `array`, on the host or not, on the device in C order."""
    xp = array_module()
    return xp.ascontiguousarray(xp.asarray(array, dtype))


def are_aligned(F: int, *arrays: Any) -> np.int32:
    """Return whether kernels may take four features at a time, wherever a row begins."""
    return i4(F % 4 == 0 and all(array.data.ptr % 16 == 0 for array in arrays))


class FloatProducts:
    """Products in float32 or TF32; bytes become floats, some rows at a time.

    Attributes
    ----------
    kernel : str
        What finds labels with them, given `arguments` and the shifts.
    row_bytes : int
        What a row takes beside the data.
    """

    def __init__(self, is_bytes: bool, centres: Any, weights: Any, offsets: Any, tf32: bool) -> None:
        xp, (K, F) = array_module(), centres.shape
        self._is_bytes, self._tf32 = is_bytes, tf32
        width = -(-F // 4) * 4 if is_bytes else F
        self.weighted, self.lengths, self.shifts = xp.empty((K, width), f4), xp.empty(K, f4), xp.empty(K, f4)
        launch(
            "assign", "weigh_centres", K, THREADS, centres, weights, offsets, i4(F), i4(width), self.weighted,
            self.lengths, self.shifts,
        )  # fmt: skip
        self.kernel = "label_bytes" if is_bytes else "label_floats"
        self.row_bytes = 4 * (K + width * is_bytes)

    def begin(self, n: int) -> None:
        """Make room for chunks of `n` rows."""
        K, width = self.weighted.shape
        self._products = array_module().empty((n, K), f4)
        self._floats = array_module().empty((n if self._is_bytes else 0, width), f4)

    def find(self, x: Any) -> tuple[Any, ...]:
        """Multiply the rows of a chunk; return what the kernel takes of it."""
        n, F = x.shape
        if self._is_bytes:
            width, is_aligned = i4(self.weighted.shape[1]), are_aligned(F, x)
            launch(
                "assign", "bytes_to_floats", -(-n // WARPS), THREADS, x, i4(n), i4(F), width, is_aligned, self._floats
            )
            x = self._floats[:n]
        if self._tf32:
            cublas = array_module().cuda.cublas
            _gemm(x, self.weighted, self._products, f4, 0, cublas.CUBLAS_COMPUTE_32F_FAST_TF32)
        else:
            array_module().matmul(x, self.weighted.T, out=self._products[:n])
        return (self._products,)


class ByteProducts:
    """Products of bytes as whole numbers; attributes as those of :class:`FloatProducts`."""

    kernel = "label_signed"

    def __init__(self, centres: Any, weights: Any, offsets: Any) -> None:
        xp, (K, F) = array_module(), centres.shape
        self._K, self._width = -(-K // 8) * 8, -(-F // 16) * 16
        self._limbs = xp.empty((2 * self._K, self._width), np.int8)
        self._scales, self.shifts = xp.empty(K, f4), xp.empty(K, f4)
        launch(
            "assign", "pack_centres", self._K, THREADS, centres, weights, offsets, i4(F), i4(self._width), i4(K),
            i4(self._K), self._limbs, self._scales, self.shifts,
        )  # fmt: skip
        self.row_bytes = self._width + 8 * self._K

    def begin(self, n: int) -> None:
        """Make room for chunks of `n` rows."""
        self._signed = array_module().empty((n, self._width // 4), np.uint32)
        self._products = array_module().empty((n, 2 * self._K), i4)

    def find(self, x: Any) -> tuple[Any, ...]:
        """Multiply the rows of a chunk; return what the kernel takes of it."""
        n, F = x.shape
        launch(
            "assign", "bytes_to_signed", -(-n // WARPS), THREADS, x, i4(n), i4(F), i4(self._width), are_aligned(F, x),
            self._signed,
        )  # fmt: skip
        signed = self._signed[:n].view(np.int8)
        _gemm(signed, self._limbs, self._products, i4, _SUMS_OF_BYTES, array_module().cuda.cublas.CUBLAS_COMPUTE_32I)
        return self._products, self._scales, i4(self._K)


def _gemm(x: Any, y: Any, products: Any, dtype: Any, kind: int, compute: int) -> None:
    """Set the first rows of `products` to those of rows of `x` and of `y`, all in C order.

    cuBLAS goes by columns: it is asked for the transposed product. `kind` is its number for the type of the products.
    """
    (n, width), m, cuda = x.shape, len(y), array_module().cuda
    kind_in = cuda.runtime.CUDA_R_8I if x.dtype == np.int8 else cuda.runtime.CUDA_R_32F
    one, zero = np.ones(1, dtype), np.zeros(1, dtype)
    cuda.cublas.gemmEx(
        cuda.get_cublas_handle(), cuda.cublas.CUBLAS_OP_T, cuda.cublas.CUBLAS_OP_N, m, n, width, one.ctypes.data,
        y.data.ptr, kind_in, width, x.data.ptr, kind_in, width, zero.ctypes.data, products.data.ptr, kind, m, compute,
        cuda.cublas.CUBLAS_GEMM_DEFAULT,
    )  # fmt: skip
