"""What is shipped: the wheel's contents, what importing costs, and what no tracked file may mention."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"IPython", "PIL", "bqplot", "cupy", "ipywidgets", "numba", "pandas", "scipy", "sklearn", "torch"}


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory):
    """Paths inside a wheel built from this checkout, its JavaScript included."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("mixviz-*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_wheel_holds_every_module_and_the_bundle(wheel_names):
    source = ROOT / "src"
    modules = {str(path.relative_to(source)) for path in source.rglob("*.py")}
    assert modules <= wheel_names
    assert {"mixviz/py.typed", "mixviz/static/dashboard.js"} <= wheel_names


def test_wheel_holds_nothing_else(wheel_names):
    expected = re.compile(
        r"mixviz/([a-z_0-9]+/)*[a-z_0-9]+\.(py|cuh?)|mixviz/py\.typed|mixviz/static/dashboard\.(js|css)"
        r"|mixviz-[^/]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE)"
    )
    assert [name for name in sorted(wheel_names) if not expected.fullmatch(name)] == []


def test_import_loads_nothing_heavy():
    code = "import sys, mixviz; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "mixviz" in loaded
    assert HEAVY.isdisjoint(loaded)


def test_every_public_name_can_be_had():
    import mixviz

    assert mixviz.__all__
    for name in mixviz.__all__:
        assert getattr(mixviz, name) is not None


def test_tracked_files_name_no_registry_and_no_machine():
    dot = r"\."
    hosts = ["pypi" + dot + "org", "pythonhosted" + dot + "org", "registry" + dot + "npmjs", "deb" + dot + "debian"]
    places = ["/" + "root/", "/" + "home/", "/" + "opt/py" + "pi", "/" + "work/"]
    forbidden = re.compile("|".join([*hosts, *places]))
    found = [
        f"{name}: {match.group()}"
        for name in subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
        if name and (text := _text(ROOT / name)) and (match := forbidden.search(text))
    ]
    assert found == []


def _text(path: Path) -> str:
    """The file's text; pictures and other binary files, and files just deleted, count as empty."""
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return ""
