"""The relay without a browser: who is sent what, and when nothing is sent."""

from __future__ import annotations

import contextvars
import gc
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mixviz import relay as relay_module
from mixviz.relay import MAX_IN_FLIGHT, Relay

ROOT = Path(__file__).parents[1]
QUIET_S = 0.15
"""Long enough for a publisher to send something it should not."""


class Page:
    """Stands for the front end: keeps what is sent, and waits for it."""

    def __init__(self, **settings: Any) -> None:
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        self.saved: list[tuple[dict[str, Any], list[bytes]]] = []
        self.panels: dict[str, tuple[dict[str, Any], list[bytes]]] = {"a": ({"n": 0}, [b"00"]), "b": ({"n": 0}, [])}
        self.n_composed = 0
        self._arrived = threading.Condition()
        settings = {"interval_s": 0.01, "unattended_interval_s": 60.0, **settings}
        self.relay = Relay(self.compose, self.send, lambda *frame: self.saved.append(frame), **settings)

    def compose(self, is_hurried: bool) -> dict[str, tuple[dict[str, Any], list[bytes]]]:
        self.n_composed += 1
        return dict(self.panels)

    def send(self, header: dict[str, Any], buffers: list[bytes]) -> None:
        with self._arrived:
            self.messages.append((header, buffers))
            self._arrived.notify_all()

    def change(self, n: int) -> None:
        self.panels["a"] = ({"n": n}, [str(n).encode()])
        self.relay.notify()

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [header for header, _ in self.messages if header["type"] == "frame"]

    def wait(self, condition: Callable[[], bool], timeout: float = 30.0) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"not within {timeout} s; messages: {self.messages}"
            time.sleep(0.002)

    def wait_for_frames(self, n: int) -> None:
        self.wait(lambda: len(self.frames) >= n)

    def acknowledge(self, view: str = "v") -> None:
        self.relay.acknowledge(view, self.frames[-1]["seq"])


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page()
    yield page
    page.relay.close()


def panel_ids(frame: dict[str, Any]) -> list[str]:
    return [panel["id"] for panel in frame["panels"]]


def test_without_a_view_nothing_is_composed_or_sent(page):
    for n in range(50):
        page.change(n)
    time.sleep(QUIET_S)
    assert (page.n_composed, page.messages) == (0, [])


def test_hello_brings_everything(page):
    page.relay.hello("v")
    page.wait_for_frames(1)
    assert page.messages[0] == ({"type": "alive", "view": "v"}, [])
    header, buffers = page.messages[1]
    assert header["panels"] == [{"id": "a", "n": 0, "n_buffers": 1}, {"id": "b", "n": 0, "n_buffers": 0}]
    assert buffers == [b"00"]


def test_later_frames_hold_what_changed(page):
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    page.change(7)
    page.wait_for_frames(2)
    assert panel_ids(page.frames[1]) == ["a"]
    assert page.messages[-1][1] == [b"7"]


def test_what_is_asked_for_while_it_is_composed_waits_its_turn_even_if_nothing_is_sent():
    class Restless(Page):
        def compose(self, is_hurried: bool) -> dict[str, tuple[dict[str, Any], list[bytes]]]:
            self.relay.notify()
            return super().compose(is_hurried)

    page = Restless(interval_s=0.05, unattended_interval_s=0.05)
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    before, began = page.n_composed, time.monotonic()
    page.wait(lambda: page.n_composed >= before + 10)
    assert time.monotonic() - began > 9 * 0.05 * 0.9
    page.relay.close()


def test_an_unchanged_frame_is_not_sent(page):
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    page.relay.notify()
    page.wait(lambda: page.n_composed == 2)
    time.sleep(QUIET_S)
    assert len(page.frames) == 1


def test_at_most_two_batches_of_frames_are_in_flight(page):
    batch = int(re.search(r"FRAMES_PER_ACK = (\d+)", (ROOT / "js" / "connection.ts").read_text())[1])
    page.relay.hello("v")
    page.wait_for_frames(1)
    for n in range(1, 40):
        page.change(n)
        page.wait_for_frames(min(n + 1, MAX_IN_FLIGHT))
    time.sleep(QUIET_S)
    assert len(page.frames) == MAX_IN_FLIGHT == 2 * batch
    page.acknowledge()
    page.wait_for_frames(MAX_IN_FLIGHT + 1)
    assert page.frames[-1]["panels"][0]["n"] == 39  # the latest; those in between were dropped


def test_no_acknowledgement_means_silence_until_one_comes(page, monkeypatch):
    monkeypatch.setattr(relay_module, "STALLED_S", 0.05)
    page.relay.hello("v")
    page.wait_for_frames(1)
    for n in range(40):
        page.change(n)
        time.sleep(0.01)
    page.relay.rest()
    page.wait(lambda: bool(page.saved))
    assert len(page.frames) <= MAX_IN_FLIGHT
    n_frames = len(page.frames)
    page.change(99)
    page.acknowledge()
    page.wait_for_frames(n_frames + 1)


