"""A session of the toy model."""

from __future__ import annotations

import pytest

from mixviz.engine.session import Session
from tests.engine.toy import Toy, rows


@pytest.fixture
def session() -> Session:
    return Session(Toy(), rows())
