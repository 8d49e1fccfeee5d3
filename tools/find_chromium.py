"""Print the path of a Chromium that runs here, installing one where there is none.

In this order: the one named by the environment variable CHROMIUM; the system's; Playwright's own, if it was
installed before; Debian's package, when this is root and apt is there; a fresh one of Playwright's.
Exits with 1 and a message where none of them runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of an installed Chromium that starts, or None."""
    return next((path for path in _candidates() if _runs(path)), None)


def install_chromium() -> str | None:
    """Try Debian's package, then Playwright's download; return the path of one that starts, or None."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt = ["apt-get", "-qy", "-o", "DPkg::Lock::Timeout=120"]
        _say_and_run([*apt, "update"])
        _say_and_run([*apt, "install", "chromium", "fonts-dejavu-core"])
        if path := find_chromium():
            return path
    _say_and_run([sys.executable, "-m", "playwright", "install", "chromium"])
    return find_chromium()


def _candidates() -> Iterator[str]:
    if named := os.environ.get("CHROMIUM"):
        yield named
    yield from filter(None, map(shutil.which, SYSTEM_NAMES))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    yield from [own] if Path(own).exists() else []


def _runs(path: str) -> bool:
    """Whether `path` answers: Ubuntu's chromium-browser, for one, is there but only asks for a snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _say_and_run(command: list[str]) -> None:
    """Run `command`, its output on stderr; whether it helped is found out by looking for Chromium again."""
    print("No Chromium yet:", *command, file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, stdout=sys.stderr, env=environment, check=False)


def main() -> int:
    """Print the path, or what to do about it."""
    path = find_chromium() or install_chromium()
    if path is None:
        print(
            "The browser tests need Chromium, and none could be installed.\n"
            "Debian: sudo apt-get install chromium. Elsewhere: .venv/bin/python -m playwright install chromium.\n"
            "Or name one: make test CHROMIUM=/path/to/chrome",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
