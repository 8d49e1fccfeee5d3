"""K-means: images a second, against its matrix product's limit and against peers; time to equal inertia; memory."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.report import keep, spread
from mixviz.backend import get_num_threads
from mixviz.data.datasets import fetch_mnist
from mixviz.data.images import Images
from mixviz.engine.policies import schedule
from mixviz.engine.session import Session
from mixviz.kernels.assign.cpu import assign
from mixviz.models.kmeans import KMeans
from mixviz.types import Batch

K, N_IMAGES, N_RUNS = 256, 20_000, 7
LARGE_K, LARGE_F = 128, 122_464
LIMIT_S = 30.0
Work = dict[str, Callable[[], Any]]


def coloured(n: int = N_IMAGES) -> Images:
    """Return digits of MNIST, each in a colour of its own: 28 x 28 x 3, uint8."""
    digits = fetch_mnist().pixels[:n].astype(np.uint16)[..., None]
    colours = np.random.default_rng(0).integers(64, 256, (len(digits), 1, 1, 3), dtype=np.uint16)
    return Images((digits * colours >> 8).astype(np.uint8))


# ---- a step


def product(batch: Batch, centres: Any) -> Callable[[], Any]:
    """Return BLAS's part alone, on all threads, from numbers that are float32 and laid out as it likes."""
    x, weights = batch.data.astype(np.float32), np.ascontiguousarray(centres.T)
    out = np.empty((len(x), len(centres)), np.float32)
    return lambda: np.matmul(x, weights, out=out)


def mixviz(model: KMeans, images: Images, batch: Batch) -> Work:
    """Return the limit, and steps of mixviz from the same state each time."""
    state = model.init_state(images, 0)
    values = {control.name: control.value for control in model.controls(images)}
    return {
        "the product alone": product(batch, state.centres_kf),
        "mixviz": lambda: model.step(state, batch, values),
        "mixviz, temperature 0.5": lambda: model.step(state, batch, values | {"temperature": 0.5}),
    }


def in_session(model: KMeans, images: Images, n_batch: int) -> Callable[[], None]:
    """Return ten steps of a session, which gathers its rows."""
    session = Session(model, images, batch_size=n_batch, validation=0, metrics=())

    def ten_steps() -> None:
        session.step(10)
        session.wait()

    return ten_steps


def peers(batch: Batch, centres: Any) -> Work:
    """Return what peers do with the same rows, which they get as float32, outside the clock."""
    import faiss
    from sklearn.cluster import MiniBatchKMeans

    x, (n_clusters, F) = batch.data.astype(np.float32), centres.shape
    faiss.omp_set_num_threads(get_num_threads())
    estimator = MiniBatchKMeans(n_clusters, init=centres, n_init=1, batch_size=len(x))
    index = faiss.IndexFlatL2(F)

    def search() -> None:
        index.reset()
        index.add(centres)
        index.search(x, 1)

    def lloyd(n: int) -> None:
        points = {"min_points_per_centroid": 1, "max_points_per_centroid": len(x)}
        faiss.Kmeans(F, n_clusters, niter=n, **points).train(x, init_centroids=centres)

    return {
        "bytes to float32": lambda: batch.data.astype(np.float32),
        "scikit-learn, partial_fit": lambda: estimator.partial_fit(x),
        "faiss, Kmeans of 1 iteration": lambda: lloyd(1),
        "faiss, Kmeans of 6 iterations": lambda: lloyd(6),
        "faiss, search alone, centres not moved": search,
    }


def seconds(work: Work, n_runs: int, repeats: int = 3) -> dict[str, list[float]]:
    """Return the seconds of each, in turn, in full swing.

    Threads that spin on after a peer's work get time to fall asleep, and those of this one, asleep too then, to get
    going: as in training, where one step follows the other.
    """
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(n_runs):
        for name, function in work.items():
            time.sleep(0.15)
            started = time.perf_counter()
            while time.perf_counter() < started + 0.1:
                function()
            times = []
            for _ in range(repeats):
                began = time.perf_counter()
                function()
                times.append(time.perf_counter() - began)
            found[name].append(median(times))
    return found


