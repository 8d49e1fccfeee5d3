"""The browser fixtures themselves, on a widget of a few lines."""

from __future__ import annotations

import struct

from tests.browser.steering import eventually

CELLS = [
    "import anywidget, traitlets",
    '''
class Counter(anywidget.AnyWidget):
    _esm = """
    export default {
      render({ model, el }) {
        const button = document.createElement("button");
        button.className = "counter";
        const show = () => { button.dataset.seq = button.textContent = String(model.get("n")); };
        button.onclick = () => { model.set("n", model.get("n") + 1); model.save_changes(); };
        model.on("change:n", show);
        show();
        el.append(button);
      }
    }
    """
    n = traitlets.Int(5).tag(sync=True)
counter = Counter()
counter
''',
]


def test_page_and_kernel_speak_to_each_other(open_notebook):
    notebook = open_notebook(CELLS, "button.counter")
    assert notebook.value("counter.n") == 5
    notebook.page.click("button.counter")
    notebook.wait_for("button.counter[data-seq='6']")
    eventually(notebook.page, lambda: count_is(notebook, 6))  # the page shows it before the kernel hears of it
    notebook.execute("counter.n *= 7")
    notebook.wait_for("button.counter[data-seq='42']")
    assert notebook.value("counter.n") == 42


def count_is(notebook, n):
    assert notebook.value("counter.n") == n


def test_themes_and_screenshots(open_notebook):
    notebook = open_notebook(CELLS, "button.counter")
    pictures = []
    for theme in ("light", "dark"):
        notebook.set_theme(theme)
        pictures.append(notebook.screenshot(f"smoke_{theme}", ".jp-Notebook").read_bytes())
    assert pictures[0] != pictures[1]
    assert min(struct.unpack(">II", pictures[0][16:24])) > 200
