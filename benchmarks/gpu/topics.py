"""LDA on a corpus as large as the New York Times': passes, where their time goes, and the sampler they replace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.gpu.card import Card, floor, seconds, usual, wait
from benchmarks.gpu.limits import Limits
from benchmarks.gpu.rows import Row, check, ms, percent
from benchmarks.gpu.training import Training
from benchmarks.report import spread
from mixviz.cuda import array_module
from mixviz.kernels import launch
from mixviz.kernels.per_entry.gpu import sweep_and_sum
from mixviz.kernels.word_sums.gpu import words_of_batch
from mixviz.models.base import ArrayDataset
from mixviz.models.lda import LDA

SWEEPS, ALPHA, TEMPERATURE = 5, 0.1, 0.01


def training_of(data: ArrayDataset, K: int, batch_size: int, device: str = "cuda") -> Training:
    """Return steps of LDA; the rows are on the card when it is made."""
    given = {"alpha": ALPHA, "beta": 0.01, "temperature": TEMPERATURE, "sweeps": SWEEPS, "random_state": 0}
    return Training(LDA(K, batch_size=batch_size, device=device, **given), data)


# ---- limits


@dataclass(frozen=True)
class Floors:
    """Least seconds of a pass, worked out.

    Attributes
    ----------
    by_bytes : float
        Every entry is read once from memory (8 bytes), its row of the topics once (in the sweeps) and its document's
        row once (when words are summed), at the pace of rows that are gathered.
    by_operations : float or None
        Two products a sweep, one for the last ratios and one for the sums of words, in float32.
    gathering : float
        As if every product had to gather its rows anew from the cache: what a kernel can reach that keeps nothing.
    """

    by_bytes: float
    by_operations: float | None
    gathering: float


def floors(n_entries: int, K: int, card: Card, limits: Limits) -> Floors:
    """Work them out."""
    row, products, pace = 4 * K * n_entries, 2 * SWEEPS + 2, limits.gather[K]
    memory = card.memory or limits.copy
    return Floors(
        8 * n_entries / memory + 2 * row / pace,
        floor(2 * K * n_entries * products, card.float32),
        products * row / pace,
    )


# ---- figures


def rows(counts: Any, card: Card, limits: Limits, sizes: Any) -> Iterator[Row]:
    """Measure everything, at the batch size that is best with the first number of topics."""
    data, n_runs, first = ArrayDataset(counts), sizes.n_runs, sizes.topics[0]
    training = training_of(data, first, sizes.batch_sizes[0])  # keeps the rows on the card for all that follow
    passes = {size: seconds(training_of(data, first, size).one_pass, n_runs) for size in sizes.batch_sizes}
    best = min(passes, key=lambda size: median(passes[size]))
    for size, found in passes.items():
        yield _pass_row(first, size, found, counts.nnz, card, limits, is_best=size == best)
    for K in sizes.topics:
        training = training_of(data, K, best)
        training.steps(1)
        found = passes[best]
        if first < K:
            found = seconds(training.one_pass, n_runs)
            yield _pass_row(K, best, found, counts.nnz, card, limits, is_best=True)
        yield from _baseline(training, median(found), n_runs)
        yield from _shares(training, n_runs)
        yield _repeats(data, K, best)
        yield _processor(data, K, median(found), sizes)


def _pass_row(
    K: int, batch_size: int, found: list[float], n_entries: int, card: Card, limits: Limits, *, is_best: bool
) -> Row:
    least, took = floors(n_entries, K, card, limits), median(found)
    wanted = "at most 100 ms (aim 30), 30 % (aim 70)" if K == 32 and is_best else ""
    return Row(
        "LDA",
        f"a pass, K = {K}, {batch_size:,} documents a step, ms",
        spread([1000 * s for s in found]),
        ms(least.by_bytes),
        ms(least.by_operations),
        f"{percent(least.gathering / took)} of gathering each time ({ms(least.gathering)})",
        wanted,
        (took <= 0.1 and least.gathering / took >= 0.3) if wanted else None,
    )


def _baseline(training: Training, took: float, n_runs: int) -> Iterator[Row]:
    """Time the sweeps that draw every entry, over one batch; without the model's update, which the pass has."""
    state, batch, K = training.state, training.feed[1], training.model.n_components
    with state.at_work() as raw:
        entities, data = training.model.place().array(batch.rows), batch.data

        def sweep() -> None:
            sweep_and_sum(
                data.owners, data.indices, data.data, raw.phi_vk, ALPHA, TEMPERATURE, SWEEPS, entities, 1, 0
            )  # fmt: skip

        every = usual(sweep, n_runs) * training.batches.n_per_epoch
    yield Row("LDA", f"a pass that draws every entry with atomics, K = {K}", ms(every))
    wanted = "at least 10" if K == 32 else ""
    met = every / took >= 10 if wanted else None
    yield Row("LDA", f"times as fast as that, K = {K}", f"{every / took:.3g}", wanted=wanted, met=met)


