// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { DocumentsView } from "../../views/documents";
import { frame, surroundings } from "../fake_dashboard";

const ITEMS = [
  { row: 7, title: "Jaws", label: "horror", amount: 0.8312, bar: 0.83, words: ["shark", "sea"] },
  { row: 2, title: 'A "film", quoted', label: "", amount: 0.41, bar: 0.41, words: ["film"] },
  { row: 9, title: "Alien", label: "", amount: 0.4, bar: 0.4, words: [] },
];

const all = { items: ITEMS, measure: "share", caption: "all 60 documents sampled" };

let view: DocumentsView;
let list: HTMLElement;
beforeEach(() => {
  view = new DocumentsView("documents", { ...surroundings().around, say: () => undefined });
  document.body.replaceChildren(view.el);
  list = view.el.querySelector("ul")!;
  view.draw(frame("documents", all));
});

const chosen = () => view.el.querySelector('[aria-selected="true"] .title')?.textContent;
const press = (key: string) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  list.dispatchEvent(event);
  return event.defaultPrevented;
};

test("each document shows title, label, share and words", () => {
  const [first, second] = view.el.querySelectorAll("li");
  expect(first!.textContent).toBe("Jawshorror83%shark, sea");
  expect(first!.querySelector<HTMLElement>(".bar")!.style.getPropertyValue("--part")).toBe("0.83");
  expect(second!.querySelector<HTMLElement>(".label")!.hidden).toBe(true);
});

test("a count is read off with a sign and saved as a number; the caption says of how many documents", () => {
  const items = [{ ...ITEMS[0], amount: 59, bar: 1 }];
  view.draw(frame("documents", { items, measure: "count", caption: "in 666 of 4,189 documents" }));
  expect(view.el.querySelector(".amount")!.textContent).toBe("59×");
  expect(view.csv()).toBe("document,title,label,count,words\r\n7,Jaws,horror,59,shark sea\r\n");
  expect(view.el.querySelector(".caption")!.textContent).toBe("in 666 of 4,189 documents");
});

test("names without spaces keep their end where there is no room, titles their beginning; both stand in full on hover", () => {
  const items = [{ ...ITEMS[0], title: "numpy.polynomial.hermite.hermfit" }, ITEMS[1]];
  view.draw(frame("documents", { ...all, items }));
  const titles = [...view.el.querySelectorAll<HTMLElement>(".title")];
  expect(titles.map((title) => title.classList.contains("path"))).toEqual([true, false]);
  expect(titles.map(({ title }) => title)).toEqual(["numpy.polynomial.hermite.hermfit", 'A "film", quoted']);
});

test("arrow keys choose a document, a click does, and Escape lets go", () => {
  expect(press("ArrowDown")).toBe(true);
  expect(chosen()).toBe("Jaws");
  press("End");
  press("ArrowDown");
  expect(chosen()).toBe("Alien");
  expect(list.getAttribute("aria-activedescendant")).toBe(view.el.querySelectorAll("li")[2]!.id);
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
  view.draw(frame("documents", { ...all, items: [...ITEMS].reverse() }));
  expect(chosen()).toBe("Jaws");
  view.draw(frame("documents", { ...all, items: ITEMS.slice(1) }));
  expect(chosen()).toBeUndefined();
  expect(list.hasAttribute("aria-activedescendant")).toBe(false);
});

test("no documents: it says so", () => {
  view.draw(frame("documents", { ...all, items: [], measure: "count" }));
  expect(list.textContent).toBe("No document.");
  expect(press("ArrowDown")).toBe(false);
  view.el.querySelector<HTMLElement>("li")!.click();
  expect(list.hasAttribute("aria-activedescendant")).toBe(false);
});

test("CSV lists what is shown", () => {
  expect(view.csv().split("\r\n").slice(0, 3)).toEqual([
    "document,title,label,share,words",
    "7,Jaws,horror,0.8312,shark sea",
    '2,"A ""film"", quoted",,0.41,film',
  ]);
});

test("a document stays the same element from frame to frame, so that a click between two of them finds it", () => {
  const [jaws, second] = view.el.querySelectorAll<HTMLElement>("li");
  const amount = jaws!.querySelector(".amount")!;
  const [first, ...others] = ITEMS;
  view.draw(frame("documents", { ...all, items: [ITEMS[1], { ...first, amount: 0.8, bar: 0.8 }] }));
  expect([...list.children]).toEqual([second, jaws]);
  expect([amount.isConnected, amount.textContent]).toEqual([true, "80%"]);
  view.draw(frame("documents", { ...all, items: others }));
  expect(jaws!.isConnected).toBe(false);
});
