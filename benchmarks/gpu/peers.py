"""K-means of other libraries on the same card, where they are installed: seconds of an iteration over all rows.

They get float32 that is there already, and begin with the same centres. What is timed is a difference of two numbers
of iterations, so that setting up does not count.
"""

from __future__ import annotations

import warnings
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.gpu.card import usual, wait
from mixviz.cuda import array_module

N_RUNS, FEW, MANY = 5, 2, 12


def _an_iteration(fit: Any) -> float:
    """Return seconds of an iteration, from fits of few and of many."""
    took = []
    for n_iterations in (FEW, MANY) * (N_RUNS + 1):
        wait()
        began = perf_counter()
        fit(n_iterations)
        wait()
        took.append(perf_counter() - began)
    return (median(took[3::2]) - median(took[2::2])) / (MANY - FEW)


def cuml(x: Any, centres: Any) -> float:
    """Lloyd's iterations of cuML."""
    from cuml.cluster import KMeans

    xp = array_module()
    there, start = xp.asarray(x).astype(np.float32), xp.asarray(np.ascontiguousarray(centres))

    def fit(n_iterations: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            KMeans(len(centres), init=start, n_init=1, max_iter=n_iterations, tol=1e-30).fit(there)

    return _an_iteration(fit)


def cuvs(x: Any, centres: Any) -> float:
    """Lloyd's iterations of cuVS."""
    from cuvs.cluster import kmeans

    xp = array_module()
    there, start = xp.asarray(x).astype(np.float32), xp.asarray(np.ascontiguousarray(centres))

    def fit(n_iterations: int) -> None:
        given = kmeans.KMeansParams(
            init_method="Array", n_clusters=len(centres), max_iter=n_iterations, tol=1e-30, n_init=1
        )
        kmeans.fit(given, there, start.copy())

    return _an_iteration(fit)


def faiss(x: Any, centres: Any) -> float:
    """Search of faiss for the nearest centres alone, which it leaves where they are."""
    import faiss as library

    if not hasattr(library, "StandardGpuResources"):
        raise ImportError("faiss is there without its part for GPUs")
    xp = array_module()
    there, targets = xp.asarray(x).astype(np.float32), xp.asarray(np.ascontiguousarray(centres))
    found, labels = xp.empty((len(x), 1), np.float32), xp.empty((len(x), 1), np.int64)
    given = library.GpuDistanceParams()
    given.metric, given.k, given.dims = library.METRIC_L2, 1, x.shape[1]
    given.vectors, given.numVectors = library.cast_integer_to_float_ptr(targets.data.ptr), len(targets)
    given.queries, given.numQueries = library.cast_integer_to_float_ptr(there.data.ptr), len(there)
    given.outDistances = library.cast_integer_to_float_ptr(found.data.ptr)
    given.outIndicesType = library.IndicesDataType_I64
    given.outIndices = library.cast_integer_to_idx_t_ptr(labels.data.ptr)
    resources = library.StandardGpuResources()
    return usual(lambda: library.bfKnn(resources, given), N_RUNS)


PEERS = {
    "cuML, an iteration": cuml,
    "cuVS, an iteration": cuvs,
    "faiss on the GPU, search alone": faiss,
}
