import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { element } from "../../elements";
import type { PanelFrame } from "../../messages";
import { HeatMapView } from "../../views/heat_map";
import { HistogramView } from "../../views/histogram";
import type { Surroundings } from "../../views/panel";
import { TopicMapView } from "../../views/topic_map";
import { addCanvas, surroundings } from "../fake_dashboard";

const floats = (values: number[]) => new Float32Array(values).buffer;
const SIZE = { clientWidth: 400, clientHeight: 300 };

beforeEach(() => {
  for (const [name, value] of Object.entries(SIZE)) {
    vi.spyOn(HTMLElement.prototype, name as "clientWidth", "get").mockReturnValue(value);
  }
});
afterEach(() => vi.restoreAllMocks());

function around() {
  const fake = surroundings();
  const say = vi.fn();
  return { ...fake, say, around: { ...fake.around, say } as Surroundings };
}

const press = (target: Element, key: string) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
  return event;
};

const MAP: PanelFrame = {
  id: "topic_map",
  kind: "topic_map",
  names: ["film", "war", 'love "x"'],
  nearest: [
    [1, 2],
    [0, 2],
    [0, 1],
  ],
  words: [["film", "actor"], ["war"], ["love"]],
  note: "27% on these axes",
  buffers: [floats([-1, 0, 1, 0, 0, 1]), floats([0.5, 0.3, 0.2])],
};

function topicMap() {
  const { say, ask, around: given } = around();
  const view = new TopicMapView("topic_map", given);
  const page = element("main", { class: "grid" }, view.el);
  view.draw(MAP);
  return { view, say, ask, page, svg: view.svg() };
}

test("a line leads to a label that stands far from its circle", () => {
  const view = new TopicMapView("topic_map", around().around);
  const n = 14;
  const places = Array.from({ length: n }, (_, i) => (i < 12 ? [0.1 * i, 0] : [8, i < 13 ? 3 : -3]));
  const names = places.map(() => "leading");
  const buffers = [floats(places.flat()), floats(names.map(() => 1 / n))];
  view.draw({ ...MAP, names, nearest: names.map(() => []), words: names.map(() => []), buffers });
  const lines = [...view.svg().querySelectorAll(".leader")].map((line) => line.getAttribute("d")!);
  const texts = [...view.svg().querySelectorAll(".label text")];
  const ends = lines.flatMap((d, i) => (d ? [[d, `M0 0V${texts[i]!.getAttribute("y")}`]] : []));
  expect(ends.length).toBeGreaterThan(2);
  for (const [d, wanted] of ends) expect(d).toBe(wanted);
});

test("a map has a circle for each topic", () => {
  const { svg, say } = topicMap();
  expect(svg.querySelectorAll("circle")).toHaveLength(3);
  expect(svg.textContent).toContain("0 film");
  expect(svg.getAttribute("aria-label")).toContain("3 topics");
  expect(say).toHaveBeenLastCalledWith({ note: "27% on these axes" });
});

test("arrow keys walk through topics, and say what is there and near", () => {
  const { svg, say, view } = topicMap();
  press(svg, "ArrowRight");
  expect(say.mock.lastCall![0].note).toBe('0 film: 50 % · film, actor · near 1 war, 2 love "x"');
  expect(svg.querySelectorAll(".topic.chosen, .topic.near")).toHaveLength(3);
  expect(view.el.querySelector(".spoken")!.textContent).toContain("0 film");
  press(svg, "ArrowLeft");
  expect(say.mock.lastCall![0].note).toContain("2 love");
  expect(view.el.querySelector(".detail")!.textContent).toContain("near: 0 film, 1 war");
  expect(press(svg, "Escape").defaultPrevented).toBe(true);
  expect(say).toHaveBeenLastCalledWith({ note: "27% on these axes" });
  expect(press(svg, "Escape").defaultPrevented).toBe(false);
});

test("Enter ranks the words of the topic matrix of the same dashboard, not of a fork below", () => {
  const { svg, ask, page } = topicMap();
  const fork = element("section", { "data-kind": "topic_matrix", "data-panel": "fork's" });
  document.body.replaceChildren(element("div", { class: "mixviz" }, page, fork));
  press(svg, "ArrowRight");
  press(svg, "Enter");
  expect(ask).not.toHaveBeenCalled();
  page.append(element("section", { "data-kind": "topic_matrix", "data-panel": "matrix:2" }));
  press(svg, "ArrowRight");
  press(svg, "Enter");
  expect(ask).toHaveBeenCalledExactlyOnceWith("configure", { panel: "matrix:2", options: { rank_by: 1 } });
});

test("what was chosen stays chosen in the next frame, unless there are fewer topics", () => {
  const { svg, view, say } = topicMap();
  press(svg, "End");
  view.draw(MAP);
  expect(say.mock.lastCall![0].note).toContain("2 love");
  view.draw({
    ...MAP,
    names: ["film"],
    nearest: [[]],
    words: [["film"]],
    buffers: [floats([0, 0]), floats([1])],
  });
  expect(svg.querySelectorAll("circle")).toHaveLength(1);
  expect(say).toHaveBeenLastCalledWith({ note: "27% on these axes" });
});

test("circles are kept from frame to frame, so that they can glide", () => {
  const { svg, view } = topicMap();
  const [first] = svg.querySelectorAll(".topic");
  const before = first!.getAttribute("transform");
  view.draw({ ...MAP, buffers: [floats([-1, 0.5, 1, 0, 0, 1]), floats([0.5, 0.3, 0.2])] });
  expect(svg.querySelector(".topic")).toBe(first);
  expect(first!.getAttribute("transform")).not.toBe(before);
});

