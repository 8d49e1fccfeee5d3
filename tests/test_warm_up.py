"""What `make demo` and Binder do once, so that the tour's first chart does not wait for a compiler."""

import os
import subprocess
import sys
from pathlib import Path

WARM_UP = Path(__file__).parents[1] / "tools" / "warm_up.py"
TOUR_BEGINS = """
import mixviz as mv

dashboard = mv.steer(mv.LDA(n_components=32), mv.datasets.load_docstrings(), start=False)
dashboard.session.step(2)
dashboard.session.wait()
dashboard._compose()
dashboard.end()
"""


def test_nothing_is_left_to_compile(tmp_path):
    def compiled_after(*arguments: str) -> set[Path]:
        subprocess.run([sys.executable, *arguments], env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}, check=True)
        return set(tmp_path.rglob("*.nbc"))

    before = compiled_after(str(WARM_UP))
    assert before
    assert compiled_after("-c", TOUR_BEGINS) == before
