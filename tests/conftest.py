"""Order of the tests: quick ones first, a real browser last. Hypothesis sets no deadline: the machine may be busy."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("mixviz", deadline=None)
settings.load_profile("mixviz")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser last: while Playwright is running, its event loop keeps others from starting theirs."""
    items.sort(key=lambda item: "browser" in item.path.parts)
