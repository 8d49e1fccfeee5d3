"""What `make gpu-check` runs on a GPU, here in small on the fake: its table and file, and what it does without one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import report
from benchmarks.gpu import card as gpu_card
from benchmarks.gpu import corpus, every_kernel, limits, peers, rows, topics, watched
from benchmarks.gpu.card import Card
from benchmarks.gpu.check import Sizes, check
from tests.cuda.fake_cublas import tensor_cores  # noqa: F401 a fixture
from tests.cuda.fake_cupy import cupy
from tests.cuda.twin import TwinError

SMALL = Sizes(
    n_documents=60,
    n_words=300,
    n_distinct=20,
    batch_sizes=(20, 30),
    topics=(32, 64),
    n_cpu_documents=20,
    n_images=48,
    n_features=20,
    n_clusters=4,
    image_batches=(16, 48),
    n_multiplied=32,
    n_cpu_images=16,
    n_gathers=64,
    copy_bytes=4096,
    n_themed=240,
    n_themed_words=60,
    n_themes=4,
    n_passes=2,
    n_first_steps=2,
    beating_s=0.3,
    n_runs=2,
    tests=("tests/cuda/test_updates.py", "-m", "not fake", "-k", "normalise_columns", "-q", "--no-header"),
    is_measured=False,
)


@pytest.mark.usefixtures("tensor_cores")
def test_all_of_it_in_small(
    fake_gpu: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watched, "sanitizer", lambda: None)
    monkeypatch.setattr(cupy.cuda, "get_elapsed_time", lambda before, after: 1.0, raising=False)
    status = check(SMALL, tmp_path / "results")
    said = capsys.readouterr().out
    assert status == 0, said
    record = json.loads((tmp_path / "results" / "fake-h100.json").read_text(encoding="utf-8"))
    assert record["title"] == "Tried out, not measured: Fake H100"
    parts = {row["part"] for row in record["rows"]}
    assert parts == {"check", "limits", "k-means", "LDA", "interface"}
    assert not [row for row in record["rows"] if row["measured"].startswith("failed")]
    measured = {row["figure"]: row for row in record["rows"]}
    for K in (32, 64):
        assert measured[f"of a step, K = {K}: sweep_documents"]["share of the limit"].endswith("of the step")
        assert measured[f"LDA, K = {K}: the same steps give the same bits, all finite"]["met"] == "yes"
    assert "the tool was not found" in said
    assert f"\nWritten to {tmp_path}/results/fake-h100.json\n" in said
    assert said.splitlines()[-1].startswith("interface  LDA in a session, 30 documents a step")
    assert "## Tried out, not measured: Fake H100" in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")


def test_without_a_gpu_it_says_so(fake_gpu: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake_gpu.error = 100
    assert check(SMALL, tmp_path) == 2
    assert "no NVIDIA GPU was found" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_part_that_fails_fails_the_whole_and_no_other_part(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Any:
        yield rows.Row("k-means", "a figure", "1")
        raise ZeroDivisionError("by zero\nand more")

    found = rows.attempt("k-means", broken)
    assert [row.what for row in found] == ["a figure", "k-means: runs to its end"]
    assert (found[1].is_check, found[1].met, found[1].measured) == (True, False, "ZeroDivisionError: by zero")


def test_results_say_that_no_gpu_was_measured_until_one_was(tmp_path: Path) -> None:
    lines = [rows.check("a check", True, "yes").cells()]
    for gpu, is_there in (("", True), ("cuda: H100", False)):
        report.keep(f"1-{gpu}", "A title", "Some text.", lines, tmp_path / "results", gpu)
        drawn = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
        assert ("## On a GPU\n\nNot measured yet." in drawn) == is_there
    assert "; cuda: H100; python" in drawn


# ---- what is watched from outside


@pytest.mark.usefixtures("tensor_cores")
def test_every_kernel_is_started(fake_gpu: Any) -> None:
    every_kernel.main()
    assert {launch.name for launch in fake_gpu.launches} == set(every_kernel.kernel_names())


def test_what_is_planted_is_wrong(fake_gpu: Any) -> None:
    with pytest.raises(TwinError, match="writes_beside"):
        every_kernel.main(is_planted=True)


TOOL = """#!{python}
import sys
planted, tool = "--planted" in sys.argv, sys.argv[sys.argv.index("--tool") + 1]
print("loading sweep_documents")
print("=========     at", "does_not_wait+0x10" if planted else "{kernel}+0x90" if tool == "{guilty}" else "nothing")
sys.exit({status} if planted or tool == "{guilty}" else 0)
"""


@pytest.mark.parametrize(
    ("guilty", "kernel", "status", "measured", "holds"),
    [
        ("none", "", 9, "nothing found", True),
        ("racecheck", "sweep_documents", 9, "found in sweep_documents", False),
        ("racecheck", "cub_sort", 9, "found in kernels of other libraries", True),
        ("racecheck", "", 1, "ended with status 1", False),
    ],
)
def test_what_the_tool_says_is_understood(
    guilty: str, kernel: str, status: int, measured: str, holds: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "compute-sanitizer"
    tool.write_text(TOOL.format(python=sys.executable, guilty=guilty, kernel=kernel, status=status))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    sizes = Sizes(tests=("--version",), is_measured=False)
    tests, memcheck, racecheck = watched.rows(sizes, 5)
    assert (tests.met, memcheck.met, memcheck.measured) == (True, True, "nothing found")
    assert (racecheck.met, racecheck.measured) == (holds, measured)


def test_a_tool_that_sees_nothing_is_no_proof() -> None:
    blind = [watched.start([sys.executable, "-c", ""]) for _ in range(2)]
    row = watched.watched("memcheck", *blind)
    assert (row.met, row.measured) == (False, "nothing found; nor what is wrong on purpose")


def test_tests_that_fail_or_hang_do_not_pass(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    failing = watched.start([sys.executable, "-c", "print('== 1 failed =='); raise SystemExit(1)"])
    row = watched.tested(failing, 5)
    assert (row.met, row.measured) == (False, "1 failed")
    monkeypatch.setattr(watched, "_LIMIT_S", 0.2)
    row = watched.tested(watched.start([sys.executable, "-c", "import time; time.sleep(60)"]), 5)
    assert (row.met, row.measured) == (False, "not finished after 0.2 s; nothing was printed")


# ---- what figures are shares of


def test_limits_are_those_of_data_sheets(fake_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"MultiProcessorCount": 132, "ClockRate": 1980000, "MemoryClockRate": 2619000, "GlobalMemoryBusWidth": 5120}
    monkeypatch.setattr(cupy.cuda.Device, "attributes", known)
    card = Card.here()
    assert card.slug == "fake-h100"
    assert (card.memory, card.float32) == (pytest.approx(3.35e12, rel=1e-2), pytest.approx(67e12, rel=1e-2))
    at_its_clock = 1830 / 1980  # of tensor cores
    assert card.tf32 * at_its_clock == pytest.approx(494.7e12, rel=1e-2)
    assert card.int8 * at_its_clock == pytest.approx(1979e12, rel=1e-2)


def test_a_pass_of_the_new_york_times_takes_what_was_worked_out() -> None:
    card = Card("H100", 132, 3.35e12, 67e12, None, None)
    least = topics.floors(300_000 * 232, 32, card, limits.Limits(3e12, {32: 5.5e12}))
    assert least.by_bytes == pytest.approx(3.4e-3, rel=0.02)
    assert least.by_operations == pytest.approx(0.8e-3, rel=0.02)
    assert least.gathering == pytest.approx(19.4e-3, rel=0.02)


def test_the_corpus_has_each_word_once_and_obeys_the_law() -> None:
    counts = corpus.zipf(6000, 5000, 100)
    assert counts.shape == (6000, 5000)
    assert (np.diff(counts.indptr) == 100).all()
    assert (np.diff(counts.indices.reshape(6000, 100), axis=1) > 0).all()
    assert 1.3 < counts.data.mean() < 1.6
    occurs = np.sort(np.bincount(counts.indices, minlength=5000))[::-1]
    assert occurs[0] > 0.5 * 6000
    np.testing.assert_allclose(occurs[1000] / occurs[3000], 3040 / 1040, rtol=0.15)
    assert occurs[-1] > 0


# ---- other libraries


class Clock:
    """Goes as fast as work is said to take."""

    now = 0.0

    @classmethod
    def work(cls, seconds: float) -> None:
        cls.now += seconds


class Lloyd:
    """Stands for K-means of another library."""

    def __init__(self, n_clusters: int, *, max_iter: int, **given: Any) -> None:
        self.n_clusters, self.seconds, self.given = n_clusters, 0.002 * max_iter, given

    def fit(self, x: Any) -> None:
        assert (x.dtype, self.n_clusters, self.given["init"].shape) == (np.float32, 4, (4, 7))
        Clock.work(0.1 + self.seconds)


def _cuvs_fit(given: Any, x: Any, centres: Any) -> None:
    assert (given.init_method, given.n_clusters, centres.shape) == ("Array", len(centres), (4, 7))
    Clock.work(0.1 + 0.002 * given.max_iter)


def _search(resources: Any, given: Any) -> None:
    assert (given.numVectors, given.numQueries, given.dims, given.k) == (4, 50, 7, 1)
    Clock.work(0.002)


FAISS = SimpleNamespace(
    StandardGpuResources=object, GpuDistanceParams=SimpleNamespace, METRIC_L2=1, IndicesDataType_I64=0, bfKnn=_search,
    cast_integer_to_float_ptr=int, cast_integer_to_idx_t_ptr=int,
)  # fmt: skip
LIBRARIES = {
    "cuml": {"cuml": None, "cuml.cluster": SimpleNamespace(KMeans=Lloyd)},
    "cuvs": {
        "cuvs": None,
        "cuvs.cluster": SimpleNamespace(kmeans=SimpleNamespace(KMeansParams=SimpleNamespace, fit=_cuvs_fit)),
    },
    "faiss": {"faiss": FAISS},
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_an_iteration_of_another_library_is_timed_without_its_setup(
    name: str, fake_gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "perf_counter", lambda: Clock.now)
    monkeypatch.setattr(gpu_card, "time", SimpleNamespace(perf_counter=lambda: Clock.now))
    for module, stub in LIBRARIES[name].items():
        monkeypatch.setitem(sys.modules, module, stub or ModuleType(module))
    x = np.random.default_rng(0).integers(0, 256, (50, 7), np.uint8)
    assert getattr(peers, name)(x, x[:4].astype(np.float32)) == pytest.approx(0.002)
