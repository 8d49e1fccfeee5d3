import { beforeEach, expect, test, vi } from "vitest";
import { LineFigure } from "../../charts/line_figure";
import type { PanelFrame } from "../../messages";
import { Lines } from "../../views/lines";
import { surroundings } from "../fake_dashboard";

const doubles = (...values: number[]) => new DataView(Float64Array.from(values).buffer);
const series = (metric: string, colour: number, fields = {}) => ({
  metric,
  label: metric,
  help: "",
  colour,
  value: 3,
  failure: null,
  ...fields,
});
const frame = (fields: Record<string, unknown> = {}): PanelFrame => ({
  id: "lines",
  kind: "lines",
  series: [series("loss", 0)],
  axis: "linear",
  first: 1,
  last: 101,
  is_zoomed: false,
  marks: [{ step: 51, title: "l1 0 → 0.1" }],
  buffers: [doubles(1, 51, 101), doubles(1, 2, 3), doubles()],
  ...fields,
});
const TWO = {
  series: [series("loss", 0), series("rate", 4, { value: 0.25 })],
  buffers: [doubles(1, 51, 101), doubles(1, 2, 3), doubles(), doubles(1, 101), doubles(0.5, 0.25), doubles()],
};

let ask: ReturnType<typeof surroundings>["ask"];
let say: ReturnType<typeof vi.fn>;
let view: Lines;
const stage = () => view.el.querySelector<HTMLElement>(".stage")!;
const text = (selector: string) => view.el.querySelector(selector)?.textContent;
const isHidden = (selector: string) => view.el.querySelector<HTMLElement>(selector)!.hidden;
const press = (key: string, shiftKey = false) =>
  stage().dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true }));
const point = (type: string, clientX: number) =>
  stage().dispatchEvent(
    Object.assign(new Event(type, { bubbles: true }), { clientX, button: 0, pointerId: 1 }),
  );

beforeEach(() => {
  const made = surroundings();
  made.around.model.get = () => ({});
  say = vi.fn();
  ask = made.ask;
  view = new Lines("lines", { ...made.around, say: say as never });
  document.body.replaceChildren(view.el);
  // A plot of 100 pixels between its margins: one a step.
  Object.defineProperty(stage(), "clientWidth", { value: 160 });
  stage().getBoundingClientRect = () => ({ left: 0, width: 160 }) as DOMRect;
  stage().setPointerCapture = () => undefined;
});

test("another figure for the panel takes the place of the one before, one that comes late does not", async () => {
  const made = surroundings();
  const loading = new Map<string, (figure: LineFigure) => void>();
  const embed = vi
    .spyOn(LineFigure, "embed")
    .mockImplementation((_, reference) => new Promise((resolve) => loading.set(reference, resolve)));
  const arrive = async (reference: string) => {
    const figure = { reference, dispose: vi.fn(), show: vi.fn(), forget: vi.fn() };
    loading.get(reference)!(figure as unknown as LineFigure);
    await new Promise((done) => setTimeout(done));
    return figure;
  };
  let changed = () => undefined as void;
  let figures = { lines: "a" };
  made.around.model.get = () => figures;
  made.around.model.on = (_, callback) => void (changed = callback as never);
  view = new Lines("lines", { ...made.around, manager: {} as never, say: say as never });
  view.draw(frame());
  const first = await arrive("a");
  expect(first.show).toHaveBeenCalledOnce();
  changed();
  expect(embed).toHaveBeenCalledOnce();
  figures = { lines: "b" };
  changed();
  figures = { lines: "c" };
  changed();
  const third = await arrive("c");
  const late = await arrive("b");
  expect(first.dispose).toHaveBeenCalledOnce();
  expect(late.dispose).toHaveBeenCalledOnce();
  expect(third.dispose).not.toHaveBeenCalled();
  expect(third.show).toHaveBeenCalledOnce();
  embed.mockRestore();
});

test("without data a plot says so and has no axes", () => {
  const nothing = [doubles(), doubles(), doubles()];
  view.draw(frame({ series: [series("loss", 0, { value: null })], last: 2, buffers: nothing }));
  expect([text(".nothing"), isHidden(".nothing")]).toEqual(["no data yet", false]);
  expect(view.el.classList.contains("unmeasured")).toBe(true);
  expect(view.svg()).toBeNull();
  view.draw(frame({ is_zoomed: true, buffers: nothing }));
  expect([text(".nothing"), isHidden(".nothing")]).toEqual(["nothing to draw at these steps", false]);
  expect(view.el.classList.contains("unmeasured")).toBe(false);
  view.draw(frame());
  expect(isHidden(".nothing")).toBe(true);
});

test("a figure that comes after one that failed takes its error away", async () => {
  const made = surroundings();
  const embed = vi.spyOn(LineFigure, "embed").mockRejectedValueOnce(new Error("no such model"));
  let figures = { lines: "a" };
  let changed = () => undefined as void;
  made.around.model.get = () => figures;
  made.around.model.on = (_, callback) => void (changed = callback as never);
  view = new Lines("lines", { ...made.around, manager: {} as never, say: say as never });
  const settled = () => new Promise((done) => setTimeout(done));
  await settled();
  expect(text(".plot .error p")).toBe("No line here: Error: no such model");
  embed.mockResolvedValueOnce({ reference: "b", show: vi.fn(), dispose: vi.fn() } as never);
  figures = { lines: "b" };
  changed();
  await settled();
  expect(text(".plot .error p")).toBeUndefined();
  embed.mockRestore();
});

