"""Whole runs on the fake GPU: the models' own code, the real CUDA sources, the engine around them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import mixviz as mv
from mixviz.cuda import DeviceError
from mixviz.engine import states
from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.models.on_device import OnDevice
from tests.engine.toy import run

pytestmark = pytest.mark.usefixtures("fake_gpu")


def counts(n: int = 120, V: int = 50) -> Any:
    """Documents about one of three groups of words."""
    rng = np.random.default_rng(0)
    rates = np.where(np.arange(V) % 3 == rng.integers(0, 3, n)[:, None], 1.0, 0.05)
    return scipy.sparse.csr_matrix(rng.poisson(rates).astype(np.float32))


def lda(**given: Any) -> mv.LDA:
    return mv.LDA(**{"n_components": 5, "batch_size": 40, "random_state": 1, "device": "cuda", **given})


def test_lda_learns_there_what_it_learns_here() -> None:
    there, here = (mv.Session(lda(device=device), counts(), validation=20) for device in ("cuda", "cpu"))
    for session in (there, here):
        run(session, 12)
        assert session.status.state is RunState.PAUSED, session.status.error
    assert isinstance(there.published.state, OnDevice)
    assert not isinstance(here.published.state, OnDevice)
    assert set(there.history) == set(here.history)
    np.testing.assert_allclose(there.model.components_.sum(axis=1), 1, rtol=1e-4)
    for name in ("likelihood", "density", "cosine", "coherence"):
        np.testing.assert_allclose(there.history.latest(name), here.history.latest(name), rtol=0.05, atol=0.02)
