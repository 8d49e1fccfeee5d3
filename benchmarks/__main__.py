"""``python -m benchmarks [name ...]``: run all benchmarks, or those named, and draw RESULTS.md."""

from __future__ import annotations

import argparse
from importlib import import_module

NAMES = ("quality", "sampling", "start", "interface", "endurance", "clusters")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="name", help=", ".join(NAMES))
    for name in parser.parse_args().names or NAMES:
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
