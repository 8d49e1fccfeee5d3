import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../dashboard";
import { elementImage } from "../export";
import type { Outgoing } from "../messages";
import type { WidgetModel } from "../widget";
import { addPopovers } from "./fake_dashboard";

addPopovers();

vi.mock("../export", () => ({ download: vi.fn(), elementImage: vi.fn(async () => new Blob(["png"])) }));

/** The kernel's side of a widget, with a manager whose figures write down what they are told. */
class FakeModel {
  sent: Outgoing[] = [];
  buffers: ArrayBuffer[][] = [];
  state: Record<string, unknown> = { figures: { "lines:likelihood": "IPY_MODEL_f" }, saved_frame: {} };
  listeners: Record<string, (...args: unknown[]) => void> = {};
  line = part({ scales: { x: part({}), y: part({}) } });
  figure = part({ marks: [part({}), this.line], axes: [part({})] });
  view = { el: document.createElement("div"), trigger: vi.fn(), remove: vi.fn() };
  widget_manager = {
    get_model: vi.fn(async () => this.figure),
    create_view: vi.fn(async () => this.view),
  };
  get = (name: string) => this.state[name];
  on = (event: string, callback: (...args: unknown[]) => void) => (this.listeners[event] = callback);
  off = (event: string) => delete this.listeners[event];
  send = (message: Outgoing, _callbacks?: unknown, buffers: ArrayBuffer[] = []) => {
    this.sent.push(message);
    this.buffers.push(buffers);
  };
  deliver(panels: Record<string, unknown>[], buffers: DataView[] = [], seq = 1) {
    const whole = panels.map((panel) => ({ n_buffers: 0, ...panel }));
    this.listeners["msg:custom"]!({ type: "frame", seq, panels: whole }, buffers);
  }
}

function part(state: Record<string, unknown>) {
  const set = vi.fn((values: Record<string, unknown>) => void Object.assign(state, values));
  return { get: (name: string) => state[name], set, state };
}

const BAR = {
  id: "run_bar",
  kind: "run_bar",
  state: "running",
  step: 1412,
  epoch: 4,
  items_per_second: 98400,
  items: "docs",
  message: "",
  traceback: null,
  snapshots: [{ id: 3, step: 70, name: "before l1" }],
};
const line = (fields: Record<string, unknown>) => ({
  id: "lines:likelihood",
  kind: "lines",
  series: [{ metric: "likelihood", label: "likelihood", help: "", colour: 0, failure: null, ...fields }],
  axis: "linear",
  first: 1,
  last: 5,
  is_zoomed: false,
  marks: [] as unknown[],
});
const LAYOUT = {
  id: "layout",
  kind: "layout",
  panels: [
    { id: "lines:likelihood", kind: "lines", title: "likelihood", x: 0, y: 0, w: 4, h: 6, settings: [] },
    { id: "log", kind: "log", title: "log", x: 4, y: 0, w: 4, h: 6, settings: [] },
    { id: "x", kind: "hologram", title: "x", x: 8, y: 0, w: 4, h: 6, settings: [] },
  ],
  maximised: null,
  menu: [],
};

let model: FakeModel;
let el: HTMLElement;
let dispose: () => void;
const root = () => el.querySelector<HTMLElement>(".mixviz")!;
const text = (selector: string) => el.querySelector(selector)?.textContent;
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
const doubles = (...values: number[]) => new DataView(Float64Array.from(values).buffer);

function show() {
  el = document.createElement("div");
  document.body.replaceChildren(el);
  dispose = widget.render({ model: model as unknown as WidgetModel, el });
}

beforeEach(() => {
  model = new FakeModel();
  show();
});
afterEach(() => dispose());

test("it says hello, draws what comes, and acknowledges", async () => {
  expect(model.sent[0]).toMatchObject({ type: "hello", seen: 0 });
  model.deliver([BAR], [], 8);
  await painted();
  expect(text(".bar [role=status]")).toBe("running");
  expect(text(".bar .numbers")).toBe(" · step 1,412 · epoch 4 · 98,400 docs/s");
  expect([root().dataset["seq"], root().dataset["step"]]).toEqual(["8", "1412"]);
  expect(model.sent.at(-1)).toMatchObject({ type: "ack", seq: 8 });
});

test("buttons ask for what they say", async () => {
  model.deliver([BAR]);
  await painted();
  const press = (label: string) =>
    [...el.querySelectorAll("button")].find((found) => found.textContent!.includes(label))!.click();
  press("Pause");
  expect(model.sent.at(-1)).toMatchObject({ type: "request", verb: "pause" });
  press("Stop");
  expect(model.sent.at(-1)).toMatchObject({ verb: "stop" });
  model.deliver([{ ...BAR, state: "paused" }], [], 2);
  await painted();
  press("Resume");
  expect(model.sent.at(-1)).toMatchObject({ verb: "resume" });
  press("Step");
  expect(model.sent.at(-1)).toMatchObject({ verb: "step" });
});

