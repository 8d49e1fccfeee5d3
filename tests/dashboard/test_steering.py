"""`steer`, and cells that are run again."""

from __future__ import annotations

from typing import Any

import pytest

from mixviz.dashboard import Dashboard
from mixviz.steering import steer
from tests.dashboard.toy import Rows, Toy, ids, wait_until


class Shell:
    """An IPython shell that runs a cell."""

    cell, run = "a", "1"

    def get_parent(self) -> dict[str, Any]:
        return {"metadata": {"cellId": self.cell}, "header": {"msg_id": self.run}}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell()
    monkeypatch.setattr("mixviz.steering.get_ipython", lambda: shell)
    monkeypatch.setattr("mixviz.steering._steered", {})
    return shell


def end(*dashboards: Dashboard) -> None:
    for dashboard in dashboards:
        dashboard.session.stop()
        assert dashboard.session.wait(10)
        dashboard.close()


def test_steer_starts_a_session_behind_a_dashboard(browser):
    dash = steer(Toy(), Rows(), batch_size=5, seed=3)
    wait_until(lambda: dash.session.status.step > 2)
    assert (dash.session.status.seed, dash.session.batches.batch_size) == (3, 5)
    dash.session.stop()
    dash.session.wait(10)
    dash.close()


def test_steer_can_leave_the_session_idle(browser):
    dash = steer(Toy(), Rows(), start=False)
    assert (dash.session.status.state, dash.session.status.step) == ("idle", 0)
    dash.close()


def test_steer_takes_panels(browser):
    dash = steer(Toy(), Rows(), start=False, panels=["log", "likelihood"])
    assert ids(dash) == ["log", "lines:likelihood"]
    dash.close()


def test_running_a_cell_again_stops_all_it_started(shell: Shell) -> None:
    first, second = steer(Toy(), Rows()), steer(Toy(), Rows())
    shell.cell, shell.run = "b", "2"
    elsewhere = steer(Toy(), Rows())
    shell.cell, shell.run = "a", "3"
    third = steer(Toy(), Rows())
    for earlier in (first, second):
        assert earlier.session.wait(10)
        assert earlier.session.status.state == "stopped"
        assert earlier.comm is None
    assert elsewhere.session.status.state in ("idle", "running")
    end(elsewhere, third)


def test_two_dashboards_of_one_run_of_a_cell_stand_side_by_side(shell: Shell) -> None:
    first, second = steer(Toy(), Rows()), steer(Toy(), Rows())
    step = first.session.status.step
    wait_until(lambda: first.session.status.step > step + 2)
    assert first.comm is not None
    end(first, second)


def test_forks_end_with_the_cell_that_is_run_again(shell: Shell) -> None:
    first = steer(Toy(), Rows())
    fork = first.fork()
    fork.session.start()
    shell.run = "2"
    second = steer(Toy(), Rows())
    assert fork.session.wait(10)
    assert (fork.session.status.state, fork.comm) == ("stopped", None)
    end(second)


def test_an_argument_that_steer_does_not_have_is_named():
    with pytest.raises(TypeError, match="steer has no argument 'panel'; did you mean 'panels'"):
        steer(Toy(), Rows(), panel=["log"])