def test_hello_ends_the_silence_with_everything(page, monkeypatch):
    monkeypatch.setattr(relay_module, "STALLED_S", 0.05)
    monkeypatch.setattr(relay_module, "FORGOTTEN_S", 0.1)
    page.relay.hello("closed")
    page.wait_for_frames(1)
    time.sleep(0.11)
    page.relay.hello("v", seen=0)
    page.wait_for_frames(2)
    assert panel_ids(page.frames[-1]) == ["a", "b"]
    assert list(page.relay._views) == ["v"]


def test_a_stalled_view_does_not_hold_others_back(page, monkeypatch):
    monkeypatch.setattr(relay_module, "STALLED_S", 0.05)
    page.relay.hello("asleep")
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    for n in range(1, 8):
        page.change(n)
        page.wait(lambda n=n: page.frames[-1]["panels"][0]["n"] == n)
        page.acknowledge()
    assert len(page.frames) == 8


def test_a_view_that_missed_nothing_is_sent_nothing(page):
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    page.relay.hello("v", seen=page.frames[0]["seq"])
    page.wait(lambda: sum(header["type"] == "alive" for header, _ in page.messages) == 2)
    time.sleep(QUIET_S)
    assert len(page.frames) == 1


def test_after_bye_nothing_is_sent(page):
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.relay.bye("v")
    page.change(3)
    time.sleep(QUIET_S)
    assert len(page.frames) == 1


def test_answers_pass_frames_in_flight(page):
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.change(1)
    page.wait_for_frames(2)
    page.relay.answer({"type": "reply", "n": 5})
    page.wait(lambda: page.messages[-1][0] == {"type": "reply", "n": 5})


def test_hurry_does_not_wait_for_the_tick():
    page = Page(interval_s=60.0)
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    page.change(1)
    time.sleep(QUIET_S)
    assert len(page.frames) == 1
    page.relay.hurry()
    page.wait_for_frames(2)
    page.relay.close()


def test_left_alone_it_slows_down_until_somebody_touches_a_view(page):
    page.relay.hello("v")
    page.relay.hello("w")
    page.wait_for_frames(1)
    page.relay.acknowledge("v", 1, is_attended=False)
    page.relay.acknowledge("w", 1, is_attended=True)
    page.change(1)
    page.wait_for_frames(2)
    page.relay.acknowledge("w", 2, is_attended=False)
    page.change(2)
    time.sleep(QUIET_S)
    assert len(page.frames) == 2
    page.relay.acknowledge("v", 1, is_attended=True)
    page.wait_for_frames(3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"interval_s": 0.0}, "interval_s must be above 0, got 0.0"),
        ({"interval_s": 0.5, "unattended_interval_s": 0.1}, "unattended_interval_s must be at least interval_s=0.5"),
    ],
)
def test_a_pace_that_makes_no_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Page(**settings)


def test_rest_saves_a_whole_frame_without_a_view(page):
    page.relay.rest()
    page.wait(lambda: bool(page.saved))
    header, buffers = page.saved[0]
    assert panel_ids(header) == ["a", "b"]
    assert buffers == [b"00"]
    time.sleep(QUIET_S)
    assert (len(page.saved), page.messages) == (1, [])


def test_a_watched_run_is_saved_now_and_then(page, monkeypatch):
    monkeypatch.setattr(relay_module, "SAVED_EVERY_S", 0.1)
    page.relay.hello("v")
    page.wait_for_frames(1)
    began = time.monotonic()
    for n in range(1, 25):
        page.change(n)
        page.wait_for_frames(n + 1)
        page.acknowledge()
    elapsed = time.monotonic() - began
    assert 1 <= len(page.saved) <= 2 + elapsed / 0.1


class CostlyPage(Page):
    """Whose frames take `cost_s` of processor time, by a clock of its own."""

    cost_s = spent_s = 0.0

    def compose(self, is_hurried: bool) -> dict[str, tuple[dict[str, Any], list[bytes]]]:
        self.spent_s += self.cost_s
        self.panels["a"] = ({"n": self.n_composed}, [])
        return super().compose(is_hurried)

    def seconds_to_next(self, tell: Callable[[], None]) -> float:
        """Return how long a frame takes that is asked for by `tell`."""
        began, n = time.monotonic(), len(self.frames)
        tell()
        self.wait_for_frames(n + 1)
        self.acknowledge()
        return time.monotonic() - began


@pytest.fixture
def costly_page(monkeypatch) -> Iterator[CostlyPage]:
    clock = SimpleNamespace(monotonic=time.monotonic, thread_time=lambda: page.spent_s)
    monkeypatch.setattr(relay_module, "time", clock)
    page = CostlyPage()
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    yield page
    page.relay.close()


def test_slow_panels_are_composed_less_often(costly_page):
    costly_page.cost_s = 0.02
    waits = [costly_page.seconds_to_next(costly_page.relay.notify) for _ in range(20)]
    assert waits[-1] > 0.02 / relay_module.SHARE * 0.9


