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
  sample: "3 of 9 images",
  note: "33 % of 3 below 0",
  cluster: null,
  buffers: [new Float32Array([0.5, 0.25, -0.5]).buffer],
};

function drawn() {
  const say = vi.fn();
  const { around, ask } = surroundings();
  const view = new SilhouetteView("silhouette", { ...around, say });
  view.draw(FRAME);
  const press = (key: string) => view.canvas().dispatchEvent(new KeyboardEvent("keydown", { key }));
  return { view, say, press, ask };
}

test("keys walk through the clusters and say what each is", () => {
  const { say, press, view } = drawn();
  expect(view.canvas().getAttribute("aria-label")).toContain("3 of 9 images: mean 0.0833, 33 % of 3 below 0");
  press("ArrowRight");
  expect(say.mock.lastCall![0].note).toBe("cluster 0: mean 0.5, 0 % below 0, 1 of the 3 images");
  press("ArrowRight");
  expect(say.mock.lastCall![0].note).toBe("cluster 7: mean −0.125, 50 % below 0, 2 of the 3 images");
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

test("the cluster that keys came to stays the same where others come", () => {
  const { view, say, press } = drawn();
  press("End");
  const more = { clusters: [0, 3, 7], counts: [1, 1, 1], means: [0.5, 0.25, -0.5] };
  view.draw({ ...FRAME, ...more });
  expect(say.mock.lastCall![0].note).toContain("cluster 7: ");
});

test("Enter chooses a cluster, or gives it up; the chosen one is told of at rest", () => {
  const { view, say, press, ask } = drawn();
  const chosen = (cluster: number | null) => ["configure", { panel: "silhouette", options: { cluster } }];
  press("End");
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith(...chosen(7));
  view.draw({ ...FRAME, cluster: 7 });
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith(...chosen(null));
  view.draw({ ...FRAME, cluster: null });
  view.draw({ ...FRAME, cluster: 7 });
  press("Escape");
  expect(say.mock.lastCall![0].note).toContain("cluster 7: mean −0.125");
  view.draw({ ...FRAME, cluster: 5 }); // of which there is no row
  expect(say).toHaveBeenLastCalledWith({ note: FRAME["note"] });
});

test("its values can be saved", () => {
  expect(drawn().view.csv()).toBe("cluster,silhouette\r\n0,0.5\r\n7,0.25\r\n7,-0.5\r\n");
});