test("keys of the browser are left to it, and zooming out by its button leaves the focus in the plot", () => {
  view.draw(frame({ is_zoomed: true }));
  const back = new KeyboardEvent("keydown", { key: "ArrowLeft", altKey: true, cancelable: true });
  stage().dispatchEvent(back);
  expect([back.defaultPrevented, isHidden(".crosshair")]).toEqual([false, true]);
  view.el.querySelector<HTMLElement>(".ends button")!.focus();
  view.draw(frame());
  expect(document.activeElement).toBe(stage());
});

test("one line has its value in the head, several have a legend", () => {
  view.draw(frame({ series: [series("loss", 0, { help: "per token" })] }));
  expect([say.mock.calls.at(-1), isHidden(".legend")]).toEqual([
    [{ value: "3", colour: "var(--series-0)", help: "per token" }],
    true,
  ]);
  view.draw(frame(TWO));
  expect([say.mock.calls.at(-1), isHidden(".legend")]).toEqual([
    [{ value: "", colour: "var(--series-0)", help: "" }],
    false,
  ]);
  const entries = [...view.el.querySelectorAll(".legend > span")];
  expect(entries.map((entry) => entry.textContent)).toEqual(["loss3", "rate0.25"]);
  expect(entries[1]!.querySelector("b")!.style.color).toBe("var(--series-4)");
});

test("the pointer reads off the nearest point of every line, and the change there", () => {
  view.draw(frame(TWO));
  point("pointermove", 48 + 48);
  expect(stage().dataset["step"]).toBe("51");
  const rows = [...view.el.querySelectorAll(".readout > *")].map((row) => row.textContent);
  expect(rows).toEqual(["step 51", "loss2", "rate0.5", "l1 0 → 0.1"]);
  expect(view.el.querySelector<HTMLElement>(".readout")!.style.left).toBe("106px");
  point("pointerleave", 0);
  expect([isHidden(".crosshair"), isHidden(".readout")]).toEqual([true, true]);
});

test("arrow keys move the crosshair, and what it reads is announced", () => {
  view.draw(frame());
  press("ArrowRight");
  press("ArrowRight");
  expect(text("[aria-live]")).toBe("step 51, loss 2, l1 0 → 0.1");
  press("End");
  expect(text("[aria-live]")).toBe("step 101, loss 3");
  press("Escape");
  expect([isHidden(".crosshair"), text("[aria-live]")]).toEqual([true, ""]);
  expect(ask).not.toHaveBeenCalled();
});

test("the crosshair follows new frames until its step leaves the plot", () => {
  view.draw(frame());
  press("Home");
  view.draw(frame({ buffers: [doubles(1, 101), doubles(7, 3), doubles()] }));
  expect(text(".readout")).toContain("7");
  view.draw(frame({ first: 50 }));
  expect(isHidden(".readout")).toBe(true);
});

test("the crosshair stays under a pointer that rests while steps move on", () => {
  view.draw(frame());
  point("pointermove", 48 + 50);
  view.draw(frame({ first: 101, last: 201, buffers: [doubles(101, 151, 201), doubles(1, 2, 3), doubles()] }));
  expect(stage().dataset["step"]).toBe("151");
});

test("a drag across zooms in", () => {
  view.draw(frame());
  point("pointerdown", 48 + 20);
  point("pointermove", 48 + 60);
  expect(isHidden(".band")).toBe(false);
  point("pointerup", 48 + 60);
  expect(ask.mock.calls).toEqual([["configure", { panel: "lines", options: { first: 21, last: 61 } }]]);
  expect(isHidden(".band")).toBe(true);
});

test("a click is no drag, and Escape ends one", () => {
  view.draw(frame());
  point("pointerdown", 68);
  point("pointerup", 68);
  point("pointerdown", 68);
  point("pointermove", 110);
  press("Escape");
  point("pointerup", 110);
  expect(ask).not.toHaveBeenCalled();
});

test("what is selected keeps to its steps while the run goes on", () => {
  view.draw(frame());
  press("Home");
  press("ArrowRight", true);
  const before = view.el.querySelector<HTMLElement>(".band")!.style.width;
  view.draw(frame({ last: 201 }));
  expect(view.el.querySelector<HTMLElement>(".band")!.style.width).not.toBe(before);
  press("Enter");
  expect(ask).toHaveBeenCalledWith("configure", { panel: "lines", options: { first: 1, last: 51 } });
});

test("Shift and arrows select, Enter zooms in", () => {
  view.draw(frame());
  press("ArrowRight");
  press("ArrowRight", true);
  expect(text("[aria-live]")).toContain("selected from step 1");
  press("Enter");
  expect(ask.mock.calls).toEqual([["configure", { panel: "lines", options: { first: 1, last: 51 } }]]);
});

test("Escape and a double click zoom out", () => {
  view.draw(frame());
  press("Escape");
  stage().dispatchEvent(new Event("dblclick"));
  expect(ask).not.toHaveBeenCalled();
  expect(isHidden(".ends button")).toBe(true);
  view.draw(frame({ is_zoomed: true }));
  expect(isHidden(".ends button")).toBe(false);
  press("Escape");
  stage().dispatchEvent(new Event("dblclick"));
  view.el.querySelector<HTMLElement>(".ends button")!.click();
  const out = ["configure", { panel: "lines", options: { first: null, last: null } }];
  expect(ask.mock.calls).toEqual([out, out, out]);
});

test("one of several that failed says so, above the others' lines", () => {
  const failure = { message: "metric rate disabled: no", traceback: "Traceback: here" };
  view.draw(frame({ ...TWO, series: [series("loss", 0), series("rate", 4, { value: null, failure })] }));
  expect(text(".failure .error p")).toBe(failure.message);
  expect(view.el.classList.contains("failed")).toBe(false);
});

test("what is shown can be had as a table", () => {
  view.draw(frame());
  expect(view.csv()).toBe("step,loss\r\n1,1\r\n51,2\r\n101,3\r\n");
});
