import { beforeEach, expect, test, vi } from "vitest";
import { download, panelImage } from "../../export";
import { Panel, type PanelLine } from "../../views/panel";
import { Plain, addPopovers, frame, setting, surroundings } from "../fake_dashboard";

vi.mock("../../export", () => ({
  download: vi.fn(),
  panelImage: vi.fn(async () => new Blob(["png"])),
  svgText: () => "<svg/>",
}));
addPopovers();

const LINE: PanelLine = {
  ...{ id: "p1", kind: "plain", title: "likelihood", x: 0, y: 0, w: 4, h: 6 },
  settings: [
    setting("choice", "log", { choices: ["linear", "log"], label: "Axis", help: "How steps are spaced" }),
    setting("many", ["b"], { choices: ["a", "b", "c"] }),
    setting("number", 0.5, { low: 0, high: 1 }),
    setting("switch", true),
    setting("text", "hello"),
  ],
};

let world: ReturnType<typeof surroundings>;
let panel: Panel;
const text = (selector: string) => panel.el.querySelector(selector)?.textContent;
const field = <T = HTMLInputElement>(name: string) => panel.el.querySelector(`[name="${name}"]`) as T;
const lines = () => [...panel.el.querySelectorAll<HTMLElement>("[role=menuitem]")];
const openMenu = () => panel.el.querySelector<HTMLElement>(".more")!.click();
const settled = () => new Promise((resolve) => setTimeout(resolve));
const choose = (label: string) =>
  lines()
    .find(({ textContent }) => textContent === label)!
    .click();

function change(input: HTMLInputElement, values: Partial<HTMLInputElement>) {
  Object.assign(input, values);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

beforeEach(() => {
  vi.clearAllMocks();
  world = surroundings();
  panel = new Panel(LINE, Plain, world.around);
  panel.describe(LINE, false);
  document.body.replaceChildren(panel.el);
});

test("its head says what the frame says, and what the view says between frames", () => {
  panel.draw(frame("p1", { text: "drawn", note: "since step 1", value: "−8" }));
  expect([text("h3"), text(".note"), text(".value"), text(".plain")]).toEqual([
    "likelihood",
    "since step 1",
    "−8",
    "drawn",
  ]);
  (panel.view as Plain).around.say({ title: "density", note: "film, story" });
  expect([text("h3"), text(".note"), text(".value")]).toEqual(["density", "film, story", "−8"]);
  expect(panel.el.getAttribute("aria-label")).toBe("density");
  expect(panel.grip.getAttribute("aria-label")).toBe("Move density with the arrow keys");
});

test("its title says on hover what it means", () => {
  (panel.view as Plain).around.say({ help: "per token" });
  panel.draw(frame("p1", { text: "drawn" }));
  expect(panel.el.querySelector("h3")!.title).toBe("per token");
});

test("a frame that cannot be drawn shows its error, and the drawing stays", () => {
  panel.draw(frame("p1", { text: "drawn" }));
  panel.draw(frame("p1", { is_bad: true }));
  expect([text(".error p"), text(".plain")]).toEqual(["Error: cannot draw that", "drawn"]);
  panel.draw(frame("p1", { error: { message: "ZeroDivisionError: no", traceback: "Traceback" } }));
  expect(text(".error p")).toBe("ZeroDivisionError: no");
  panel.draw(frame("p1", { text: "again" }));
  expect([text(".error p"), text(".plain")]).toEqual([undefined, "again"]);
});

test("each setting has its field, which asks for the change", () => {
  openMenu();
  expect([field<HTMLSelectElement>("choice").value, field("number").value]).toEqual(["log", "0.5"]);
  expect([field("number").min, field("number").max, field("number").step]).toEqual(["0", "1", "any"]);
  expect([field("many/a").checked, field("many/b").checked]).toEqual([false, true]);
  expect(panel.el.querySelector<HTMLElement>("label[title]")!.title).toBe("How steps are spaced");
  change(field("choice"), { value: "linear" });
  change(field("many/a"), { checked: true });
  change(field("many/b"), { checked: false });
  change(field("number"), { value: "0.25" });
  change(field("switch"), { checked: false });
  change(field("text"), { value: "new" });
  change(field("number"), { value: "" });
  expect(world.ask.mock.calls).toEqual([
    ["configure", { panel: "p1", options: { choice: "linear" } }],
    ["configure", { panel: "p1", options: { many: ["b", "a"] } }],
    ["configure", { panel: "p1", options: { many: [] } }],
    ["configure", { panel: "p1", options: { number: 0.25 } }],
    ["configure", { panel: "p1", options: { switch: false } }],
    ["configure", { panel: "p1", options: { text: "new" } }],
  ]);
  expect(field("number").value).toBe("0.5");
});

test("an open menu follows the kernel, with the focus where it was; a refusal brings back what holds", () => {
  openMenu();
  field("text").focus();
  panel.describe({ ...LINE, settings: [setting("text", "from the kernel")] }, false);
  expect([field("text").value, document.activeElement]).toEqual(["from the kernel", field("text")]);
  field("text").value = "not allowed";
  panel.refused();
  expect(field("text").value).toBe("from the kernel");
  expect((panel.view as Plain).refused).toHaveBeenCalled();
});

test("the menu asks for what it says, and is walked with the arrow keys", () => {
  openMenu();
  expect(lines().map(({ textContent }) => textContent)).toEqual([
    "Maximise",
    "Move",
    "Resize",
    "Save PNG",
    "Remove",
  ]);
  const key = (name: string) =>
    document.activeElement!.dispatchEvent(
      new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }),
    );
  lines()[0]!.focus();
  key("ArrowDown");
  expect(document.activeElement!.textContent).toBe("Move");
  key("End");
  key("ArrowDown");
  expect(document.activeElement!.textContent).toBe("Maximise");
  key("ArrowUp");
  expect(document.activeElement!.textContent).toBe("Remove");
  choose("Maximise");
  openMenu();
  choose("Remove");
  expect(world.ask.mock.calls).toEqual([
    ["maximise", { panel: "p1" }],
    ["remove", { panel: "p1" }],
  ]);
});