def test_one_dear_frame_among_cheap_ones_delays_nothing(costly_page):
    costly_page.cost_s = 0.05
    costly_page.seconds_to_next(costly_page.relay.notify)
    costly_page.cost_s = 0.0
    assert costly_page.seconds_to_next(costly_page.relay.notify) < 0.04 / relay_module.SHARE, "the mean, not this"


def test_a_frame_that_took_ten_seconds_freezes_nothing(costly_page):
    costly_page.cost_s = 10.0  # the first on a new machine, which compiles what the panels need
    costly_page.seconds_to_next(costly_page.relay.notify)
    assert costly_page.seconds_to_next(costly_page.relay.hurry) < 4, "for a person who waits"
    waits = [costly_page.seconds_to_next(costly_page.relay.notify) for _ in range(5)]
    assert max(waits) < relay_module.LONGEST_PAUSE_S + 3, "even if all are so dear"


def test_an_error_while_composing_is_logged_and_the_next_frame_comes(page, caplog):
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    whole = page.relay._compose
    page.relay._compose = lambda is_hurried: 1 / 0
    page.change(1)
    page.wait(lambda: "ZeroDivisionError" in caplog.text)
    page.relay._compose = whole
    page.change(2)
    page.wait_for_frames(2)


def test_messages_leave_in_the_context_of_the_first_hello(page):
    shell = contextvars.ContextVar("shell", default="none")
    seen: list[str] = []
    page.relay._send = lambda *_: seen.append(shell.get())

    def greet(name: str) -> None:
        shell.set(name)
        page.relay.hello(name)

    contextvars.copy_context().run(greet, "first")
    page.wait(lambda: len(seen) >= 2)
    contextvars.copy_context().run(greet, "second")
    page.wait(lambda: len(seen) >= 4)
    assert set(seen) == {"first"}


def publishers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "mixviz-publisher"}


@pytest.mark.parametrize("ending", ["closed", "garbage"])
def test_the_thread_ends_with_the_relay(ending):
    before = publishers()
    relay = Relay(dict, lambda *_: None, lambda *_: None)
    (thread,) = publishers() - before
    if ending == "closed":
        relay.close()
    else:
        del relay
        gc.collect()
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.parametrize("interval_s", [0, -1.0, float("nan")])
def test_interval_is_checked(interval_s):
    with pytest.raises(ValueError, match="interval_s must be above 0"):
        Relay(dict, lambda *_: None, lambda *_: None, interval_s=interval_s)


def test_the_view_that_spoke_last_is_known_until_it_is_forgotten(page, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(relay_module.time, "monotonic", lambda: now[0])
    assert page.relay.newest_view() is None
    page.relay.hello("a")
    now[0] += 1
    page.relay.hello("b")
    assert page.relay.newest_view() == "b"
    now[0] += 1
    page.relay.heard("a")
    page.relay.heard("nobody")
    assert page.relay.newest_view() == "a"
    page.relay.bye("a")
    assert page.relay.newest_view() == "b"
    now[0] += relay_module.FORGOTTEN_S
    assert page.relay.newest_view() is None


def test_who_says_hello_while_a_frame_is_composed_gets_the_next_one_whole():
    class Slow(Page):
        is_held = False
        entered, go_on = threading.Event(), threading.Event()

        def compose(self, is_hurried: bool) -> dict[str, tuple[dict[str, Any], list[bytes]]]:
            panels = super().compose(is_hurried)
            if self.is_held:
                self.is_held = False
                self.entered.set()
                assert self.go_on.wait(30)
            return panels

    page = Slow()
    page.relay.hello("first")
    page.wait_for_frames(1)
    page.acknowledge("first")
    page.is_held = True
    page.change(1)
    assert page.entered.wait(30)
    page.relay.hello("second")
    page.go_on.set()
    page.wait_for_frames(3)
    page.relay.close()
    assert [panel_ids(frame) for frame in page.frames[:3]] == [["a", "b"], ["a"], ["a", "b"]]


def test_a_first_frame_that_could_not_be_sent_is_sent_whole_again(caplog):
    class Broken(Page):
        n_failures = 1

        def send(self, header: dict[str, Any], buffers: list[bytes]) -> None:
            if header["type"] == "frame" and self.n_failures:
                self.n_failures -= 1
                raise OSError("no connection")
            super().send(header, buffers)

    page = Broken()
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.relay.close()
    assert panel_ids(page.frames[0]) == ["a", "b"]
    assert "could not send" in caplog.text


def test_composing_is_told_whether_somebody_waits(page):
    seen: list[bool] = []
    compose = page.relay._compose
    page.relay._compose = lambda is_hurried: (seen.append(is_hurried), compose(is_hurried))[1]
    page.relay.hello("v")
    page.wait_for_frames(1)
    page.acknowledge()
    page.panels["a"] = ({"n": 1}, [b"1"])
    page.relay.hurry()
    page.wait_for_frames(2)
    assert seen == [False, True]
