import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { element } from "../elements";
import { Grid } from "../grid";
import { addPopovers } from "./fake_dashboard";

addPopovers();
const PLACES = [
  { id: "a", x: 0, y: 0, w: 4, h: 6 },
  { id: "b", x: 4, y: 0, w: 4, h: 6 },
];

const ask = vi.fn();
let grid: Grid;
let items: Record<string, ReturnType<typeof item>>;

function item(id: string) {
  const [grip, corner] = [element("button"), element("button")];
  const head = element("header", {}, grip, element("button", { class: "more" }));
  return { id, head, grip, corner, el: element("section", {}, head, corner) };
}

function show(width: number) {
  grid?.dispose();
  grid = new Grid(ask);
  Object.defineProperty(grid.el, "clientWidth", { value: width, configurable: true });
  items = { a: item("a"), b: item("b") };
  for (const added of Object.values(items)) grid.add(added);
  document.body.replaceChildren(grid.el);
  grid.arrange(PLACES);
}

function pointer(target: Element, type: string, x: number, y: number) {
  target.dispatchEvent(
    new PointerEvent(type, { bubbles: true, pointerId: 1, button: 0, clientX: x, clientY: y }),
  );
}

function drag(target: Element, x: number, y: number) {
  pointer(target, "pointerdown", 10, 10);
  pointer(target, "pointermove", 10 + x / 2, 10 + y / 2);
  pointer(target, "pointermove", 10 + x, 10 + y);
}

const press = (target: HTMLElement, key: string) => {
  target.focus();
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};
const ghost = () => grid.el.querySelector<HTMLElement>(".ghost")!;

beforeEach(() => {
  ask.mockReset();
  show(1310);
});
afterEach(() => grid.dispose());

test("panels stand at their cells, in the order of reading, which the Tab key follows", () => {
  expect(items["b"]!.el.style.gridArea).toBe("1 / 5 / span 6 / span 4");
  items["b"]!.grip.focus();
  grid.arrange([
    { ...PLACES[0]!, y: 6 },
    { ...PLACES[1]!, x: 0 },
  ]);
  expect([...grid.el.querySelectorAll("section")]).toEqual([items["b"]!.el, items["a"]!.el]);
  expect(document.activeElement).toBe(items["b"]!.grip);
});

test("a drag by the head moves a ghost and asks for the place once, on drop", () => {
  const { head, el } = items["a"]!;
  drag(head, 230, 70);
  expect([ghost().hidden, ghost().style.gridArea]).toEqual([false, "3 / 3 / span 6 / span 4"]);
  expect([el.style.gridArea, el.classList.contains("dragged")]).toEqual(["1 / 1 / span 6 / span 4", true]);
  expect(ask).not.toHaveBeenCalled();
  pointer(head, "pointerup", 240, 80);
  expect(ask.mock.calls).toEqual([[{ id: "a", x: 2, y: 2, w: 4, h: 6 }]]);
  expect([ghost().hidden, el.classList.contains("dragged")]).toEqual([true, false]);
});

test("a drag by the corner resizes", () => {
  const { corner } = items["a"]!;
  drag(corner, 120, 34);
  pointer(corner, "pointerup", 130, 44);
  expect(ask.mock.calls).toEqual([[{ id: "a", x: 0, y: 0, w: 5, h: 7 }]]);
});

test("a drag ends with its panel", () => {
  const { head } = items["a"]!;
  drag(head, 230, 70);
  grid.remove("a");
  document.dispatchEvent(new PointerEvent("lostpointercapture", { pointerId: 1 }));
  expect(ghost().hidden).toBe(true);
  expect(ask).not.toHaveBeenCalled();
});

test.each(["Escape", "pointercancel"])("%s calls a drag off", (end) => {
  const { head } = items["a"]!;
  drag(head, 230, 70);
  if (end === "Escape") window.dispatchEvent(new KeyboardEvent("keydown", { key: end, cancelable: true }));
  else pointer(head, end, 0, 0);
  pointer(head, "pointerup", 240, 80);
  expect(ask).not.toHaveBeenCalled();
  expect(ghost().hidden).toBe(true);
});

test("a click, a drag back to where it was, and a press on a button of the head ask for nothing", () => {
  const { head } = items["a"]!;
  pointer(head, "pointerdown", 10, 10);
  pointer(head, "pointermove", 12, 11);
  pointer(head, "pointerup", 12, 11);
  drag(head, 20, 5);
  pointer(head, "pointerup", 30, 15);
  drag(head.querySelector(".more")!, 230, 70);
  pointer(head, "pointerup", 240, 80);
  expect(ask).not.toHaveBeenCalled();
});

