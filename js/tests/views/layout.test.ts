import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Layout } from "../../views/layout";
import { Plain, addPopovers, frame, surroundings } from "../fake_dashboard";

addPopovers();
const line = (id: string, more = {}) => ({
  ...{ id, kind: "plain", title: id, x: 0, y: 0, w: 4, h: 6, settings: [] },
  ...more,
});
const layoutFrame = (panels: object[], more = {}) =>
  frame("layout", { kind: "layout", panels, maximised: null, menu: [], ...more });

let world: ReturnType<typeof surroundings>;
let layout: Layout;
const save = vi.fn();
const shown = () =>
  [...layout.el.querySelectorAll<HTMLElement>(".card")].map(({ dataset }) => dataset["panel"]);
const text = (id: string, selector: string) =>
  layout.el.querySelector(`[data-panel="${id}"] ${selector}`)?.textContent;

beforeEach(() => {
  world = surroundings();
  layout = new Layout(world.around, { plain: Plain }, save);
  document.body.replaceChildren(layout.menu.button, layout.menu.popup, layout.el);
});
afterEach(() => layout.dispose());

test("frames wait for their panel; those of panels that never came are dropped", () => {
  layout.drawPanel(frame("a", { text: "old" }));
  layout.drawPanel(frame("a", { text: "newest" }));
  layout.drawPanel(frame("never", { text: "lost" }));
  expect(shown()).toEqual([]);
  layout.draw(layoutFrame([line("a")]));
  expect(text("a", ".plain")).toBe("newest");
  layout.draw(layoutFrame([line("a"), line("never", { x: 4 })]));
  expect(text("never", ".plain")).toBe("");
});

test("panels come, change their names and go; those that stay are the same", () => {
  layout.draw(layoutFrame([line("a"), line("b", { x: 4 })]));
  const kept = layout.el.querySelector("[data-panel=b]");
  layout.draw(layoutFrame([line("b", { title: "renamed" }), line("c", { x: 4 })]));
  expect(shown()).toEqual(["b", "c"]);
  expect(layout.el.querySelector("[data-panel=b]")).toBe(kept);
  expect(text("b", "h3")).toBe("renamed");
});

test("a panel of a kind this bundle does not know says so, and so does one that throws", () => {
  layout.draw(layoutFrame([line("a", { kind: "hologram" }), line("b", { x: 4 })]));
  layout.drawPanel(frame("a", { kind: "hologram" }));
  layout.drawPanel(frame("b", { is_bad: true }));
  expect(text("a", ".error p")).toContain("no view draws “hologram”");
  expect(text("b", ".error p")).toContain("cannot draw that");
  layout.draw(layoutFrame([line("a"), line("b", { x: 4 })]));
  layout.drawPanel(frame("a", { text: "known now" }));
  expect(text("a", ".plain")).toBe("known now");
});

test("Escape restores a maximised panel", () => {
  const press = () =>
    layout.el
      .querySelector(".card")!
      .dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  layout.draw(layoutFrame([line("a")]));
  press();
  expect(world.ask).not.toHaveBeenCalled();
  layout.draw(layoutFrame([line("a")], { maximised: "a" }));
  expect(layout.el.querySelector(".maximised [class=restore]")?.textContent).toBe("Restore");
  press();
  expect(world.ask.mock.calls).toEqual([["maximise", { panel: null }]]);
});

test("an arrow key on a handle asks for the panel's place", () => {
  layout.draw(layoutFrame([line("a")]));
  layout.el
    .querySelector(".corner")!
    .dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
  expect(world.ask.mock.calls).toEqual([["place", { panel: "a", x: 0, y: 0, w: 4, h: 7 }]]);
});

test("the menu offers panels in groups, and a picture of the whole", () => {
  const offer = (group: string, label: string) => ({
    group,
    label,
    kind: "lines",
    options: { metrics: [label] },
  });
  const menu = [offer("Metrics", "likelihood"), offer("Model", "topics"), offer("Metrics", "density")];
  layout.draw(layoutFrame([], { menu }));
  layout.menu.button.click();
  const groups = [...layout.menu.popup.querySelectorAll("[role=menu]")];
  const headings = [...layout.menu.popup.querySelectorAll(".heading")];
  expect(headings.map(({ textContent }) => textContent)).toEqual(["Metrics"]);
  expect(groups.map((group) => [group.getAttribute("aria-label"), group.childElementCount])).toEqual([
    ["Metrics", 2],
    ["Model", 1],
    ["Dashboard", 1],
  ]);
  layout.menu.popup.querySelectorAll<HTMLElement>("[role=menuitem]")[1]!.click();
  expect(world.ask.mock.calls).toEqual([["add", { kind: "lines", options: { metrics: ["density"] } }]]);
  expect(layout.menu.isOpen).toBe(false);
  layout.menu.button.click();
  layout.menu.popup.querySelector<HTMLElement>(".group:last-child [role=menuitem]")!.click();
  expect(save).toHaveBeenCalledOnce();
});

test("of two lines with one name, the one without a heading says what it is", () => {
  const offer = (group: string, label: string) => ({ group, label, kind: "lines", options: {} });
  const menu = [offer("histogram", "values"), offer("histogram", "sizes"), offer("heat map", "values")];
  layout.draw(layoutFrame([], { menu }));
  layout.menu.button.click();
  const lines = [...layout.menu.popup.querySelectorAll("[role=menuitem]")];
  expect(lines.slice(0, 3).map(({ textContent }) => textContent)).toEqual([
    "values",
    "sizes",
    "values (heat map)",
  ]);
});

test("a panel that is removed hands the focus on", () => {
  layout.draw(layoutFrame([line("a"), line("b", { x: 4 })]));
  layout.el.querySelector<HTMLElement>("[data-panel=a] .more")!.focus();
  layout.draw(layoutFrame([line("b")]));
  expect(document.activeElement).toBe(layout.el.querySelector("[data-panel=b] .more"));
  layout.draw(layoutFrame([]));
  expect(document.activeElement).toBe(layout.menu.button);
});

test("a panel that was asked for here comes into view, with the focus; others do not", () => {
  const scroll = vi.spyOn(HTMLElement.prototype, "scrollIntoView").mockImplementation(() => undefined);
  const menu = [{ group: "lines", label: "density", kind: "plain", options: {} }];
  layout.draw(layoutFrame([line("a")], { menu }));
  layout.draw(layoutFrame([line("a"), line("b", { x: 4 })], { menu }));
  expect(scroll).not.toHaveBeenCalled();
  layout.menu.button.click();
  layout.menu.popup.querySelector<HTMLElement>("[role=menuitem]")!.click();
  layout.draw(layoutFrame([line("a"), line("b", { x: 4 }), line("c", { x: 8 })], { menu }));
  expect(scroll.mock.contexts).toEqual([document.activeElement]);
  expect((document.activeElement as HTMLElement).dataset["panel"]).toBe("c");
  expect(document.activeElement!.classList.contains("new")).toBe(true);
  scroll.mockRestore();
});

test("a panel that fails at its check says so, and the others have their turn", () => {
  const check = vi.spyOn(Plain.prototype, "check");
  check.mockImplementationOnce(() => {
    throw new Error("no canvas");
  });
  layout.draw(layoutFrame([line("a"), line("b", { x: 4 })]));
  layout.check();
  expect(text("a", ".error p")).toBe("Error: no canvas");
  expect(check).toHaveBeenCalledTimes(2);
  check.mockRestore();
});
