// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { layout } from "../../charts/topic_geometry";
import type { PanelFrame } from "../../messages";
import { TopicMatrixView } from "../../views/topic_matrix";
import { surroundings } from "../fake_dashboard";

const WORDS = ["film", "war", "love"];
const TOPICS = ["film", "war", "love film", "war love"];
const ROOM = { width: 600, height: 400 };

/** Each topic's heaviest word is another one: 0 film, 1 war, 2 love, 3 war. */
const WEIGHTS = new Float32Array([0.5, 0.1, 0.2, 0.1, 0.3, 0.6, 0.1, 0.5, 0.1, 0.3, 0.7, 0.3]);

function frame(more: Record<string, unknown> = {}): PanelFrame {
  return {
    id: "topic_matrix",
    kind: "topic_matrix",
    words: WORDS,
    topics: TOPICS,
    automatic: TOPICS,
    numbers: [0, 1, 2, 3],
    rank_by: null,
    n_topics: 4,
    n_words: 5000,
    buffers: [WEIGHTS.buffer.slice(0) as ArrayBuffer],
    ...more,
  };
}

let view: TopicMatrixView;
let ask: ReturnType<typeof vi.fn>;
let notes: (string | undefined)[];
let surface: HTMLCanvasElement;
let context: Record<string, unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  context = new Proxy({} as Record<string, unknown>, {
    get: (target, name: string) => (target[name] ??= name === "measureText" ? () => ({ width: 9 }) : vi.fn()),
  });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(ROOM.width);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(ROOM.height);
  notes = [];
  const { around, ask: asked } = surroundings();
  ask = asked;
  view = new TopicMatrixView("topic_matrix", { ...around, say: ({ note }) => notes.push(note) });
  document.body.replaceChildren(view.el);
  surface = view.el.querySelector("canvas")!;
  view.draw(frame());
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const geometry = () => layout({ words: WORDS, topics: TOPICS, weights: WEIGHTS }, ROOM);
const title = (topic: number) => {
  const { left, top, pitch } = geometry();
  return { x: left + (topic + 0.5) * pitch, y: top - 10 };
};
const word = (row: number) => ({ x: 10, y: geometry().top + (row + 0.5) * geometry().row });
const circle = (row: number, topic: number) => ({ x: title(topic).x, y: word(row).y });

function mouse(type: string, { x, y }: { x: number; y: number }, detail = 1): void {
  const event = new MouseEvent(type, { detail, bubbles: true });
  Object.defineProperties(event, { offsetX: { value: x }, offsetY: { value: y } });
  surface.dispatchEvent(event);
}
function press(key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  surface.dispatchEvent(event);
  return event;
}
const rows = () =>
  view
    .csv()
    .trim()
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(",")[0]);

test("the head says how much is shown, and of what", () => {
  expect(notes.at(-1)).toBe("3 of 5,000 words by total weight · 4 topics");
  view.draw(frame({ rank_by: 2, n_topics: 9 }));
  expect(notes.at(-1)).toBe("3 of 5,000 words by love film · 4 of 9 topics");
});

test("a title under the pointer ranks the words, until the pointer leaves", () => {
  mouse("pointermove", title(2));
  expect(rows()).toEqual(["love", "film", "war"]);
  expect(notes.at(-1)).toBe("love film, of these words: love, film, war and no more");
  mouse("pointermove", circle(0, 1));
  expect(rows()).toEqual(["love", "film", "war"]);
  view.draw(frame());
  expect(rows()).toEqual(["love", "film", "war"]);
  mouse("pointerleave", { x: 0, y: 0 });
  expect(rows()).toEqual(WORDS);
});

test("words are named of a topic where its circles can be seen", () => {
  const weights = Float32Array.from([0.5, 0.1, 1e-6, 1e-6, 0.3, 0.6, 2e-6, 1e-6, 0.1, 0.3, 0.7, 1e-6]);
  view.draw(frame({ buffers: [weights.buffer] }));
  mouse("pointermove", title(2));
  expect(notes.at(-1)).toBe("love film, of these words: love and no more");
  mouse("pointermove", title(3));
  expect(notes.at(-1)).toBe("war love: none of these words");
  view.draw(frame({ buffers: [weights.buffer], rank_by: 2 }));
  mouse("pointermove", title(2));
  expect(notes.at(-1)).toBe("love film: love and no more");
});

test("a click on a title pins it and another one unpins it, each once the double click is out of the question", () => {
  mouse("click", title(1));
  expect(ask).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(ask).toHaveBeenCalledExactlyOnceWith("configure", {
    panel: "topic_matrix",
    options: { rank_by: 1 },
  });
  view.draw(frame({ rank_by: 1 }));
  mouse("click", title(1));
  vi.runAllTimers();
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "topic_matrix", options: { rank_by: null } });
});

test("just after it was unpinned, a title under the pointer ranks nothing", () => {
  view.draw(frame({ rank_by: 2 }));
  mouse("click", title(2));
  vi.runAllTimers();
  view.draw(frame());
  mouse("pointermove", title(2));
  expect(rows()).toEqual(WORDS);
  mouse("pointermove", circle(0, 0));
  mouse("pointermove", title(2));
  expect(rows()).toEqual(["love", "film", "war"]);
});

