"""The table: what was checked and measured, beside what it could be at best and what was wanted."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    met : bool or None
        Whether what was wanted is reached; None where nothing was wanted.
    is_check : bool
        Whether the whole fails with it: figures may be missed, checks must hold.
    """

    part: str
    what: str
    measured: str
    bytes_floor: str = ""
    operations_floor: str = ""
    share: str = ""
    wanted: str = ""
    met: bool | None = None
    is_check: bool = False

    def cells(self) -> dict[str, str]:
        """Return what stands in each column."""
        met = "" if self.met is None else "yes" if self.met else "NO"
        return {
            "part": self.part,
            "figure": self.what,
            "measured": self.measured,
            "least, by bytes": self.bytes_floor,
            "least, by operations": self.operations_floor,
            "share of the limit": self.share,
            "wanted": self.wanted,
            "met": met,
        }


def check(what: str, holds: bool, measured: str, wanted: str = "") -> Row:
    """Return the line of something that must hold."""
    return Row("check", what, measured, wanted=wanted, met=holds, is_check=True)


def attempt(part: str, work: Callable[[], Iterable[Row]]) -> list[Row]:
    """Return the lines of a part; an error ends it and is a check that does not hold, and the other parts go on."""
    print(f"---- {part}", flush=True)
    rows: list[Row] = []
    try:
        for row in work():
            rows.append(row)
            print(f"{row.what}: {row.measured} {row.share}".strip(), flush=True)
    except Exception as error:  # whatever it is: the other parts shall be measured all the same
        traceback.print_exc()
        rows.append(check(f"{part}: runs to its end", False, f"{type(error).__name__}: {error}".splitlines()[0]))
    return rows


def ms(seconds: float | None) -> str:
    """Return seconds as milliseconds, '?' where they are not known."""
    return "?" if seconds is None else f"{1000 * seconds:.3g} ms"


def percent(share: float | None) -> str:
    return "?" if share is None else f"{100 * share:.3g} %"


def drawn(rows: Sequence[Row]) -> str:
    """Return the table as text."""
    lines: list[Any] = [list(rows[0].cells()), *(list(row.cells().values()) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
