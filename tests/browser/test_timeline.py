"""The timeline in a real browser: going back, forking, naming and pinning snapshots, by mouse and keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, STEER, TRAINING, drag, number, wait_for_step, wait_until_applied

LONG_ENOUGH = 60
"""Steps after which there is more than one snapshot to go back to."""


@pytest.fixture(scope="module")
def shared(open_for_module: Callable[..., LabNotebook]) -> LabNotebook:
    notebook = open_for_module([STEER], TRAINING, FIRST_START_S)
    notebook.execute("dash.layout = ['likelihood', 'log']")
    return notebook


@pytest.fixture
def notebook(shared: LabNotebook) -> LabNotebook:
    """The same run for every test, paused some way from its beginning, no dialog open, no fork."""
    page = shared.page
    page.keyboard.press("Escape")
    shared.execute("while dash.forks: dash.close_fork(0)")
    shared.execute("at = dash.session.status.step; dash.session.start()")
    wait_for_step(page, shared.value("at") + LONG_ENOUGH)
    shared.execute("dash.session.pause(); dash.session.snapshot()")
    expect(page.locator(".bar[data-state='paused']")).to_have_count(1)
    expect(page.locator(".mixviz")).to_have_attribute("data-step", str(shared.value("dash.session.status.step")))
    return shared


def dialog(notebook: LabNotebook) -> Locator:
    return notebook.page.locator(".destination").first


def point(notebook: LabNotebook, share: float) -> None:
    """Click the timeline at a share of its length, below what stands on it."""
    rail = notebook.page.locator(".rail").first
    rail.scroll_into_view_if_needed()
    box = rail.bounding_box()
    assert box is not None
    notebook.page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] - 3)


def named_step(notebook: LabNotebook) -> int:
    """Return the step that the open dialog names in its heading."""
    expect(dialog(notebook)).to_be_visible()
    found = re.search(r"step ([\d,]+)$", dialog(notebook).locator("h3").inner_text())
    assert found
    return int(found[1].replace(",", ""))


def press(notebook: LabNotebook, name: str) -> None:
    dialog(notebook).get_by_role("button", name=name, exact=True).click()
    expect(dialog(notebook)).to_be_hidden()


def item(notebook: LabNotebook, words: str) -> Locator:
    """Return what stands on the timeline and is called so, from its beginning."""
    return notebook.page.locator(".rail").first.get_by_role("button", name=re.compile(f"^{re.escape(words)}"))


def test_a_click_asks_and_rewinds(notebook):
    page, now = notebook.page, number(notebook.page, "step")
    point(notebook, 0.4)
    step = named_step(notebook)
    assert step in notebook.value("[kept.step for kept in dash.session.snapshots]")
    assert step < now
    expect(dialog(notebook)).to_contain_text(f"Leaves {now - step:,} steps")
    press(notebook, "Cancel")
    assert notebook.value("dash.session.status.step") == now
    point(notebook, 0.4)
    press(notebook, "Rewind")
    page.wait_for_function("step => Number(document.querySelector('.mixviz').dataset.step) === step", arg=step)
    assert notebook.value("dash.session.status.step") == step
    page.get_by_role("button", name="Step", exact=True).click()
    page.wait_for_function("step => Number(document.querySelector('.mixviz').dataset.step) === step", arg=step + 1)


def test_a_fork_has_controls_of_its_own(notebook):
    page = notebook.page
    point(notebook, 0.5)
    step = named_step(notebook)
    press(notebook, "Fork")
    fork = page.locator(".forks .mixviz")
    expect(fork).to_have_attribute("data-step", str(step))
    expect(page.locator(".forks h2")).to_have_text(f"fork of step {step:,}")
    expect(fork.locator("[data-panel]")).to_have_count(2)
    entry = fork.get_by_label("alpha, as a number")
    entry.fill("0.7")
    entry.press("Enter")
    expect(fork.locator("[data-control='alpha']")).to_have_attribute("data-value", "0.7")
    fork.get_by_role("button", name="Start").click()
    wait_for_step(page, step, index=1)
    alphas = "[d.session.controls['alpha'].value for d in (dash, dash.forks[0])]"
    whole, split = notebook.value(alphas)
    assert split == 0.7
    assert whole != 0.7
    assert notebook.value("dash.session.status.state.value") == "paused"
    page.get_by_role("button", name="Close this fork").click()
    expect(fork).to_have_count(0)
    assert notebook.value("len(dash.forks)") == 0


def test_a_snapshot_is_kept_named_and_pinned(notebook):
    page, now = notebook.page, number(notebook.page, "step")
    page.get_by_role("button", name="Keep a snapshot").click()
    item(notebook, f"step {now:,}: snapshot “kept at step {now}”").press("Enter")
    form = dialog(notebook).get_by_role("form", name="Snapshot")
    expect(form.get_by_label("Pin")).to_be_disabled()
    form.get_by_label("Name").fill("before lunch")
    form.get_by_label("Name").press("Enter")
    expect(dialog(notebook).locator("h3")).to_have_text(f"Snapshot “before lunch” · step {now:,}")
    press(notebook, "Cancel")
    expect(page.locator(".rail .labels .below", has_text="before lunch")).to_be_visible()
    assert notebook.value("[(s.step, s.is_pinned) for s in dash.session.snapshots if s.name == 'before lunch']") == [
        (now, True)
    ]
    point(notebook, 0.3)
    step = named_step(notebook)
    dialog(notebook).get_by_label("Pin").check()
    expect(dialog(notebook).locator("h3")).to_have_text(f"Snapshot · step {step:,}")
    press(notebook, "Cancel")
    expect(item(notebook, f"step {step:,}: pinned snapshot")).to_have_count(1)
    assert step in notebook.value("[s.step for s in dash.session.snapshots if s.is_pinned and not s.name]")


def test_a_change_stands_on_the_line(notebook):
    page = notebook.page
    drag(page, "l1", 0.5)
    page.get_by_role("button", name="Step", exact=True).click()
    wait_until_applied(page, "l1")
    mark = page.locator(".rail button.mark").last
    expect(mark).to_have_attribute("aria-label", re.compile("l1 0 → "))
    mark.hover()
    expect(page.locator(".rail .tip")).to_contain_text("l1 0 → ")
    mark.click()
    assert named_step(notebook) < number(page, "step")
    press(notebook, "Cancel")


def test_keyboard_alone(notebook):
    page, now = notebook.page, number(notebook.page, "step")
    page.get_by_role("button", name="Keep a snapshot").focus()
    page.keyboard.press("Shift+Tab")
    focused = page.locator(".rail button:focus")
    expect(focused).to_have_count(1)
    page.keyboard.press("End")
    newest = focused.get_attribute("aria-label")
    page.keyboard.press("ArrowLeft")
    expect(focused).not_to_have_attribute("aria-label", newest)
    expect(page.locator(".rail .tip")).to_be_visible()
    page.keyboard.press("Home")
    expect(focused).to_have_attribute("aria-label", re.compile("^step 0: "))
    page.keyboard.press("Enter")
    assert named_step(notebook) == 0
    page.keyboard.press("Escape")
    expect(dialog(notebook)).to_be_hidden()
    assert number(page, "step") == now
    expect(focused).to_have_attribute("aria-label", re.compile("^step 0: "))
    page.keyboard.press("Enter")
    expect(dialog(notebook).get_by_role("button", name="Rewind", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".mixviz")).to_have_attribute("data-step", "0")
    assert notebook.value("dash.session.status.step") == 0