test("a click on the menu's button that was called off does not cost the next key its effect", () => {
  openMenu();
  const more = panel.el.querySelector<HTMLElement>(".more")!;
  more.dispatchEvent(new Event("pointerdown")); // and up elsewhere, which closes the menu
  panel.el.querySelector<HTMLElement>(".menu")!.togglePopover(false);
  more.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  more.click();
  expect(more.getAttribute("aria-expanded")).toBe("true");
});

test("Move and Resize put the focus on the handles", () => {
  openMenu();
  choose("Move");
  expect(document.activeElement).toBe(panel.grip);
  openMenu();
  choose("Resize");
  expect(document.activeElement).toBe(panel.corner);
});

test("a maximised panel offers to be restored", () => {
  panel.describe(LINE, true);
  panel.el.querySelector<HTMLElement>(".restore")!.click();
  openMenu();
  expect(lines().map(({ textContent }) => textContent)).toEqual(["Restore", "Save PNG", "Remove"]);
  expect(world.ask.mock.calls).toEqual([["maximise", { panel: null }]]);
});

test("only what the view can be saved as is offered, under the panel's name", async () => {
  Object.assign(panel.view, { csv: () => "step,value\n", svg: () => document.createElement("svg") });
  openMenu();
  choose("Save CSV");
  openMenu();
  choose("Save SVG");
  openMenu();
  choose("Save PNG");
  await settled();
  expect(vi.mocked(download).mock.calls).toEqual([
    ["mixviz-likelihood.csv", "step,value\n", "text/csv"],
    ["mixviz-likelihood.svg", "<svg/>", "image/svg+xml"],
    ["mixviz-likelihood.png", expect.any(Blob)],
  ]);
});

test("what is saved is the drawing of now; where there is none yet, that is said", () => {
  const svg = vi.fn((): Element | null => null);
  Object.assign(panel.view, { svg });
  openMenu();
  expect(svg).not.toHaveBeenCalled();
  choose("Save SVG");
  expect(world.report).toHaveBeenCalledWith(new Error("there is no drawing here yet"));
  expect(svg).toHaveBeenCalledOnce();
});

test("the focus goes on from Restore", () => {
  panel.describe(LINE, true);
  panel.el.querySelector<HTMLElement>(".restore")!.focus();
  panel.describe(LINE, false);
  expect(document.activeElement).toBe(panel.el.querySelector(".more"));
});

test("a picture that fails is reported", async () => {
  const error = new Error("too large");
  vi.mocked(panelImage).mockRejectedValueOnce(error);
  openMenu();
  choose("Save PNG");
  await settled();
  expect(world.report).toHaveBeenCalledWith(error);
});
