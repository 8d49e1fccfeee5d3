// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { DocumentsView } from "../../views/documents";
import { frame, surroundings } from "../fake_dashboard";

const ITEMS = [
  { row: 7, title: "Jaws", label: "horror", value: "83 %", bar: 0.83, words: ["shark", "sea"] },
  { row: 2, title: 'A "film", quoted', label: "", value: "41 %", bar: 0.41, words: ["film"] },
  { row: 9, title: "Alien", label: "", value: "40 %", bar: 0.4, words: [] },
];

let view: DocumentsView;
beforeEach(() => {
  view = new DocumentsView("documents", { ...surroundings().around, say: () => undefined });
  document.body.replaceChildren(view.el);
  view.draw(frame("documents", { items: ITEMS, measure: "share" }));
});

const chosen = () => view.el.querySelector('[aria-selected="true"] .title')?.textContent;
const press = (key: string) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  view.el.dispatchEvent(event);
  return event.defaultPrevented;
};

test("each document shows title, label, share and words", () => {
  const [first, second] = view.el.querySelectorAll("li");
  expect(first!.textContent).toBe("Jawshorror83 %shark, sea");
  expect(first!.querySelector<HTMLElement>(".bar")!.style.getPropertyValue("--part")).toBe("0.83");
  expect(second!.querySelector<HTMLElement>(".label")!.hidden).toBe(true);
});

test("arrow keys choose a document, a click does, and Escape lets go", () => {
  expect(press("ArrowDown")).toBe(true);
  expect(chosen()).toBe("Jaws");
  press("End");
  press("ArrowDown");
  expect(chosen()).toBe("Alien");
  expect(view.el.getAttribute("aria-activedescendant")).toBe(view.el.querySelectorAll("li")[2]!.id);
  press("ArrowUp");
  expect(chosen()).toBe('A "film", quoted');
  expect(press("Escape")).toBe(true);
  expect(chosen()).toBeUndefined();
  expect(press("Escape")).toBe(false);
  expect(press("x")).toBe(false);
  view.el.querySelector<HTMLElement>("li .words")!.click();
  expect(chosen()).toBe("Jaws");
  view.el.querySelector<HTMLElement>("li")!.click();
  expect(chosen()).toBeUndefined();
});

test("the chosen document stays chosen while the list changes, until it is gone", () => {
  press("ArrowDown");
  view.draw(frame("documents", { items: [...ITEMS].reverse(), measure: "share" }));
  expect(chosen()).toBe("Jaws");
  view.draw(frame("documents", { items: ITEMS.slice(1), measure: "share" }));
  expect(chosen()).toBeUndefined();
  expect(view.el.hasAttribute("aria-activedescendant")).toBe(false);
});

test("no documents: it says so", () => {
  view.draw(frame("documents", { items: [], measure: "count" }));
  expect(view.el.textContent).toBe("No document.");
  expect(press("ArrowDown")).toBe(false);
  view.el.querySelector<HTMLElement>("li")!.click();
  expect(view.el.hasAttribute("aria-activedescendant")).toBe(false);
});

test("CSV lists what is shown", () => {
  expect(view.csv().split("\r\n").slice(0, 3)).toEqual([
    "document,title,label,share,words",
    "7,Jaws,horror,83 %,shark sea",
    '2,"A ""film"", quoted",,41 %,film',
  ]);
});

test("a document stays the same element from frame to frame, so that a click between two of them finds it", () => {
  const [jaws, second] = view.el.querySelectorAll<HTMLElement>("li");
  const amount = jaws!.querySelector(".amount")!;
  const [first, ...others] = ITEMS;
  view.draw(
    frame("documents", { items: [ITEMS[1], { ...first, value: "80 %", bar: 0.8 }], measure: "share" }),
  );
  expect([...view.el.children]).toEqual([second, jaws]);
  expect([amount.isConnected, amount.textContent]).toEqual([true, "80 %"]);
  view.draw(frame("documents", { items: others, measure: "share" }));
  expect(jaws!.isConnected).toBe(false);
});
