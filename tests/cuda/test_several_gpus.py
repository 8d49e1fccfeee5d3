"""A session keeps to the GPU that was current where it was made; threads begin on the first."""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np
import pytest

from mixviz.engine.session import Session
from mixviz.engine.status import RunState
from mixviz.models.on_device import OnDevice
from tests.cuda.test_models import counts, factorisation, kmeans, lda, pictures
from tests.engine.toy import run

CASES = [(lda, counts), (kmeans, pictures), (factorisation, counts)]


@pytest.mark.parametrize(("make", "rows"), CASES, ids=["lda", "kmeans", "nmf"])
@pytest.mark.parametrize("share", [0.5, 0.0], ids=["resident", "streamed"])
def test_a_session_stays_where_it_was_made(
    make: Any, rows: Any, share: float, fake_gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixviz.models.feeds.SHARE", share)
    fake_gpu.n_devices = 2
    with sys.modules["cupy"].cuda.Device(1):
        session = Session(make(), rows(), snapshot_every=3, validation=20)
    run(session, 5)
    state = session.published.state
    assert session.status.state is RunState.PAUSED, session.status.error
    assert isinstance(state, OnDevice)
    assert session.model.place().stream.device_id == 1
    name = "centres_kf" if hasattr(state, "centres_kf") else "phi_vk"
    assert getattr(state.raw, name)._memory.device == 1
    found: list[Any] = []
    panel = threading.Thread(target=lambda: found.append(getattr(state, name).sum()))
    panel.start()
    panel.join()
    assert np.isfinite(found[0])
    fork = run(session.fork(), 2)
    assert fork.status.state is RunState.PAUSED, fork.status.error
    assert fork.model.place().device.id == 0
    assert fork.published.state.device.id == 0