test("a map as CSV", () => {
  const [head, , , love] = topicMap().view.csv().split("\r\n");
  expect(head).toBe("topic,name,share,x,y,words");
  expect(love).toMatch(/^2,"love ""x""",0\.2\d*,0,1,love$/);
});

const BARS: PanelFrame = {
  id: "histogram",
  kind: "histogram",
  of: "topic sizes",
  axis: "linear",
  low: 0,
  high: 1,
  is_log: false,
  is_whole: false,
  note: "6 values",
  buffers: [new Float64Array([1, 0, 5, 0]).buffer],
};

test("a histogram draws its bars, and says the range and count of the chosen one", () => {
  const { around: given, say } = around();
  const view = new HistogramView("histogram", given);
  view.draw(BARS);
  const svg = view.svg();
  expect(svg.querySelector(".bars")!.getAttribute("d")!.match(/z/g)).toHaveLength(2);
  press(svg, "ArrowRight");
  expect(say).toHaveBeenLastCalledWith({ note: "0 to 0.25: 1 value" });
  press(svg, "ArrowLeft");
  expect(say).toHaveBeenLastCalledWith({ note: "0.75 to 1: 0 values" });
  expect(svg.querySelector(".column")!.getAttribute("d")).not.toBe("");
  svg.dispatchEvent(new FocusEvent("blur"));
  expect(say).toHaveBeenLastCalledWith({ note: "6 values" });
  expect(view.csv()).toBe("from,to,count\r\n0,0.25,1\r\n0.25,0.5,0\r\n0.5,0.75,5\r\n0.75,1,0\r\n");
});

test("a histogram of nothing yet draws nothing", () => {
  const { around: given, say } = around();
  const view = new HistogramView("histogram", given);
  view.draw({ ...BARS, note: "no x yet", buffers: [new ArrayBuffer(0)] });
  expect(view.svg().querySelector(".bars")!.getAttribute("d")).toBe("");
  expect(press(view.svg(), "ArrowRight").defaultPrevented).toBe(false);
  expect(say).toHaveBeenLastCalledWith({ note: "no x yet" });
  expect(view.csv()).toBe("from,to,count\r\n");
  const nothing = view.el.querySelector<HTMLElement>(".nothing")!;
  expect([nothing.textContent, nothing.hidden, view.svg().style.visibility]).toEqual([
    "no data yet",
    false,
    "hidden",
  ]);
  view.draw(BARS);
  expect([nothing.hidden, view.svg().style.visibility]).toEqual([true, ""]);
});

const HEAT: PanelFrame = {
  id: "heat_map",
  kind: "heat_map",
  of: "table",
  shape: [3, 2],
  cells: [2, 2],
  low: 0,
  high: 3,
  labels: null,
  note: "3 × 2",
  buffers: [floats([0, 1, 2, NaN])],
};

test("a heat map says row, column and value of the chosen cell", () => {
  const context = addCanvas();
  const { around: given, say } = around();
  const view = new HeatMapView("heat_map", given);
  view.draw(HEAT);
  expect(context["drawImage"]).toHaveBeenCalledOnce();
  for (const key of ["ArrowRight", "ArrowRight"]) press(view.canvas(), key);
  expect(say).toHaveBeenLastCalledWith({ note: "rows 0 to 1, column 1: 1" });
  press(view.canvas(), "ArrowDown");
  expect(say).toHaveBeenLastCalledWith({ note: "row 2, column 1: not a number" });
  expect(context["strokeRect"]).toHaveBeenCalled();
  expect(view.csv()).toBe(",0,1\r\n0,0,1\r\n2,2,\r\n");
});

test("a heat map of nothing yet is empty", () => {
  const context = addCanvas();
  const { around: given, say } = around();
  const view = new HeatMapView("heat_map", given);
  view.draw({ ...HEAT, shape: [0, 0], cells: [0, 0], note: "no x yet", buffers: [new ArrayBuffer(0)] });
  expect(context["drawImage"]).not.toHaveBeenCalled();
  expect(press(view.canvas(), "ArrowRight").defaultPrevented).toBe(false);
  expect(say).toHaveBeenLastCalledWith({ note: "no x yet" });
  view.dispose();
});

test("a heat map follows the theme, a drawing that missed a frame catches up", () => {
  const context = addCanvas();
  const heat = new HeatMapView("heat_map", around().around);
  const bars = new HistogramView("histogram", around().around);
  document.body.replaceChildren(heat.el, bars.el);
  heat.draw(HEAT);
  heat.check();
  expect(context["drawImage"]).toHaveBeenCalledOnce();
  document.body.style.color = "red";
  heat.check();
  expect(context["drawImage"]).toHaveBeenCalledTimes(2);
  document.body.style.color = "";
  const width = vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(0);
  bars.draw(BARS);
  const map = new TopicMapView("topic_map", around().around);
  map.draw(MAP);
  expect(map.svg().hasAttribute("viewBox")).toBe(false);
  width.mockReturnValue(SIZE.clientWidth);
  bars.check();
  map.check();
  expect(bars.svg().querySelector(".bars")!.getAttribute("d")).not.toBeNull();
  expect(map.svg().getAttribute("viewBox")).toBe("0 0 400 300");
});
