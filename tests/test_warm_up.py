"""What `make demo` and Binder do once, so that the tour's first chart does not wait for a compiler."""

import os
import subprocess
import sys
from pathlib import Path

WARM_UP = Path(__file__).parents[1] / "tools" / "warm_up.py"
TOURS_BEGIN = """
import mixviz as mv

digits = mv.datasets.load_digits()
described = digits.with_features(lambda pixels: {"ink": pixels.mean(axis=3).reshape(len(pixels), -1)})
for model, data in (
    (mv.LDA(n_components=32), mv.datasets.load_docstrings()),
    (mv.KMeans(64), digits),
    (mv.KMeans(32), described),
):
    dashboard = mv.steer(model, data, start=False)
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
    assert compiled_after("-c", TOURS_BEGIN) == before
