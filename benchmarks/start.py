"""Import time, seconds to the first chart, and memory over 20,000 steps; each in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.report import keep, spread

N_RUNS = 7
N_STEPS = 20_000

IMPORT = "import time; import numpy; t = time.perf_counter(); import mixviz; print(time.perf_counter() - t)"
FIRST_CHART = """
import time, psutil
began = psutil.Process().create_time()
import mixviz as mv
dash = mv.steer(mv.LDA(n_components=32, random_state=0), mv.datasets.load_docstrings())
while "likelihood" not in dash.session.history:
    time.sleep(0.005)
panels = dash._compose()
assert panels["topic_matrix"][1], panels["topic_matrix"]
print(time.time() - began)
dash.session.stop()
dash.session.wait()
"""
MEMORY = f"""
import psutil, mixviz as mv
session = mv.Session(mv.LDA(n_components=32, random_state=0), mv.datasets.load_docstrings(), batch_size=50,
                     snapshot_budget_bytes=8 << 20)
def resident():
    return psutil.Process().memory_info().rss
def run(n):
    session.step(n)
    session.wait()
run(1000)
early = resident()
run({N_STEPS})
assert session.status.step == {N_STEPS} + 1000, session.status
print(early, resident())
"""


def ask(code: str, **environment: str) -> list[float]:
    """Run `code` in a fresh interpreter and return the numbers it prints last."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return [float(word) for word in done.stdout.split()]


def first_charts(n_runs: int) -> tuple[list[float], list[float]]:
    """Return seconds to the first chart on a machine that never ran mixviz, and the next time, in turn."""
    cold, warm = [], []
    for _ in range(n_runs):
        with tempfile.TemporaryDirectory() as cache:
            places = {"NUMBA_CACHE_DIR": f"{cache}/kernels", "XDG_CACHE_HOME": f"{cache}/corpora"}
            cold += ask(FIRST_CHART, **places)
            warm += ask(FIRST_CHART, **places)
    return cold, warm


def main(n_runs: int = N_RUNS) -> None:
    """Measure and store the table."""
    imports = [ask(IMPORT)[0] for _ in range(n_runs)]
    cold, warm = first_charts(n_runs)
    early, late = ask(MEMORY)
    rows = [
        {"figure": "`import mixviz` beyond NumPy's, seconds", "measured": spread(imports), "wanted": "under 0.3"},
        {"figure": "process start to first chart, kernels never compiled and docstrings never harvested, seconds",
         "measured": spread(cold), "wanted": "under 10"},
        {"figure": "the same from the second time on, seconds", "measured": spread(warm), "wanted": "under 3"},
        {"figure": f"resident memory after 1,000 and {N_STEPS + 1000:,} steps, MiB",
         "measured": f"{early / 2**20:.0f}, {late / 2**20:.0f} ({late / early - 1:+.1%})", "wanted": "drift under 5 %"},
    ]  # fmt: skip
    text = (
        f"{n_runs} runs each, in fresh processes. First chart: interpreter start to a composed frame with a held-out "
        "likelihood and a topic matrix of the docstrings, K = 32. Memory: one process, batches of 50 documents, "
        "snapshots limited to 8 MiB."
    )
    keep("3-start", "Starting, and memory", text, rows)


if __name__ == "__main__":
    main()
