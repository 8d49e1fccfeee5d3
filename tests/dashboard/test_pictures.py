"""Pictures that a browser is asked for."""

from __future__ import annotations

import threading

import pytest

from mixviz.exports import Exports
from tests.dashboard.toy import wait_until

PNG = b"\x89PNG\r\n\x1a\n and so on"


def test_a_picture_is_asked_of_one_view_and_written(browser, dash, tmp_path):
    browser.say(dash, type="hello", seen=0, view="other")
    browser.say(dash, type="hello", seen=0)
    future = dash.export_png(tmp_path / "run.png")
    wait_until(lambda: browser.exports)
    assert browser.exports == [{"type": "export", "view": "v", "n": 1}]
    browser.say(dash, b"of the wrong view", type="exported", view="other", n=1)
    browser.say(dash, b"never asked for", type="exported", n=7)
    assert not future.done()
    browser.say(dash, PNG, type="exported", n=1)
    assert future.result(0) == tmp_path / "run.png"
    assert (tmp_path / "run.png").read_bytes() == PNG
    assert [path.name for path in tmp_path.iterdir()] == ["run.png"]


def test_the_view_that_spoke_last_is_asked(browser, dash, tmp_path):
    browser.say(dash, type="hello", seen=0)
    browser.say(dash, type="hello", seen=0, view="other")
    browser.ask(dash, "pause")
    dash.export_png(tmp_path / "run.png").cancel()
    wait_until(lambda: browser.exports)
    assert browser.exports[0]["view"] == "v"
    browser.say(dash, PNG, type="exported", n=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("buffers", "error", "words"),
    [
        ([], "SecurityError: tainted", "the browser could not draw the picture: SecurityError: tainted"),
        ([], None, "the browser sent no PNG picture but 0 bytes"),
        ([b"GIF89a"], None, "the browser sent no PNG picture but 6 bytes beginning with b'GIF89a'"),
    ],
)
def test_a_picture_that_fails_raises_where_it_is_waited_for(browser, dash, tmp_path, buffers, error, words):
    (tmp_path / "run.png").write_bytes(b"older")
    browser.say(dash, type="hello", seen=0)
    future = dash.export_png(tmp_path / "run.png")
    browser.say(dash, *buffers, type="exported", n=1, **({"error": error} if error else {}))
    with pytest.raises(RuntimeError, match=words):
        future.result(0)
    assert (tmp_path / "run.png").read_bytes() == b"older"


def test_a_picture_needs_a_view_and_a_folder(browser, dash, tmp_path):
    with pytest.raises(RuntimeError, match="no browser shows this dashboard"):
        dash.export_png(tmp_path / "run.png")
    browser.say(dash, type="hello", seen=0)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        dash.export_png(tmp_path / "nowhere" / "run.png")
    future = dash.export_png(tmp_path / "run.png")
    browser.say(dash, type="bye")
    with pytest.raises(RuntimeError, match="the page with the dashboard was closed"):
        future.result(0)
    with pytest.raises(RuntimeError, match="no browser shows this dashboard"):
        dash.export_png(tmp_path / "run.png")


def test_a_picture_that_does_not_come_is_given_up(browser, dash, tmp_path):
    """A hidden tab draws nothing, and a browser that crashed says no goodbye."""
    dash._exports = Exports(dash._relay.answer, patience_s=0.2)
    browser.say(dash, type="hello", seen=0)
    future = dash.export_png(tmp_path / "run.png")
    with pytest.raises(RuntimeError, match=r"the browser sent no picture within 0.2 s: is its tab in front\?"):
        future.result(5)
    browser.say(dash, PNG, type="exported", n=1)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_came_leaves_no_timer(browser, dash, tmp_path):
    browser.say(dash, type="hello", seen=0)
    before = threading.active_count()
    future = dash.export_png(tmp_path / "run.png")
    assert threading.active_count() == before + 1
    browser.say(dash, PNG, type="exported", n=1)
    assert future.result(0) == tmp_path / "run.png"
    wait_until(lambda: threading.active_count() == before)


def test_a_closed_dashboard_has_no_picture(browser, dash, tmp_path):
    browser.say(dash, type="hello", seen=0)
    dash.close()
    with pytest.raises(RuntimeError, match="no browser shows this dashboard"):
        dash.export_png(tmp_path / "run.png")
