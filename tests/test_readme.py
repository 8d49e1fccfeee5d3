"""The README's Python runs as it stands, block after block, in one namespace."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import mixviz as mv
from mixviz.engine.session import Session

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
TEXTS = ["red wine and white bread", "green apples, red apples", "white bread and butter", "blue and green paint"] * 5


def test_every_block_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a browser a picture cannot be had: only that it was asked for is checked."""
    asked: list[str] = []
    sessions: list[Session] = []
    construct = Session.__init__

    def noted(session: Session, *arguments: Any, **named: Any) -> None:
        sessions.append(session)
        construct(session, *arguments, **named)

    monkeypatch.setattr(mv.Dashboard, "export_png", lambda dash, path: asked.append(path))
    monkeypatch.setattr(Session, "__init__", noted)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"texts": TEXTS}
    assert len(BLOCKS) >= 4
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"README.md, block {number}", "exec"), namespace)
    for session in sessions:
        session.stop()
        assert session.wait(60)
        assert session.errors == {}
    assert asked == ["dashboard.png"]
    assert namespace["session"].history["likelihood"][0][-1] == 200