test("a failed run says why, with its traceback one click away", async () => {
  model.deliver([{ ...BAR, state: "failed", message: "step 3 failed", traceback: "Traceback: here" }]);
  await painted();
  expect(text(".bar .error p")).toBe("step 3 failed");
  expect(el.querySelector<HTMLDetailsElement>(".bar .error details")!.open).toBe(false);
  expect(text(".bar .error pre")).toBe("Traceback: here");
  model.deliver([BAR], [], 2);
  await painted();
  expect(el.querySelector(".bar .error")).toBeNull();
});

test("points of a frame reach the bqplot line in the browser", async () => {
  const marks = [{ step: 3, title: "l1 0 → 0.1" }];
  const buffers = [doubles(1, 3, 5), doubles(-9, -8.5, -8), doubles()];
  model.deliver([LAYOUT, { ...line({ value: -8 }), marks, n_buffers: 3 }], buffers);
  await painted();
  expect(model.widget_manager.get_model).toHaveBeenCalledWith("f");
  const { x, y } = model.line.set.mock.calls.at(-1)![0] as Record<string, Float64Array[]>;
  expect([...x!, ...y!].map((values) => [...values])).toEqual([
    [0, 0.5, 1],
    [-9, -8.5, -8],
  ]);
  const scales = model.line.state["scales"] as Record<string, ReturnType<typeof part>>;
  expect(scales["y"]!.state).toEqual({ min: -9, max: -8 });
  expect(text(".lines .value")).toBe("−8");
  expect(el.querySelector<HTMLElement>(".marks i")!.title).toBe("l1 0 → 0.1");
});

test("a single point is a dot, and what is no number is said", async () => {
  const dot = [doubles(1), doubles(-9), doubles()];
  model.deliver([LAYOUT, { ...line({ value: "NaN" }), n_buffers: 3 }], dot);
  await painted();
  const card = el.querySelector(".line-view")!;
  expect([card.classList.contains("single"), text(".lines .value")]).toEqual([true, "not a number"]);
  const buffers = [doubles(1, 2), doubles(-9, -8), doubles()];
  model.deliver([{ ...line({ value: -8 }), n_buffers: 3 }], buffers, 2);
  await painted();
  expect(card.classList.contains("single")).toBe(false);
});

test("a metric that failed says why, in place of a line that was never drawn", async () => {
  const failure = { message: "metric x disabled: no", traceback: "Traceback: here" };
  const isInPlace = () => el.querySelector(".line-view")!.classList.contains("failed");
  model.deliver([LAYOUT, line({ value: null, failure })]);
  await painted();
  expect([text(".lines .error p"), text(".lines .error pre")]).toEqual([failure.message, failure.traceback]);
  expect(isInPlace()).toBe(true);
  model.deliver([line({ value: -8, failure })], [], 2);
  await painted();
  expect([text(".lines .error p"), isInPlace()]).toEqual([failure.message, false]);
  model.deliver([line({ value: -8 })], [], 3);
  await painted();
  expect(el.querySelector(".lines .error")).toBeNull();
});

test("a panel that is no longer in the layout is gone", async () => {
  model.deliver([LAYOUT, BAR, line({ value: null })]);
  await painted();
  expect(el.querySelectorAll(".lines")).toHaveLength(1);
  model.deliver([{ ...LAYOUT, panels: LAYOUT.panels.slice(1) }], [], 2);
  await painted();
  expect(el.querySelectorAll(".lines")).toHaveLength(0);
});

test("a front end without bqplot says so in the panel and the rest goes on", async () => {
  dispose();
  Object.assign(model, { widget_manager: undefined });
  show();
  model.deliver([LAYOUT, { ...line({ value: 0 }), n_buffers: 3 }, BAR], [doubles(1), doubles(1), doubles()]);
  await painted();
  expect(text(".lines .error p")).toContain("cannot show bqplot");
  expect(text(".bar [role=status]")).toBe("running");
});

test("a panel whose drawing throws shows its error and the others go on", async () => {
  model.deliver([LAYOUT, { id: "log", kind: "log", lines: null, n_lines: 0 }, BAR]);
  await painted();
  expect(text(".log .error p")).toContain("TypeError");
  expect(text(".bar [role=status]")).toBe("running");
  model.deliver([{ id: "log", kind: "log", lines: [], n_lines: 0 }], [], 2);
  await painted();
  expect(el.querySelector(".log .error")).toBeNull();
});

