"""The whole without a browser: a real model in a session, saved, replayed, killed and resumed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from jupyter_client.manager import KernelManager

import mixviz as mv
from mixviz.backend import set_num_threads


def corpus(n_documents: int = 300, n_words: int = 120) -> mv.Corpus:
    rng = np.random.default_rng(0)
    topics = rng.dirichlet(np.full(n_words, 0.05), size=6)
    mixtures = rng.dirichlet(np.full(6, 0.2), size=n_documents)
    counts = rng.poisson(40 * mixtures @ topics)
    return mv.Corpus(counts, [f"word{i}" for i in range(n_words)])


def run(session: mv.Session, n: int) -> mv.Session:
    session.step(n)
    assert session.wait(120), session.status
    assert session.status.error is None, session.status.error
    return session


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with everything in it: a hot start, mixins, annealing, pauses, a rewind, a snapshot, three threads."""
    path = tmp_path_factory.mktemp("runs") / "run.mixviz"
    session = mv.Session(mv.LDA(7, temperature=0.05, random_state=3), corpus(), batch_size=64)
    set_num_threads(1)
    run(session, 8)
    session.set(l1=0.01, temperature=1.0)
    session.snapshot("hot")
    set_num_threads(2)
    run(session, 6)
    session.add_policy(mv.policies.anneal("temperature", start=1.0, stop=0.01, steps=5))
    run(session, 6)
    session.rewind("hot")
    session.set(cosine=0.1, temperature=0)
    set_num_threads(4)
    run(session, 10)
    session.save(path)
    set_num_threads(None)
    return path


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_replay_is_bit_identical_whatever_the_number_of_threads(saved: Path, n_threads: int) -> None:
    set_num_threads(n_threads)
    try:
        report = mv.replay(saved, corpus())
    finally:
        set_num_threads(None)
    assert report.identical, report.first_difference
    assert report.n_steps == 30


def test_a_loaded_session_is_the_same_run(saved: Path) -> None:
    session = mv.Session.load(saved, corpus())
    assert session.status.step == 18
    assert session.controls["cosine"].value == 0.1
    steps, values = session.history["likelihood"]
    assert len(steps)
    assert np.isfinite(values).all()
    assert session.model.components_.shape == (7, 120)
    np.testing.assert_allclose(session.model.components_.sum(axis=1), 1, rtol=1e-4)
    run(session, 3)
    session.rewind("hot")
    run(session, 1)
    assert session.status.step == 9


def test_a_fork_replays(saved: Path, tmp_path: Path) -> None:
    other = mv.Session.load(saved, corpus()).fork("hot")
    other.set(l1=0.05)
    run(other, 5).save(tmp_path / "fork.mixviz")
    report = mv.replay(tmp_path / "fork.mixviz", corpus())
    assert report.identical
    assert report.n_steps == 5


def test_mixins_of_the_users_own_need_the_model_again(tmp_path: Path) -> None:
    class Louder(mv.mixins.Mixin):
        name = "louder"

        def value(self, params: np.ndarray) -> float:
            return float((params**2).sum())

        def grad(self, params: np.ndarray) -> np.ndarray:
            return 2 * params

    def model() -> mv.LDA:
        return mv.LDA(5, mixins=[Louder()], random_state=0)

    session = mv.Session(model(), corpus())
    session.set(louder=session.controls["louder"].high / 100)
    run(session, 4).save(tmp_path / "own.mixviz")
    with pytest.raises(ValueError, match="pass model="):
        mv.Session.load(tmp_path / "own.mixviz", corpus())
    assert mv.replay(tmp_path / "own.mixviz", corpus(), model()).identical


def test_any_random_state_will_do() -> None:
    session = mv.Session(mv.LDA(3, random_state=np.random.RandomState(4)), corpus())
    assert run(session, 2).status.step == 2
    assert 0 <= session.seed < 2**32


CELL = """
import mixviz as mv
corpus = mv.Corpus.from_npz({corpus!r})
dash = mv.steer(mv.LDA(5, random_state=0), corpus, batch_size=32, autosave={autosave!r}, autosave_interval_s=0.1)
dash.session.set(l1=0.02)
"""


def test_a_killed_kernel_resumes_from_its_autosave(tmp_path: Path) -> None:
    texts, autosave = tmp_path / "corpus.npz", tmp_path / "run.mixviz"
    corpus().to_npz(texts)
    manager = KernelManager()
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive(
            CELL.format(corpus=str(texts), autosave=str(autosave)), timeout=120, output_hook=lambda message: None
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        deadline = time.monotonic() + 60
        while not autosave.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        assert manager.provisioner is not None
        os.kill(manager.provisioner.pid, signal.SIGKILL)  # type: ignore[attr-defined]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
    session = mv.Session.load(autosave, corpus())
    step = session.status.step
    assert step > 0
    assert session.controls["l1"].value == 0.02
    assert run(session, 5).status.step == step + 5
