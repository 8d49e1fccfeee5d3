import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PanelFrame } from "../../messages";
import { ProfilesView } from "../../views/profiles";
import { addCanvas, surroundings } from "../fake_dashboard";

const floats = (...values: number[]) => new Float32Array(values).buffer;

beforeEach(() => {
  addCanvas();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(400);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(300);
});
afterEach(() => vi.restoreAllMocks());

const FRAME: PanelFrame = {
  id: "profiles",
  kind: "profiles",
  what: "cluster",
  numbers: [3, 0],
  shares: [0.75, 0.25],
  labels: ["hue", "ash"],
  starts: [],
  is_relative: true,
  cluster: null,
  n_rows: 200,
  unit: "rows",
  is_editable: true,
  note: "above or below the average · 2 features",
  buffers: [floats(1.5, -0.5, 0, 2), floats(10, 4), floats(2, 1)],
};

function drawn(frame = FRAME) {
  const say = vi.fn();
  const { around, ask } = surroundings();
  const view = new ProfilesView("profiles", { ...around, say });
  view.draw(frame);
  const press = (key: string) => view.canvas().dispatchEvent(new KeyboardEvent("keydown", { key }));
  return { view, say, press, ask };
}

test("keys walk along a profile and from cluster to cluster", () => {
  const { say, press, view } = drawn();
  expect(view.canvas().getAttribute("aria-label")).toContain("2 clusters, above or below the average");
  press("ArrowRight");
  expect(say.mock.lastCall![0].note).toBe(
    "cluster 3 (75 %) · hue: 13, 1.5 standard deviations above the average",
  );
  press("ArrowRight");
  expect(say.mock.lastCall![0].note).toContain("ash: 3.5, 0.5 standard deviations below the average");
  press("ArrowDown");
  expect(say.mock.lastCall![0].note).toContain("cluster 0 (25 %) · ash: 6,");
});

test("the bar that keys came to stays the same while clusters change places", () => {
  const { view, say, press, ask } = drawn();
  press("ArrowRight");
  press("ArrowRight");
  view.draw({ ...FRAME, numbers: [0, 3], buffers: [floats(0, 2, 1.5, -0.5), floats(10, 4), floats(2, 1)] });
  expect(say.mock.lastCall![0].note).toContain("cluster 3 (25 %) · ash: 3.5");
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "profiles", options: { cluster: 3 } });
  view.draw({ ...FRAME, numbers: [0, 1] });
  expect(say.mock.lastCall![0].note).toBe(FRAME["note"]);
});

test("bars of several features, and plain ones, say what they know", () => {
  const several = drawn({ ...FRAME, buffers: [floats(1.5, -0.5, 0, 2)] });
  several.press("ArrowRight");
  expect(several.say.mock.lastCall![0].note).toContain("hue: 1.5 standard deviations above the average");
  const plain = drawn({ ...FRAME, is_relative: false, buffers: [floats(1.5, -0.5, 0, 2)] });
  plain.press("ArrowRight");
  expect(plain.say.mock.lastCall![0].note).toBe("cluster 3 (75 %) · hue: 1.5");
});

test("Enter chooses the cluster whose bar is looked at, or gives it up", () => {
  const { view, press, ask } = drawn();
  const chosen = (cluster: number | null) => ["configure", { panel: "profiles", options: { cluster } }];
  press("End");
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith(...chosen(0));
  view.draw({ ...FRAME, cluster: 0 });
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith(...chosen(null));
});

test("a chosen cluster is split, moved to a row, and merged into the one that is chosen next", () => {
  const { view, press, ask } = drawn();
  view.draw({ ...FRAME, cluster: 3 });
  const button = (name: string) =>
    [...view.el.querySelectorAll("button")].find(({ textContent }) => textContent === name)!;
  expect(view.el.querySelector(".about")!.textContent).toBe("Cluster 3 · 75 % · about 150 rows");
  button("Split").click();
  expect(ask).toHaveBeenLastCalledWith("edit", { name: "split", cluster: 3 });
  button("Move to row…").click();
  expect(view.el.querySelector("label")!.textContent).toBe("Row number");
  view.el.querySelector("input")!.value = "17";
  button("Move").click();
  expect(ask).toHaveBeenLastCalledWith("edit", { name: "move", cluster: 3, row: 17 });
  button("Merge into…").click();
  press("End");
  press("Escape");
  expect(view.el.querySelector(".about")!.textContent).toContain("Cluster 3");
  ask.mockClear();
  button("Merge into…").click();
  press("Enter");
  expect(ask.mock.calls).toEqual([
    ["edit", { name: "merge", cluster: 3, into: 0 }],
    ["configure", { panel: "profiles", options: { cluster: 0 } }],
  ]);
});

test("parts, which cannot be changed by hand, have no buttons", () => {
  const { view } = drawn({ ...FRAME, is_editable: false });
  expect(view.el.querySelector<HTMLElement>(".cluster-actions")!.hidden).toBe(true);
});

test("its bars can be saved", () => {
  expect(drawn().view.csv()).toBe("cluster,share,hue,ash\r\n3,0.75,1.5,-0.5\r\n0,0.25,0,2\r\n");
});