test("a panel that failed in the kernel shows that error", async () => {
  const error = { message: "ZeroDivisionError: no", traceback: "Traceback" };
  model.deliver([LAYOUT, { id: "log", kind: "log", error }, BAR]);
  await painted();
  expect(text(".log .error p")).toBe("ZeroDivisionError: no");
});

test("a panel of a kind this bundle does not know says so", async () => {
  model.deliver([LAYOUT, { id: "x", kind: "hologram" }, BAR]);
  await painted();
  expect(text("main")).toContain("no view draws “hologram”");
  expect(text(".bar [role=status]")).toBe("running");
});

test("without a kernel the saved frame is shown", () => {
  dispose();
  const panels = [{ ...BAR, state: "paused", n_buffers: 0 }];
  model.state["saved_frame"] = { header: { type: "frame", seq: 5, panels }, buffers: [] };
  show();
  expect(text(".bar [role=status]")).toBe("paused");
  expect(model.sent.filter(({ type }) => type === "ack")).toEqual([]);
});

test("a refusal is shown in words", async () => {
  model.deliver([BAR]);
  await painted();
  const { view } = model.sent[0] as { view: string };
  model.listeners["msg:custom"]!({ type: "reply", view, n: 1, error: "no such snapshot" }, []);
  expect(text(".notice")).toBe("no such snapshot");
});

test("an edit that is refused when its turn comes is told of too", () => {
  model.listeners["msg:custom"]!({ type: "notice", text: "split refused: cluster 3 has no rows" }, []);
  expect(text(".notice")).toBe("split refused: cluster 3 has no rows");
});

test("a closed view says bye and lets go of its figures", async () => {
  model.deliver([LAYOUT, line({ value: 0 })]);
  await painted();
  dispose();
  expect(model.sent.at(-1)).toMatchObject({ type: "bye" });
  expect(model.view.remove).toHaveBeenCalledOnce();
});

test("the kernel gets the picture it asks this view for, or why there is none", async () => {
  const { view } = model.sent[0] as { view: string };
  const ask = async (message: Record<string, unknown>) => {
    model.listeners["msg:custom"]!({ type: "export", ...message }, []);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await ask({ n: 4, view });
  expect(elementImage).toHaveBeenCalledWith(root());
  expect(model.sent.at(-1)).toEqual({ type: "exported", view, n: 4 });
  expect(new TextDecoder().decode(model.buffers.at(-1)![0])).toBe("png");
  const nSent = model.sent.length;
  await ask({ n: 5, view: "another" });
  expect(model.sent).toHaveLength(nSent);
  vi.mocked(elementImage).mockRejectedValueOnce(new Error("too large"));
  await ask({ n: 6 });
  expect(model.sent.at(-1)).toEqual({ type: "exported", view, n: 6, error: "Error: too large" });
});

test("a fork that was asked for here comes into view", async () => {
  const scroll = vi.spyOn(HTMLElement.prototype, "scrollIntoView").mockImplementation(() => undefined);
  const snapshots = [{ id: 3, step: 70, name: "", is_pinned: false, shared: 70 }];
  model.deliver([{ id: "timeline", kind: "timeline", step: 80, last: 80, snapshots, marks: [] }]);
  await painted();
  const show = async (forks: string[]) => {
    model.state["forks"] = forks;
    model.listeners["change:forks"]!();
    await painted();
  };
  await show(["IPY_MODEL_other"]);
  expect(scroll).not.toHaveBeenCalled();
  el.querySelector<HTMLElement>(".things button")!.click();
  const fork = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Fork")!;
  fork.click();
  await show(["IPY_MODEL_other", "IPY_MODEL_mine"]);
  expect(scroll.mock.contexts).toEqual([el.querySelectorAll(".fork")[1]]);
  scroll.mockRestore();
});

test("forks stand below, as dashboards of their own, until the kernel drops them", async () => {
  const change = (forks: string[]) => {
    model.state["forks"] = forks;
    model.listeners["change:forks"]!();
  };
  model.figure.state["forked_at"] = 412;
  change(["IPY_MODEL_fork"]);
  await painted();
  expect(model.widget_manager.get_model).toHaveBeenCalledWith("fork");
  expect(text(".fork h2")).toBe("fork of step 412");
  expect(el.querySelector(".fork")!.contains(model.view.el)).toBe(true);
  el.querySelector<HTMLElement>(".fork button")!.click();
  expect(model.sent.at(-1)).toMatchObject({ verb: "close_fork", arguments: { index: 0 } });
  change([]);
  await painted();
  expect(el.querySelector(".fork")).toBeNull();
  expect(model.view.remove).toHaveBeenCalledOnce();
});
