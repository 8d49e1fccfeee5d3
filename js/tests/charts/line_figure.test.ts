import { expect, test, vi } from "vitest";
import { LineFigure } from "../../charts/line_figure";
import { linePicture } from "../../charts/line_picture";
import type { WidgetManager } from "../../widget";

function part(state: Record<string, unknown>) {
  const set = vi.fn((values: Record<string, unknown>) => void Object.assign(state, values));
  return { get: (name: string) => state[name], set, state };
}

async function figure() {
  const scales = { x: part({}), y: part({}) };
  const [behind, lines, axis] = [part({}), part({ scales }), part({})];
  const model = part({ marks: [behind, lines], axes: [axis] });
  const view = { el: document.createElement("div"), trigger: vi.fn(), remove: vi.fn() };
  const manager = { get_model: async () => model, create_view: async () => view };
  const made = await LineFigure.embed(manager as unknown as WidgetManager, "IPY_MODEL_f", document.body);
  return { made, behind, lines, axis, y: scales.y };
}

test("bqplot draws nothing before there is a box to draw in", async () => {
  let tell = () => undefined as void;
  const disconnect = vi.fn();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        tell = callback;
      }
      observe = vi.fn();
      disconnect = disconnect;
    },
  );
  const rects = vi.spyOn(document.body, "getClientRects").mockReturnValue([] as unknown as DOMRectList);
  const made = vi.fn();
  const embedding = figure().then(made);
  await new Promise((done) => setTimeout(done));
  tell();
  expect([made.mock.calls.length, disconnect.mock.calls.length]).toEqual([0, 0]);
  rects.mockReturnValue([new DOMRect(0, 0, 300, 200)] as unknown as DOMRectList);
  tell();
  await embedding;
  expect([made.mock.calls.length, disconnect.mock.calls.length]).toEqual([1, 1]);
  rects.mockRestore();
  vi.unstubAllGlobals();
});

const line = (values: number[], smooth: number[] = [], colour = 0) => ({
  name: "loss",
  colour,
  steps: Float64Array.from(values, (_, i) => i + 1),
  values: Float64Array.from(values),
  smooth: Float64Array.from(smooth),
});
const lists = (value: unknown) => [...(value as Float64Array[])].map((values) => [...values]);

test("several lines are curves of one mark, each in its colour", async () => {
  const { made, behind, lines, y } = await figure();
  made.show([line([1, 2, 3]), line([4, 5], [], 3)], [1, 3], "linear");
  expect(lists(lines.state["x"])).toEqual([
    [0, 0.5, 1],
    [0, 0.5],
  ]);
  expect(lines.state["colors"]).toEqual(["var(--series-0)", "var(--series-3)"]);
  expect(y.state).toEqual({ min: 1, max: 5 });
  expect(behind.state["x"]).toHaveLength(0);
});

test("bqplot is handed no line without points", async () => {
  const { made, lines } = await figure();
  made.show([line([]), line([1, 2], [], 3)], [1, 2], "linear");
  expect(lists(lines.state["y"])).toEqual([[1, 2]]);
  expect(lines.state["colors"]).toEqual(["var(--series-3)"]);
  made.show([line([])], [1, 2], "linear");
  expect(lists(lines.state["y"])).toEqual([]);
});

test("smoothed lines stand before the raw ones", async () => {
  const { made, behind, lines } = await figure();
  made.show([line([1, 3], [1, 2])], [1, 2], "linear");
  expect([lists(behind.state["y"]), lists(lines.state["y"])]).toEqual([[[1, 3]], [[1, 2]]]);
  made.show([line([1, 3])], [1, 2], "linear");
  expect([behind.state["y"], lists(lines.state["y"])]).toEqual([new Float64Array(), [[1, 3]]]);
});

test("a logarithmic axis is given logarithms, labelled with the values", async () => {
  const { made, lines, axis, y } = await figure();
  made.show([line([0.01, 100])], [1, 2], "log");
  expect(y.state).toEqual({ min: -2, max: 2 });
  expect(lists(lines.state["y"])).toEqual([[-2, 2]]);
  expect(axis.state["tick_labels"]).toEqual({ "-2": "0.01", "-1": "0.1", "0": "1", "1": "10", "2": "100" });
  made.show([line([0.01, 100])], [1, 2], "linear");
  expect([axis.state["tick_labels"], axis.state["tick_format"]]).toEqual([null, ",.0~f"]);
});

test("the range of values is held until it is to be forgotten", async () => {
  const { made, y } = await figure();
  made.show([line([0, 10])], [1, 2], "linear");
  made.show([line([2, 9])], [1, 2], "linear");
  expect(y.state).toEqual({ min: 0, max: 10 });
  made.forget();
  made.show([line([2, 3])], [1, 2], "linear");
  expect(y.state).toEqual({ min: 2, max: 3 });
});

test("a picture holds the figure, its legend, marks and ends", () => {
  const drawn = document.createElement("div");
  drawn.className = "bqplot figure";
  drawn.innerHTML = '<svg><g class="curve"><path class="line" d="M0,0L1,1"></path></g></svg>';
  const around = {
    legend: [
      { text: "loss 3", colour: 0 },
      { text: "rate 0.1", colour: 2 },
    ],
    marks: [{ share: 0.5, title: "l1 0 → 0.1" }],
    ends: ["1", "400"] as [string, string],
  };
  const shell = linePicture(drawn, around, { top: 8, right: 12, bottom: 20, left: 48 });
  expect(shell.className).toBe("bqplot figure picture");
  expect(shell.querySelectorAll("path.line")).toHaveLength(1);
  expect([...shell.querySelectorAll("tspan")].map((entry) => entry.textContent)).toEqual([
    "loss 3",
    "rate 0.1",
  ]);
  expect(shell.querySelector("line title")!.textContent).toBe("l1 0 → 0.1");
  expect([...shell.querySelectorAll("text")].map(({ textContent }) => textContent)).toContain("400");
  expect(drawn.querySelectorAll("path.line")).toHaveLength(1);
});
