"""``python -m benchmarks.gpu.every_kernel``: starts every kernel once or twice, for a tool that watches.

With ``--planted``, one kernel that writes beside its array and one whose threads do not wait for each other: the tool
must find something then.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.base import clone

from mixviz.cuda import array_module
from mixviz.data.blocks import FeatureBlocks
from mixviz.kernels.assign import gpu as assign
from mixviz.kernels.factors import gpu as factors
from mixviz.kernels.launch import KERNELS
from mixviz.kernels.per_entry import gpu as per_entry
from mixviz.kernels.rows import gpu as sparse
from mixviz.kernels.updates import gpu as updates
from mixviz.models.base import ArrayDataset
from mixviz.models.kmeans import KMeans
from mixviz.models.lda import LDA
from mixviz.models.nmf import NMF

PLANTED = """
extern "C" __global__ void writes_beside(float* x, int n) { x[n + threadIdx.x] = 1.0f; }
extern "C" __global__ void does_not_wait(float* x, int n) {
    __shared__ float kept[64];
    kept[threadIdx.x] = x[threadIdx.x];
    x[threadIdx.x] = kept[(threadIdx.x + 33) % n];
}
"""
PLANTED_NAMES = ("does_not_wait", "writes_beside")
f4 = np.float32


def kernel_names() -> list[str]:
    """Return the names of all of mixviz's kernels."""
    head = re.compile(r"__global__\s+void\s+(?:__launch_bounds__\([^)]*\)\s+)?(\w+)\s*\(")
    sources = [path.read_text() for ending in ("*.cu", "*.cuh") for path in sorted(KERNELS.rglob(ending))]
    return sorted({name for source in sources for name in head.findall(source)})


def _cases() -> list[tuple[Any, Any]]:
    """Return models and rows that take all ways through the kernels, with documents of very different lengths."""
    rng = np.random.default_rng()
    counts = rng.poisson(rng.choice([0.0, 0.05, 1.0], (300, 1)), (300, 170))
    words, pixels = scipy.sparse.csr_matrix(counts.astype(f4)), counts.astype(np.uint8)
    blocks = FeatureBlocks({"left": pixels[:, :70], "right": counts[:, 70:].astype(f4)})
    given = {"device": "cuda", "random_state": 0}
    hot = {"temperature": 0.5, "size_weight": 0.5}
    mixins = {"l1": 0.01, "l2": 0.01, "cosine": 0.1, "entropy": 0.01}
    return [
        (LDA(5, temperature=0.5, mixins=mixins, **given), words),
        (LDA(33, sweeps=3, **given), words),
        (LDA(256, sweeps=2, temperature=0.0, **given), words),
        *((KMeans(9, init="random", **hot, **given), data) for data in (pixels, counts.astype(f4), words, blocks)),
        *((NMF(5, loss=loss, **given), data) for loss in ("frobenius", "kullback-leibler") for data in (pixels, words)),
        (NMF(200, **given), pixels),
    ]


def _train(model: Any, data: Any) -> None:
    """Take two steps, measure, and look through the state."""
    model, rows = clone(model), model.as_dataset(data)
    values = {control.name: control.value for control in model.controls(rows)}
    state = model.init_state(rows, 0)
    for step in range(2):
        batch = rows.take(np.arange(100 * step, 100 * step + 150))
        state, _ = model.step(state, batch, values)
    for metric in model.metrics(rows):
        metric.function(state, batch)
    state.audit()


def _others() -> None:
    """Start what no model does by itself."""
    xp, rng = array_module(), np.random.default_rng()
    pixels = rng.integers(0, 256, (300, 37)).astype(np.uint8)
    x, centres = xp.asarray(pixels), xp.asarray(pixels[:9].astype(f4))
    found = assign.assign(x, centres, np.ones(37, f4), np.zeros(9, f4), products="int8")
    words = sparse.upload(scipy.sparse.csr_matrix(rng.poisson(0.3, (300, 37)).astype(f4)))
    for rows in (x, words):
        assign.farthest(rows, found.distances_b, 3)
        factors.squares(rows)
    sparse.take(words, np.arange(0, 300, 7))
    phi = xp.ones((37, 33), f4)
    updates.normalise_columns(phi, updates.sum_columns(phi))
    entities = xp.arange(300, dtype=np.int64)
    per_entry.sweep_and_sum(words.owners, words.indices, words.data, phi, 0.1, 0.5, 2, entities, 1, 0)


def _plant() -> None:
    xp = array_module()
    module = xp.RawModule(code=PLANTED, options=("--std=c++17",), backend="nvrtc")
    for name in PLANTED_NAMES:
        module.get_function(name)((1,), (64,), (xp.zeros(64, f4), np.int32(64)))
    xp.cuda.Device().synchronize()


def main(*, is_planted: bool = False) -> None:
    """Start them, and wait for the last."""
    if is_planted:
        _plant()
        return
    for model, data in _cases():
        _train(model, data if isinstance(data, FeatureBlocks) else ArrayDataset(data))
    _others()
    array_module().cuda.Device().synchronize()


if __name__ == "__main__":
    array_module().cuda.set_allocator(None)  # each array by itself, so that the tool knows where it ends
    main(is_planted="--planted" in sys.argv)
