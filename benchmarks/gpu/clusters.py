"""K-means on pictures: images a second beside what the card's arithmetic allows, the processor and other libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from benchmarks.gpu.card import Card, floor, seconds, usual
from benchmarks.gpu.peers import PEERS
from benchmarks.gpu.rows import Row, check, ms, percent
from benchmarks.gpu.training import Training
from benchmarks.report import spread
from mixviz.cuda import array_module
from mixviz.kernels.assign import gpu
from mixviz.kernels.assign.gpu_products import KINDS, FloatProducts
from mixviz.models.base import ArrayDataset
from mixviz.models.kmeans import KMeans

WANTED = {"float32": ("at least 60 % (aim 80)", 0.6), "tf32": ("at least 35 % (aim 55)", 0.35)}
f4 = np.float32


def pictures(n: int, F: int, n_groups: int, seed: int = 0) -> ArrayDataset:
    """Return rows of bytes around some centres."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 64, (n, F), np.uint8)
    centres, groups = rng.integers(0, 192, (n_groups, F), np.uint8), rng.integers(0, n_groups, n)
    for first in range(0, n, 4096):
        x[first : first + 4096] += centres[groups[first : first + 4096]]
    return ArrayDataset(x)


def paces(card: Card) -> dict[str, float | None]:
    """Return the operations a second of each kind of product, float32's products' being one of float32 numbers.

    Whole numbers of 16 bits are two bytes: of that pace half counts.
    """
    return {"float32": card.float32, "tf32": card.tf32, "int8": card.int8 / 2 if card.int8 else None}


def training_of(data: ArrayDataset, K: int, batch_size: int, device: str = "cuda", **given: Any) -> Training:
    """Return steps of k-means; the rows are where it computes when it is made."""
    return Training(KMeans(K, init="random", batch_size=batch_size, device=device, random_state=0, **given), data)


def rows(card: Card, memory: float, sizes: Any) -> Iterator[Row]:
    """Measure everything; `memory` is its bandwidth in bytes a second."""
    K, F, n = sizes.n_clusters, sizes.n_features, sizes.n_images
    data, best = pictures(n, F, 2 * K), 0.0
    tried = [(size, "float32") for size in sizes.image_batches]
    for batch_size, kind in [*tried, *((tried[-1][0], kind) for kind in KINDS[1:])]:
        training = training_of(data, K, batch_size, precision=kind)
        found = [n / s for s in seconds(training.one_pass, sizes.n_runs)]
        best = max(best, median(found) if kind == "float32" else 0)
        what = f"steps of {batch_size:,} rows, {kind}, rows gathered"
        yield _row(what, found, kind, card, memory, (F, K), is_wanted=False)
    yield from _kernels(training, card, memory, sizes)
    yield _repeats(data, K, sizes.image_batches[-1])
    on_processor = training_of(data, K, min(sizes.n_cpu_images, n), "cpu")
    pace = on_processor.batches.batch_size / usual(lambda: on_processor.steps(1), sizes.n_runs)
    share = f"the GPU is {best / pace:.3g} times as fast"
    yield Row("k-means", "steps on this machine's processor, images/s", f"{pace:.3g}", share=share)
    noise = np.random.default_rng(0).integers(0, 256, (n, F), np.uint8)  # on which no peer is done early
    for name, peer in PEERS.items():
        yield _peer(name, peer, noise, noise[:K].astype(f4))


def _row(
    what: str, found: list[float], kind: str, card: Card, memory: float, size: tuple[int, int], *, is_wanted: bool
) -> Row:
    """Return the line of some images a second, beside the limit of a kind of product."""
    F, K = size
    pace = paces(card)[kind]
    limit = pace / (2 * F * K) if pace else None
    share = median(found) / limit if limit else None
    wanted, least = WANTED[kind] if is_wanted and kind in WANTED else ("", 0.0)
    return Row(
        "k-means",
        f"{what}, images/s",
        spread(found),
        f"at most {memory / F:.3g}/s",
        f"at most {limit:.3g}/s" if limit else "?",
        f"{percent(share)} of {kind}'s",
        wanted,
        share >= least if wanted and share else None,
    )


def _kernels(training: Training, card: Card, memory: float, sizes: Any) -> Iterator[Row]:
    """Time labels and new centres of rows that lie there in order, and cuBLAS's part of it alone."""
    xp, batch, size = array_module(), training.feed[1].data, (sizes.n_features, sizes.n_clusters)
    n = len(batch)
    with training.state.at_work() as raw:
        weights, offsets = xp.ones(size[0], f4), xp.zeros(size[1], f4)

        def step(kind: str) -> None:
            found = gpu.assign(batch, raw.centres_kf, weights, offsets, products=kind)
            gpu.move_centres(batch, found.labels_b, raw.centres_kf, 0.1)

        for kind in KINDS:
            found = [n / s for s in seconds(partial(step, kind), sizes.n_runs)]
            yield _row(f"labels and centres, {kind}", found, kind, card, memory, size, is_wanted=True)
        labels = gpu.assign(batch, raw.centres_kf, weights, offsets).labels_b
        moving = usual(lambda: gpu.move_centres(batch, labels, raw.centres_kf, 0.1), sizes.n_runs)
        yield Row("k-means", f"of that, moving the centres, {n:,} rows", ms(moving), ms(floor(batch.nbytes, memory)))
        x = batch[: sizes.n_multiplied].astype(f4)
        for kind in ("float32", "tf32"):
            products = FloatProducts(False, raw.centres_kf, weights, offsets, kind == "tf32")
            products.begin(len(x))
            found = [len(x) / s for s in seconds(partial(products.find, x), sizes.n_runs)]
            yield _row(f"cuBLAS's product alone, {kind}", found, kind, card, memory / 4, size, is_wanted=False)


def _repeats(data: ArrayDataset, K: int, batch_size: int) -> Row:
    """Take the same steps twice."""
    digests = []
    for _ in range(2):
        training = training_of(data, K, batch_size)
        training.steps(3)
        digests.append(training.state.audit())
    same = digests[0] == digests[1] and digests[0][0] is None
    return check("k-means: the same steps give the same bits, all finite", same, "yes" if same else str(digests))


def _peer(name: str, peer: Callable[[Any, Any], float], x: Any, centres: Any) -> Row:
    """Time another library; what it cannot do is told, and is no failure of ours."""
    try:
        return Row("k-means", f"{name}, images/s", f"{len(x) / peer(x, centres):.3g}")
    except ImportError as error:
        return Row("k-means", name, f"not installed ({error})")
    except Exception as error:  # whatever it is that another library raises
        return Row("k-means", name, f"failed: {type(error).__name__}: {error}".splitlines()[0])
