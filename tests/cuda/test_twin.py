"""The twin itself: it computes what a GPU would, and finds what a GPU would get silently wrong."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.cuda.twin import ORDERS, Twin, TwinError

RIGHT = """
#define THREADS 128
template <int N> __device__ inline float times(float x) { return N * x; }

/* Adds up `n` numbers: a block, then its first warp. */
extern "C" __global__ void __launch_bounds__(THREADS) total(const float* __restrict__ x, int n, float* out) {
    __shared__ float parts[THREADS];
    extern __shared__ float shared_floats[];
    float sum = 0.0f;
    for (int i = threadIdx.x; i < n; i += blockDim.x) sum += times<2>(x[i]);
    shared_floats[threadIdx.x] = sum;
    __syncthreads();
    parts[threadIdx.x] = shared_floats[blockDim.x - 1 - threadIdx.x];
    __syncthreads();
    if (threadIdx.x >= 32) return;
    sum = 0.0f;
    for (int i = threadIdx.x; i < THREADS; i += 32) sum += parts[i];
    for (int i = 16; i > 0; i /= 2) sum += __shfl_down_sync(0xffffffffu, sum, i);
    if (threadIdx.x == 0) out[blockIdx.x] = sum;
}
"""
WARPS = """
extern "C" __global__ void talk(unsigned* down, unsigned* up, unsigned* across, unsigned* from, unsigned* votes) {
    unsigned i = threadIdx.x;
    down[i] = __shfl_down_sync(0xffffffffu, i, 3, 8);
    up[i] = __shfl_up_sync(0xffffffffu, i, 3, 8);
    across[i] = __shfl_xor_sync(0xffffffffu, i, 5);
    from[i] = __shfl_sync(0xffffffffu, i, 9, 8);
    votes[i] = __ballot_sync(0xffffffffu, i % 3 == 0) + __any_sync(0xffffffffu, i == 40);
}
"""


def _kernel(name: str, body: str) -> str:
    """Return source of a kernel with this body, of floats `x` and their number `n`; the body begins on line 3."""
    return f'#line 1\nextern "C" __global__ void {name}(float* x, int n) {{\n int i = threadIdx.x;\n{body}\n}}\n'


@cache
def _twin() -> Twin:
    """Return all kernels below, compiled at once."""
    bodies = [*ERRORS, *RACES, *SHARED, HALF]
    return Twin("".join(_kernel(f"k{i}", body) for i, body in enumerate(bodies)))


def _run(body: str, threads: int = 64, *, blocks: int = 1, order: str = "forward") -> np.ndarray:
    x = np.arange(threads * blocks, dtype=np.float32)
    kernel = f"k{[*ERRORS, *RACES, *SHARED, HALF].index(body)}"
    _twin().launch(kernel, blocks, threads, (x, np.int32(threads)), shared=256, order=order)
    return x


@pytest.mark.parametrize("order", ORDERS)
def test_a_right_kernel_gives_the_right_sum_in_every_order(order: str) -> None:
    x, out = np.random.default_rng(0).random(1000, np.float32), np.full(3, np.nan, np.float32)
    Twin(RIGHT).launch("total", 3, 128, (x, np.int32(x.size), out), shared=512, order=order, seed=5)
    np.testing.assert_allclose(out, 2 * x.sum(), rtol=1e-6)
    assert np.unique(out).size == 1


def test_switching_by_the_system_gives_the_same() -> None:
    x, out = np.random.default_rng(0).random(1000, np.float32), np.full((2, 3), np.nan, np.float32)
    for place, options in enumerate([(), ("-DTWIN_PORTABLE",)]):
        Twin(RIGHT, options).launch("total", 3, 128, (x, np.int32(x.size), out[place]), shared=512)
    assert out[0].tobytes() == out[1].tobytes()


def test_threads_of_a_warp_hear_the_right_ones() -> None:
    down, up, across, heard, votes = (np.empty(64, np.uint32) for _ in range(5))
    Twin(WARPS).launch("talk", 1, 64, (down, up, across, heard, votes), order="shuffled")
    i = np.arange(64)
    np.testing.assert_array_equal(down, np.where(i % 8 < 5, i + 3, i) % 32 + i // 32 * 32)
    np.testing.assert_array_equal(up, np.where(i % 8 >= 3, i - 3, i))
    np.testing.assert_array_equal(across, i ^ 5)
    np.testing.assert_array_equal(heard, i // 8 * 8 + 1)
    ballots = [sum(1 << lane for lane in range(32) if (lane + first) % 3 == 0) for first in (0, 32)]
    np.testing.assert_array_equal(votes, np.repeat([ballots[0], ballots[1] + 1], 32))


def test_places_in_a_grid_and_block_of_three_dimensions() -> None:
    code = """extern "C" __global__ void k(int* out) {
        int b = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
        int t = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
        out[b * 24 + t] = b * 1000 + t;
    }"""
    out = np.full(30 * 24, -1, np.int32)
    Twin(code).launch("k", (2, 3, 5), (4, 3, 2), (out,), order="backward")
    np.testing.assert_array_equal(out, (np.arange(30)[:, None] * 1000 + np.arange(24)).ravel())


RACES = {
    "__shared__ float kept[64]; kept[i] = x[i]; BARRIER x[i] = kept[(i + 33) % 64];": "__syncthreads();",
    "__shared__ float kept[64]; kept[i] = x[i]; BARRIER x[i] = kept[i ^ 31];": "__syncwarp();",
    "if (i == 0) x[1] = 7.0f; BARRIER if (i == 40) x[2] = x[1];": "__syncthreads();",
}
RACES = {body.replace("BARRIER", given): given for body, barrier in RACES.items() for given in (barrier, "")}


@pytest.mark.parametrize("body", RACES)
def test_a_missing_barrier_shows_in_some_order(body: str) -> None:
    results = {_run(body, order=order).tobytes() for order in ORDERS}
    assert (len(results) == 1) == bool(RACES[body])


SHARED = [
    f"{declared} if (blockIdx.x == 0) {name}[i] = 1.0f; __syncthreads(); x[blockIdx.x * 64 + i] = {name}[i];"
    for name, declared in {"kept": "__shared__ float kept[64];", "floats": "extern __shared__ float floats[];"}.items()
]


@pytest.mark.parametrize("body", SHARED)
def test_shared_memory_begins_as_nan_in_every_block(body: str) -> None:
    x = _run(body, blocks=2)
    assert (x[:64] == 1).all()
    assert np.isnan(x[64:]).all()


ERRORS = {
    "if (i < 32) __syncthreads();": "32 of 64 threads have ended, the others wait for them at __syncthreads on line 3",
    "if (i < 32) __syncthreads();\n else __syncthreads();": "__syncthreads on line 3, thread 32 at that on line 4",
    "if (i != 7) x[i] = __shfl_sync(~0u, x[i], 7);": "waits for ever: thread 7 of its warp has ended",
    "if (i != 7) __syncwarp(); __syncthreads();": "waits for ever: thread 7 of its warp is at __syncthreads",
    "if (i < 16) __syncwarp();\n else __any_sync(~0u, 1);": "while lane 0 of its warp is at __syncwarp on line 3",
    "x[i] = __shfl_sync(0xffffu, x[i], 0);": "with mask 0x0000ffff: only whole warps",
    "__shared__ float kept[63]; kept[i] = 1.0f; __syncthreads();": "index outside its array on line 3",
    "extern __shared__ float floats[]; floats[i - 1] = 1.0f; __syncthreads();": "outside the 256 bytes of dynamic",
    "extern __shared__ float floats[]; floats[i + 1] = 1.0f; __syncthreads();": "illegal address",
    "x = nullptr; x[i] = 1.0f;": "address not aligned for its type, or null, on line 3",
    "reinterpret_cast<float4*>(x + 1)[i].x = 1.0f;": "address not aligned",
    "x[(1LL << 40) + i] = 1.0f;": "illegal address",
    "x[i] = float((n << 25) + n * 100000000);": "product larger than its type holds",
    "x[i] = float(n / i);": "division by zero",
    "float deep[1 << 15]; for (int j = 0; j < n; j++) deep[j * 99] = x[i]; x[i] = deep[n];": "illegal address",
}


@pytest.mark.parametrize("body", ERRORS)
def test_a_planted_error_is_found(body: str) -> None:
    with pytest.raises(TwinError, match=r"block \(0, 0, 0\), thread") as caught:
        _run(body)
    assert ERRORS[body] in str(caught.value)
    assert (_run(SHARED[0]) == 1).all()  # the process is none the worse


HALF = "x[i] = __shfl_sync(~0u, x[i], 0);"


def test_half_a_warp_cannot_talk() -> None:
    with pytest.raises(TwinError, match="in a warp of only 16 threads"):
        _run(HALF, threads=48)


def test_arithmetic_in_double_precision_by_accident_does_not_compile() -> None:
    with pytest.raises(TwinError, match="double"):
        Twin(_kernel("k", "x[i] = x[i] * 0.5;")).launch("k", 1, 1, (np.zeros(1, np.float32), np.int32(1)))


def test_numbers_too_small_are_zero_there_and_only_there() -> None:
    x = np.full(2, 1e-20, np.float32)
    Twin(_kernel("k", "x[i] = x[i] * x[i];")).launch("k", 1, 1, (x, np.int32(2)))
    assert x[0] == 0
    assert x[1] * x[1] > 0


def test_headers_are_found_once_and_errors_name_their_lines(tmp_path) -> None:
    (tmp_path / "op").mkdir()
    header = """#pragma once

    __device__ int f(int i) { return N / i; }
    extern "C" __global__ void l(int* x) { x[threadIdx.x] = N; }
    """
    (tmp_path / "op" / "gpu.cuh").write_text(header)
    code = """#include "op/gpu.cuh"
    #include "op/gpu.cuh"
    extern "C" __global__ void k(int* x) {
        x[threadIdx.x] = f(threadIdx.x + 1) + 1 / (N - x[threadIdx.x]); }"""
    x, options = np.zeros(2, np.int32), (f"-I{tmp_path}", "-DN=12")
    Twin(code, options).launch("k", 1, 2, (x,))
    np.testing.assert_array_equal(x, [12, 6])
    Twin(code, options).launch("l", 1, 2, (x,))
    np.testing.assert_array_equal(x, [12, 12])
    with pytest.raises(TwinError, match=r"division by zero on line 4 of gpu\.cu"):
        Twin(code, options).launch("k", 1, 2, (x,))
    with pytest.raises(TwinError, match=r"division by zero on line 3 of op/gpu\.cuh"):
        Twin(code.replace("+ 1)", ")"), options).launch("k", 1, 2, (np.zeros(2, np.int32),))


WRONG_ARGUMENTS = {
    "a plain number": (np.zeros(4, np.float32), 4),
    "another type of number": (np.zeros(4, np.float32), np.int64(4)),
    "another type of array": (np.zeros(4), np.int32(4)),
    "a number for an array": (np.float32(0), np.int32(4)),
    "an array for a number": (np.zeros(4, np.float32), np.zeros(1, np.int32)),
    "one too few": (np.zeros(4, np.float32),),
    "not in C order": (np.zeros((4, 4), np.float32).T, np.int32(4)),
}


@pytest.mark.parametrize("wrong", WRONG_ARGUMENTS)
def test_arguments_must_fit_the_signature(wrong: str) -> None:
    with pytest.raises(TypeError, match="kernel k0"):
        _twin().launch("k0", 1, 4, WRONG_ARGUMENTS[wrong])