def _repeats(data: ArrayDataset, K: int, batch_size: int) -> Row:
    """Take the same steps twice."""
    digests = []
    for _ in range(2):
        training = training_of(data, K, batch_size)
        training.steps(3)
        digests.append(training.state.audit())
    same = digests[0] == digests[1] and digests[0][0] is None
    return check(f"LDA, K = {K}: the same steps give the same bits, all finite", same, "yes" if same else str(digests))


def _processor(data: ArrayDataset, K: int, took: float, sizes: Any) -> Row:
    training = training_of(data, K, min(sizes.n_cpu_documents, len(data)), "cpu")
    every = usual(lambda: training.steps(1), sizes.n_runs) * training.batches.n_per_epoch
    ratio = f"the GPU is {every / took:.3g} times as fast"
    return Row("LDA", f"a pass on this machine's processor, K = {K}, from one step", ms(every), share=ratio)


# ---- where the time goes


class Timed:
    """A kernel between two events."""

    def __init__(self, kernel: Any, name: str, spans: list[tuple[str, Any, Any]]) -> None:
        self._kernel, self._name, self._spans = kernel, name, spans

    @property
    def max_dynamic_shared_size_bytes(self) -> int:
        return int(self._kernel.max_dynamic_shared_size_bytes)

    @max_dynamic_shared_size_bytes.setter
    def max_dynamic_shared_size_bytes(self, size: int) -> None:
        self._kernel.max_dynamic_shared_size_bytes = size

    def __call__(self, *args: Any, **options: Any) -> None:
        before, after = array_module().cuda.Event(), array_module().cuda.Event()
        before.record()
        self._kernel(*args, **options)
        after.record()
        self._spans.append((self._name, before, after))


@contextmanager
def timed_kernels() -> Iterator[list[tuple[str, Any, Any]]]:
    """Within, every launch of mixviz's kernels is put down with its events."""
    spans: list[tuple[str, Any, Any]] = []
    usual_kernel = launch._kernel
    launch._kernel = lambda op, name, constants: Timed(usual_kernel(op, name, constants), name, spans)
    try:
        yield spans
    finally:
        launch._kernel = usual_kernel


def _shares(training: Training, n_runs: int) -> Iterator[Row]:
    """Tell what the kernels of a step take, by events on its stream."""
    K, elapsed = training.model.n_components, array_module().cuda.get_elapsed_time
    with timed_kernels() as spans:
        for _ in range(n_runs):
            training.steps(1)
    wait()
    took: Counter[str] = Counter()
    for name, before, after in spans:
        took[name] += elapsed(before, after) / n_runs
    whole = 1000 * usual(lambda: training.steps(1), n_runs)
    for name, part in took.most_common():
        yield Row("LDA", f"of a step, K = {K}: {name}", f"{part:.3g} ms", share=f"{percent(part / whole)} of the step")
    rest = whole - took.total()
    what = "of a step: CuPy's own kernels, launches and the feed"
    yield Row("LDA", f"{what}, K = {K}", f"{rest:.3g} ms", share=f"{percent(rest / whole)} of the step")
    with training.state.at_work() as raw:
        indices = training.feed[1].data.indices
        sorting = usual(lambda: words_of_batch(indices, len(raw.phi_vk)), n_runs)
    yield Row("LDA", f"of that, sorting entries by word, K = {K}", ms(sorting))
