"""The dashboard without a mouse, and against the rules of WCAG 2 that a program can check."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.lab import LabNotebook
from tests.browser.steering import FIRST_START_S, STEER, TRAINING, eventually, wait_for_step

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
CHECK = """async () => {
    const { passes, violations } = await axe.run(".mixviz", { runOnly: ["wcag2a", "wcag2aa"] });
    const { nodes } = passes.find(({ id }) => id === "color-contrast") ?? { nodes: [] };
    const measured = nodes.filter(({ any }) => any.some(({ data }) => data?.contrastRatio));
    const described = ({ id, nodes }) => nodes.map((node) => [id, node.target.join(" "), node.failureSummary]);
    return [measured.length, violations.flatMap(described)];
}"""
HAS_HEIGHT = "html, body { height: 100% }"
"""JupyterLab's body has none and hides what reaches out of it, so axe-core takes the whole page for hidden."""
MAX_TABS = 200


@pytest.fixture(scope="module")
def notebook(open_for_module) -> LabNotebook:
    notebook = open_for_module([STEER], TRAINING, FIRST_START_S)
    wait_for_step(notebook.page, 10)
    load_axe(notebook.page)
    return notebook


def load_axe(page: Page) -> None:
    page.add_script_tag(content=AXE.read_text())
    page.add_style_tag(content=HAS_HEIGHT)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(notebook, theme):
    notebook.set_theme(theme)
    eventually(notebook.page, lambda: axe_finds_nothing(notebook.page))


def axe_finds_nothing(page: Page) -> None:
    n_contrasts, violations = page.evaluate(CHECK)
    assert violations == []
    assert n_contrasts >= 20, "JupyterLab covers the page while it changes its theme"


def tab_to(notebook: LabNotebook, selector: str) -> None:
    """Press Tab until an element that matches has the focus, and make sure that one sees it."""
    page = notebook.page
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            break
    else:
        pytest.fail(f"{MAX_TABS} times Tab did not reach {selector}")
    focused = page.locator(f"{selector}:focus")
    box = focused.bounding_box()
    assert box is not None
    around = {"x": box["x"] - 5, "y": box["y"] - 5, "width": box["width"] + 10, "height": box["height"] + 10}
    element = focused.element_handle()
    with_focus = page.screenshot(clip=around)
    element.evaluate("el => el.blur()")
    without = page.screenshot(clip=around)
    element.focus()
    assert with_focus != without, f"nothing shows that {selector} has the focus"


def test_by_keyboard_alone(notebook):
    page = notebook.page
    page.mouse.move(0, 0)
    page.locator(".mixviz").evaluate("el => { el.tabIndex = -1; el.focus(); el.removeAttribute('tabindex') }")
    tab_to(notebook, ".mixviz button.main")
    page.keyboard.press("Enter")
    page.locator(".bar[data-state='paused']").wait_for()
    assert notebook.value("dash.session.status.state.value") == "paused"
    tab_to(notebook, "[data-control='l1'] input[type=range]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => Number(document.querySelector(\"[data-control='l1']\").dataset.value) > 0")
    assert notebook.value("dash.session.controls['l1'].value") > 0
    tab_to(notebook, "[data-panel] > header button[aria-haspopup]")
    title = page.evaluate("document.activeElement.closest('[data-panel]').getAttribute('aria-label')")
    page.keyboard.press("Enter")
    maximise = page.get_by_role("menuitem", name="Maximise")
    maximise.wait_for()
    for _ in range(MAX_TABS):
        if maximise.evaluate("el => el === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".mixviz .maximised").wait_for()
    assert page.locator(".mixviz .maximised").get_attribute("aria-label") == title