def _per_step(found: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return seconds a step; faiss's iterations after the first are its step, without what its setup takes."""
    steps = dict(found)
    ten, conversion = steps.pop("mixviz, ten steps"), steps.pop("bytes to float32")
    one, six = (steps.pop(f"faiss, Kmeans of {n}") for n in ("1 iteration", "6 iterations"))
    steps["mixviz in a session, rows gathered"] = [s / 10 for s in ten]
    steps["faiss, an iteration of Kmeans"] = [(b - a) / 5 for a, b in zip(one, six, strict=True)]
    for peer in ("scikit-learn, partial_fit", "faiss, an iteration of Kmeans"):
        steps[f"{peer}, from bytes"] = [a + b for a, b in zip(steps[peer], conversion, strict=True)]
    return steps


WANTED = {
    "mixviz": "at least 60 % of the limit, aim 80",
    "scikit-learn, partial_fit, from bytes": "mixviz at least 2 times as fast",
    "faiss, an iteration of Kmeans, from bytes": "mixviz at least 1.3 times as fast",
}


def step_rows(name: str, images: Images, n_clusters: int, n_batch: int, n_runs: int, with_peers: bool) -> list[Any]:
    """Measure one size of problem."""
    model = KMeans(n_clusters, init="random", random_state=0)
    batch = images.take(np.arange(n_batch))
    work = mixviz(model, images, batch)
    if with_peers:
        work |= {"mixviz, ten steps": in_session(model, images, n_batch)}
        work |= peers(batch, model.init_state(images, 0).centres_kf)
    found = seconds(work, n_runs)
    found = _per_step(found) if with_peers else found
    limit, own = found["the product alone"], found["mixviz"]
    print(name, n_batch, {program: median(times) for program, times in found.items()}, flush=True)
    return [
        {
            "features, K, rows a step": name,
            "program": program,
            "images/s": spread([n_batch / s for s in times]),
            "% of the product's limit": spread([100 * a / b for a, b in zip(limit, times, strict=True)]),
            "mixviz is times as fast": spread([b / a for a, b in zip(own, times, strict=True)]),
            "wanted": WANTED.get(program, "") if with_peers else "",
        }
        for program, times in found.items()
    ]


# ---- time to equal inertia


def inertia(images: Images, centres: Any) -> float:
    """Return the mean squared distance of all images to their nearest centre."""
    n_clusters, F = centres.shape
    everything = images.take(np.arange(len(images))).data
    centres, ones = np.asarray(centres, np.float32), np.ones(F, np.float32)
    return float(assign(everything, centres, ones, np.zeros(n_clusters, np.float32)).distances_b.mean(dtype=float))


def scikit_learn(images: Images, centres: Any, seed: int, **arguments: Any) -> tuple[float, float]:
    """Return (seconds, inertia) of a fit from `centres`."""
    from sklearn.cluster import MiniBatchKMeans

    x = images.take(np.arange(len(images))).data.astype(np.float32)
    estimator = MiniBatchKMeans(len(centres), init=centres, n_init=1, random_state=seed, **arguments)
    began = time.perf_counter()
    estimator.fit(x)
    return time.perf_counter() - began, inertia(images, estimator.cluster_centers_)


def steered(session: Session, images: Images, targets: list[float]) -> list[float]:
    """Return the seconds after which each target was reached; scoring not counted."""
    done, total, reached = 0, 0.0, [float("inf")] * len(targets)
    while max(reached) == float("inf") and total < LIMIT_S:
        n_steps = max(2, session.batches.n_per_epoch // 20, done // 12)
        began = time.perf_counter()
        session.step(n_steps)
        session.wait()
        total, done = total + time.perf_counter() - began, done + n_steps
        found = inertia(images, session.published.state.centres_kf)
        reached = [min(r, total) if found <= target else r for r, target in zip(reached, targets, strict=True)]
    return reached


PEERS: dict[str, dict[str, Any]] = {
    "1,024 rows, its own end": {"batch_size": 1024},
    "4,096 rows, its own end": {"batch_size": 4096},
    "1,024 rows, 1 pass": {"batch_size": 1024, "max_iter": 1, "max_no_improvement": None},
    "1,024 rows, 5 passes": {"batch_size": 1024, "max_iter": 5, "max_no_improvement": None},
    "4,096 rows, 10 passes": {"batch_size": 4096, "max_iter": 10, "max_no_improvement": None},
}


def falling(n_per_epoch: int) -> Callable[[int], float]:
    """Return a rate that falls with the passes, as scikit-learn's does with the rows seen."""
    return lambda step: 0.3 / (1 + 2 * step / n_per_epoch)


def inertia_rows(n_runs: int) -> list[dict[str, Any]]:
    """Let scikit-learn run, then mixviz from the same centres until it is as good."""
    images = fetch_mnist()
    theirs: dict[str, list[tuple[float, float]]] = {name: [] for name in PEERS}
    own = []
    for seed in range(n_runs):
        session = Session(KMeans(K, random_state=seed), images, validation=0, metrics=())
        session.add_policy(schedule("centre_rate", falling(session.batches.n_per_epoch)))
        centres = session.published.state.centres_kf
        for name, arguments in PEERS.items():
            theirs[name].append(scikit_learn(images, centres, seed, **arguments))
        own.append(steered(session, images, [runs[-1][1] for runs in theirs.values()]))
        print(seed, {name: runs[-1] for name, runs in theirs.items()}, own[-1], flush=True)
    return [
        {
            "scikit-learn's MiniBatchKMeans": name,
            "mean squared distance": f"{median(score for _, score in runs):,.0f}",
            "scikit-learn, seconds": spread([s for s, _ in runs]),
            "mixviz, seconds": spread([times[i] for times in own]),
            "times sooner": spread([s / times[i] for (s, _), times in zip(runs, own, strict=True)]),
            "wanted": "at least 2, aim 4",
        }
        for i, (name, runs) in enumerate(theirs.items())
    ]


# ---- memory


def extra_megabytes(n_batch: int, F: int, n_clusters: int) -> float:
    """Return by how much a step raised this process's peak of resident memory; batch and state exist before."""
    small = Images(np.arange(80, dtype=np.uint8).reshape(-1, 2, 2))
    KMeans(2, random_state=0).fit(small)
    images = Images(np.random.default_rng(0).integers(0, 256, (n_batch, 1, F), dtype=np.uint8))
    model = KMeans(n_clusters, init="random", random_state=0)
    state, batch = model.init_state(images, 0), images.take(np.arange(n_batch))
    values = {control.name: control.value for control in model.controls(images)}
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is now what is resident now
    before = _status("VmRSS")
    model.step(state, batch, values)
    return (_status("VmHWM") - before) / 1e6


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def memory_rows(n_runs: int) -> list[dict[str, Any]]:
    """Measure both sizes in fresh processes."""
    rows = []
    for n_batch, F, n_clusters in ((4096, 2352, K), (1000, LARGE_F, LARGE_K)):
        with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            found = [pool.apply(extra_megabytes, (n_batch, F, n_clusters)) for _ in range(n_runs)]
        rows.append(
            {
                "features, K, rows a step": f"{F:,}, {n_clusters}, {n_batch:,}",
                "batch, MB": f"{n_batch * F / 1e6:.1f}",
                "new centres, MB": f"{4 * n_clusters * F / 1e6:.1f}",
                "all a step adds, new centres included, MB": spread(found),
                "wanted": "at most 64",
            }
        )
    return rows


def _sizes() -> Iterator[tuple[str, Images, int, int, int, bool]]:
    images = coloured()
    for n_batch in (1000, 4096):
        yield f"2,352, {K}, {n_batch:,}", images, K, n_batch, N_RUNS, True
    pixels = np.random.default_rng(0).integers(0, 256, (1000, 1, LARGE_F), dtype=np.uint8)
    yield f"{LARGE_F:,}, {LARGE_K}, 1,000", Images(pixels), LARGE_K, 1000, 5, False


def main() -> None:
    """Measure and store the tables."""
    warnings.filterwarnings("ignore", message=".*n_init.*")
    text = (
        f"Bytes, {get_num_threads()} threads. 2,352 features: {N_IMAGES:,} of MNIST's digits in colours, 28 × 28 × 3; "
        f"{LARGE_F:,}: random. A step labels a batch and moves the centres. Programs in turn, {N_RUNS} runs (5 of the "
        "largest), each the median of 3 calls. The limit is BLAS's product of rows and centres alone, on as many "
        "threads, from float32; mixviz starts from bytes and can pass it where the processor multiplies bytes. Peers "
        "take float32, and where it says so what NumPy's conversion takes is added. faiss's iteration is a fifth of "
        "what 6 iterations take more than 1."
    )
    keep("6-cluster-steps", "A step of k-means", text, [row for size in _sizes() for row in step_rows(*size)])
    text = (
        f"MNIST, 60,000 × 784 bytes, K = {K}, 5 seeds, programs in turn. All start from the same k-means++ centres, "
        "which no clock counts; scikit-learn gets float32 and fits until its own criterion ends it, or for the passes "
        "named. "
        "mixviz: a session of 1,000 rows a step whose `centre_rate` falls as 0.3 / (1 + 2 passes), until it is as good "
        "on all 60,000; its clock stops while it is scored."
    )
    keep("7-cluster-quality", "Time to equal inertia", text, inertia_rows(5))
    text = "Growth of the peak of resident memory in one step, batch and state in place; fresh processes, 5 runs."
    keep("8-cluster-memory", "Memory of a step of k-means", text, memory_rows(5))


if __name__ == "__main__":
    main()