test("a double click renames and pins nothing", () => {
  mouse("click", title(3));
  mouse("click", title(3), 2);
  mouse("dblclick", title(3), 2);
  vi.runAllTimers();
  expect(ask).not.toHaveBeenCalled();
  const box = view.el.querySelector("input")!;
  expect([box.hidden, box.value, box.placeholder]).toEqual([false, "", "war love"]);
  expect(box.getAttribute("aria-label")).toBe("Name of topic 3");
  box.value = " horror ";
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  const options = { names: { 3: "horror" } };
  expect(ask).toHaveBeenCalledExactlyOnceWith("configure", { panel: "topic_matrix", options });
  expect(box.hidden).toBe(true);
});

test("F2 renames the topic at the cursor; Escape leaves it, an empty name takes the given one away", () => {
  view.draw(frame({ topics: ["film", "horror", "love film", "war love"] }));
  press("ArrowRight");
  press("ArrowRight");
  press("F2");
  const box = view.el.querySelector("input")!;
  expect([box.value, box.placeholder]).toEqual(["horror", "war"]);
  box.value = "other";
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect([ask.mock.calls.length, box.hidden]).toEqual([0, true]);
  press("ArrowRight");
  press("ArrowLeft");
  press("F2");
  box.value = "";
  box.dispatchEvent(new FocusEvent("blur"));
  expect(ask).toHaveBeenCalledExactlyOnceWith("configure", {
    panel: "topic_matrix",
    options: { names: { 1: "" } },
  });
});

test("a word's documents are shown where there is a panel for them, else in a new one", () => {
  mouse("click", word(1));
  expect(ask).toHaveBeenLastCalledWith("add", { kind: "documents", options: { word: "war" } });
  const grid = document.createElement("div");
  grid.className = "grid";
  grid.innerHTML = '<section data-kind="documents" data-panel="documents:2"></section>';
  grid.append(view.el);
  mouse("click", circle(2, 3));
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "documents:2", options: { topic: 3 } });
});

test("the keyboard does all of it, and says where it is", () => {
  const said = () => view.el.querySelector("[aria-live]")!.textContent;
  expect(press("ArrowLeft").defaultPrevented).toBe(true);
  expect(said()).toBe("topic war love");
  expect(rows()).toEqual(["war", "love", "film"]);
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "topic_matrix", options: { rank_by: 3 } });
  press("ArrowDown");
  press("ArrowDown");
  expect(said()).toBe("love in war love: 30 %");
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith("add", { kind: "documents", options: { word: "love" } });
  press("Enter", { shiftKey: true });
  expect(ask).toHaveBeenLastCalledWith("add", { kind: "documents", options: { topic: 3 } });
  expect(press("Escape").defaultPrevented).toBe(true);
  expect(rows()).toEqual(WORDS);
  expect(press("Escape").defaultPrevented).toBe(false);
  expect(press("c", { ctrlKey: true }).defaultPrevented).toBe(false);
});

test("the cursor stays at its word and leaves columns that have become others", () => {
  press("ArrowDown");
  view.draw(frame({ words: ["war", "film", "love"] }));
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith("add", { kind: "documents", options: { word: "film" } });
  press("ArrowRight");
  view.draw(frame({ numbers: [4, 1, 2, 3] }));
  press("Enter", { shiftKey: true });
  expect(ask).toHaveBeenLastCalledWith("add", { kind: "documents", options: { word: "film" } });
});

test("CSV has words by topics, and the picture all of the matrix", () => {
  expect(view.csv()).toBe(
    "word,film,war,love film,war love\r\nfilm,0.5,0.1,0.2,0.1\r\nwar,0.3,0.6,0.1,0.5\r\nlove,0.1,0.3,0.7,0.3\r\n",
  );
  const picture = view.canvas();
  expect([picture.width, picture.height]).toEqual([geometry().width, geometry().height].map(Math.round));
});

test("a new theme is followed also where the page was hidden while it came", () => {
  const drawn = () => vi.mocked(context["clearRect"] as () => void).mock.calls.length;
  const width = vi.spyOn(HTMLElement.prototype, "clientWidth", "get");
  view.check();
  const before = drawn();
  view.check();
  expect(drawn()).toBe(before);
  document.body.style.color = "red";
  width.mockReturnValue(0); // as JupyterLab hides itself until the next frame of the page
  view.check();
  expect(drawn()).toBe(before);
  width.mockReturnValue(ROOM.width);
  view.check();
  expect(drawn()).toBe(before + 1);
  document.body.style.color = "";
});

test("a click elsewhere takes the name, and nothing stays chosen", () => {
  mouse("pointermove", title(2));
  mouse("dblclick", title(2), 2);
  const box = view.el.querySelector("input")!;
  mouse("pointerleave", { x: 0, y: 0 });
  expect(rows()).toEqual(["love", "film", "war"]);
  box.value = "romance";
  box.dispatchEvent(new FocusEvent("blur"));
  const options = { names: { 2: "romance" } };
  expect(ask).toHaveBeenCalledExactlyOnceWith("configure", { panel: "topic_matrix", options });
  expect(rows()).toEqual(WORDS);
});

test("a click pins the topic that was clicked, although other columns came meanwhile", () => {
  mouse("click", title(1));
  view.draw(frame({ numbers: [7, 0, 1, 2] }));
  vi.runAllTimers();
  const options = { rank_by: 1 };
  expect(ask).toHaveBeenCalledExactlyOnceWith("configure", { panel: "topic_matrix", options });
});