test("each arrow key on a handle asks for one place", () => {
  const { grip, corner } = items["a"]!;
  press(grip, "ArrowRight");
  press(corner, "ArrowDown");
  press(corner, "ArrowRight");
  press(grip, "ArrowLeft"); // no column there
  press(grip, "Enter");
  expect(ask.mock.calls).toEqual([
    [{ id: "a", x: 1, y: 0, w: 4, h: 6 }],
    [{ id: "a", x: 0, y: 0, w: 4, h: 7 }],
    [{ id: "a", x: 0, y: 0, w: 5, h: 6 }],
  ]);
});

test("a panel dragged onto one of its size changes places with it", () => {
  const { head } = items["b"]!;
  drag(head, -390, 20);
  expect(ghost().style.gridArea).toBe("1 / 1 / span 6 / span 4");
  pointer(head, "pointerup", -380, 30);
  expect(ask.mock.calls).toEqual([
    [{ id: "b", x: 0, y: 0, w: 4, h: 6 }],
    [{ id: "a", x: 4, y: 0, w: 4, h: 6 }],
  ]);
});

test("a drag selects no text, and afterwards text can be selected again", () => {
  const isSelectable = () => document.dispatchEvent(new Event("selectstart", { cancelable: true }));
  const { head } = items["a"]!;
  pointer(head, "pointerdown", 10, 10);
  expect(isSelectable()).toBe(false);
  pointer(head, "pointerup", 10, 10);
  expect(isSelectable()).toBe(true);
});

test("panels stand at their cells on a dashboard of 700 pixels, and flow only below", () => {
  show(480);
  expect([items["b"]!.el.style.gridArea, grid.el.className]).toEqual(["1 / 5 / span 6 / span 4", "grid"]);
  show(460);
  expect([items["b"]!.el.style.gridArea, grid.el.className]).toEqual([
    "1 / 7 / span 6 / span 6",
    "grid flowing",
  ]);
});

test("where panels flow, one dropped on another changes places with it, and only heights change", () => {
  show(460);
  const { head, corner } = items["b"]!;
  drag(head, 30, 30);
  expect(ghost().style.gridArea).toBe("1 / 1 / span 6 / span 6");
  pointer(head, "pointerup", 40, 40);
  drag(corner, 300, 34);
  pointer(corner, "pointerup", 310, 44);
  press(corner, "ArrowRight"); // nobody would see it
  press(items["a"]!.grip, "ArrowDown");
  expect(ask.mock.calls).toEqual([
    [{ id: "b", x: 0, y: 0, w: 4, h: 6 }],
    [{ id: "a", x: 4, y: 0, w: 4, h: 6 }],
    [{ id: "b", x: 4, y: 0, w: 4, h: 7 }],
    [{ id: "a", x: 4, y: 0, w: 4, h: 6 }],
    [{ id: "b", x: 0, y: 0, w: 4, h: 6 }],
  ]);
});

test("nothing moves while a panel is maximised", () => {
  grid.el.dataset["maximised"] = "a";
  drag(items["a"]!.head, 230, 70);
  pointer(items["a"]!.head, "pointerup", 240, 80);
  press(items["a"]!.corner, "ArrowDown");
  expect(ask).not.toHaveBeenCalled();
});

test("a page that is hidden for a moment stays as narrow as it was", () => {
  show(300);
  const width = () => items["a"]!.el.style.gridArea;
  expect(width()).toContain("span 12");
  Object.defineProperty(grid.el, "clientWidth", { value: 0 });
  grid.arrange(PLACES);
  expect(width()).toContain("span 12");
});

test("another finger that comes and goes drops nothing", () => {
  show(1310);
  const { head } = items["a"]!;
  pointer(head, "pointerdown", 10, 10);
  pointer(head, "pointermove", 340, 300);
  const other = { pointerId: 2, bubbles: true, clientX: 10, clientY: 10 };
  head.dispatchEvent(new PointerEvent("pointerup", other));
  document.dispatchEvent(new PointerEvent("lostpointercapture", other));
  expect([ask.mock.calls.length, ghost().hidden]).toEqual([0, false]);
  pointer(head, "pointerup", 340, 300);
  expect(ask).toHaveBeenCalledOnce();
});

test("a drop that cannot be asked for leaves no ghost", () => {
  show(1310);
  ask.mockImplementationOnce(() => {
    throw new Error("Cannot send");
  });
  const { head } = items["a"]!;
  pointer(head, "pointerdown", 10, 10);
  pointer(head, "pointermove", 340, 10);
  expect(() => pointer(head, "pointerup", 340, 10)).toThrow("Cannot send");
  expect(ghost().hidden).toBe(true);
});
