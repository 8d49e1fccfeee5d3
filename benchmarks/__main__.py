"""``python -m benchmarks [name ...]``: run all benchmarks but `gpu`, or those named, and draw RESULTS.md."""

from __future__ import annotations

import argparse
from importlib import import_module

NAMES = ("quality", "sampling", "start", "interface", "endurance", "clusters")
ON_REQUEST = ("gpu",)
"""Needs a GPU, checks it too, and ends with a status."""


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [*NAMES, *ON_REQUEST]
    parser.add_argument("names", nargs="*", choices=[*names, []], metavar="name", help=", ".join(names))
    for name in parser.parse_args().names or NAMES:
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
