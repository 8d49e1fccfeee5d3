import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PanelFrame } from "../../messages";
import { SilhouetteView } from "../../views/silhouette";
import { addCanvas, surroundings } from "../fake_dashboard";

beforeEach(() => {
  addCanvas();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(400);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(300);
});
afterEach(() => vi.restoreAllMocks());

const FRAME: PanelFrame = {
  id: "silhouette",
  kind: "silhouette",
  clusters: [0, 7],
  counts: [1, 2],
  means: [0.5, -0.125],
  mean: 0.0833,
  unit: "images",
  note: "33% below 0 · 3 of 9 images",
  buffers: [new Float32Array([0.5, 0.25, -0.5]).buffer],
};

function drawn() {
  const say = vi.fn();
  const view = new SilhouetteView("silhouette", { ...surroundings().around, say });
  view.draw(FRAME);
  const press = (key: string) => view.canvas().dispatchEvent(new KeyboardEvent("keydown", { key }));
  return { view, say, press };
}

test("keys walk through the clusters and say what each is", () => {
  const { say, press, view } = drawn();
  expect(view.canvas().getAttribute("aria-label")).toContain("mean 0.0833, 33% below 0 · 3 of 9 images");
  press("ArrowRight");
  expect(say.mock.lastCall![0].note).toBe("cluster 0: mean 0.5, 0% below 0, 1 of the 3 images");
  press("ArrowRight");
  expect(say.mock.lastCall![0].note).toBe("cluster 7: mean −0.125, 50% below 0, 2 of the 3 images");
  press("Escape");
  expect(say).toHaveBeenLastCalledWith({ note: FRAME["note"] });
});

test("a frame with fewer clusters forgets the one chosen", () => {
  const { view, say, press } = drawn();
  press("End");
  const buffers = [new Float32Array([0]).buffer];
  view.draw({ ...FRAME, clusters: [0], counts: [1], means: [0], buffers });
  expect(say).toHaveBeenLastCalledWith({ note: FRAME["note"] });
});

test("its values can be saved", () => {
  expect(drawn().view.csv()).toBe("cluster,silhouette\r\n0,0.5\r\n7,0.25\r\n7,-0.5\r\n");
});
