// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { corner, layout } from "../../charts/image_grid";
import type { PanelFrame } from "../../messages";
import { chooseCluster } from "../../views/cluster_choice";
import { ClusterGridView } from "../../views/cluster_grid";
import { SilhouetteView } from "../../views/silhouette";
import { surroundings } from "../fake_dashboard";

const ROOM = { width: 600, height: 400 };
const NUMBERS = [4, 1, 0, 2, 3];

function frame(more: Record<string, unknown> = {}): PanelFrame {
  return {
    id: "cluster_grid",
    kind: "cluster_grid",
    noun: "cluster",
    numbers: NUMBERS,
    shares: [0.4, 0.3, 0.2, 0.1, 0],
    without: [],
    shape: [2, 2, 1],
    is_ink: true,
    has_centres: true,
    cluster: null,
    n_rows: 1000,
    unit: "images",
    is_editable: true,
    buffers: [new Uint8Array(20).buffer],
    ...more,
  };
}

let view: ClusterGridView;
let ask: ReturnType<typeof vi.fn>;
let notes: (string | undefined)[];
let surface: HTMLCanvasElement;
let context: Record<string, unknown>;

beforeEach(() => {
  context = new Proxy({} as Record<string, unknown>, {
    get: (target, name: string) => (target[name] ??= vi.fn()),
  });
  vi.stubGlobal("ImageData", vi.fn());
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(ROOM.width);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(ROOM.height);
  notes = [];
  const { around, ask: asked } = surroundings();
  ask = asked;
  view = new ClusterGridView("cluster_grid", { ...around, say: ({ note }) => notes.push(note) });
  document.body.replaceChildren(view.el);
  surface = view.el.querySelector("canvas")!;
  view.draw(frame());
});
afterEach(() => {
  view.dispose();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function mouse(type: string, place: number): void {
  const [x, y] = place < 0 ? [0, 0] : corner(layout(5, { width: 2, height: 2 }, ROOM), place);
  const event = new MouseEvent(type, { bubbles: true });
  Object.defineProperties(event, { offsetX: { value: x + 3 }, offsetY: { value: y + 3 } });
  surface.dispatchEvent(event);
}
function press(key: string, on: Element = surface): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  on.dispatchEvent(event);
  return event;
}
const button = (name: string) =>
  [...view.el.querySelectorAll("button")].find(({ textContent }) => textContent === name)!;
const about = () => view.el.querySelector(".about")!.textContent;

test("the head says what is shown, and what is under the pointer", () => {
  expect(notes.at(-1)).toBe("5 clusters, the largest first");
  mouse("pointermove", 1);
  expect(notes.at(-1)).toBe("cluster 1: 30 %, about 300 images");
  mouse("pointermove", 4);
  expect(notes.at(-1)).toBe("cluster 3: empty");
  mouse("pointerleave", -1);
  view.draw(frame({ has_centres: false }));
  expect(notes.at(-1)).toBe("5 clusters, the largest first · each shown by the image nearest to its centre");
});

test("what is under the pointer stays the same cluster where clusters change places", () => {
  mouse("pointermove", 1);
  view.draw(frame({ numbers: [1, 4, 0, 2, 3] }));
  expect(notes.at(-1)).toBe("cluster 1: 40 %, about 400 images");
});

test("a click chooses a cluster here and in the panel of members; another one leaves it", () => {
  mouse("click", 0);
  expect(ask).toHaveBeenCalledExactlyOnceWith("configure", {
    panel: "cluster_grid",
    options: { cluster: 4 },
  });
  const grid = document.createElement("div");
  grid.className = "grid";
  grid.innerHTML = '<section data-kind="members" data-panel="members:2"></section>';
  grid.append(view.el);
  view.draw(frame({ cluster: 4 }));
  mouse("click", 0);
  expect(ask.mock.calls.slice(1)).toEqual([
    ["configure", { panel: "cluster_grid", options: { cluster: null } }],
    ["configure", { panel: "members:2", options: { cluster: null } }],
  ]);
});

test("a chosen cluster can be split and dropped", () => {
  expect(about()).toBe("Choose a cluster to split, merge, move or drop it.");
  expect(button("Split").parentElement!.hidden).toBe(true);
  view.draw(frame({ cluster: 1 }));
  expect(about()).toBe("Cluster 1 · 30 % · about 300 images");
  button("Split").click();
  expect(ask).toHaveBeenLastCalledWith("edit", { name: "split", cluster: 1 });
  button("Drop").click();
  expect(ask).toHaveBeenLastCalledWith("edit", { name: "drop", cluster: 1 });
});

test("merging waits for the cluster that takes the chosen one, which is then the chosen one", () => {
  view.draw(frame({ cluster: 1 }));
  button("Merge into…").click();
  expect(about()).toBe("Now choose the cluster that takes cluster 1.");
  view.draw(frame({ cluster: 1 }));
  mouse("click", 3);
  expect(ask.mock.calls).toEqual([
    ["edit", { name: "merge", cluster: 1, into: 2 }],
    ["configure", { panel: "cluster_grid", options: { cluster: 2 } }],
  ]);
});

test("merging can be given up, and into itself is nothing", () => {
  view.draw(frame({ cluster: 1 }));
  button("Merge into…").click();
  expect(press("Escape").defaultPrevented).toBe(true);
  expect(about()).toBe("Cluster 1 · 30 % · about 300 images");
  button("Merge into…").click();
  button("Cancel").click();
  button("Merge into…").click();
  mouse("click", 1);
  expect(ask.mock.calls.filter(([verb]) => verb === "edit")).toEqual([]);
});

test("a centre moves to an image by its number", () => {
  view.draw(frame({ cluster: 1 }));
  button("Move to image…").click();
  const box = view.el.querySelector("input")!;
  const form = button("Move").parentElement!;
  expect([box.max, form.hidden]).toEqual(["999", false]);
  button("Move").click();
  expect(ask).not.toHaveBeenCalled(); // of no image
  box.value = "17";
  press("Enter", box);
  expect(ask).toHaveBeenCalledExactlyOnceWith("edit", { name: "move", cluster: 1, row: 17 });
  expect(form.hidden).toBe(true);
  button("Move to image…").click();
  expect(box.value).toBe("");
  box.value = "18";
  button("Cancel").click();
  button("Move to image…").click();
  box.value = "19";
  press("Escape", box);
  expect(form.hidden).toBe(true);
  expect(ask).toHaveBeenCalledOnce();
});

test("a choice holds at once, and older frames do not undo it or end what was begun", () => {
  view.draw(frame({ cluster: 1 }));
  mouse("click", 3);
  expect(about()).toBe("Cluster 2 · 10 % · about 100 images");
  button("Move to image…").click();
  view.draw(frame({ cluster: 1 }));
  view.draw(frame({ cluster: 2 }));
  expect(button("Move").parentElement!.hidden).toBe(false);
  button("Cancel").click();
  button("Split").click();
  expect(ask).toHaveBeenLastCalledWith("edit", { name: "split", cluster: 2 });
  view.draw(frame({ cluster: 4 })); // chosen by code
  expect(about()).toContain("Cluster 4");
});

test("a choice that the session does not follow gives way, after a refusal at once", () => {
  vi.useFakeTimers();
  view.draw(frame({ cluster: 1 }));
  mouse("click", 3);
  vi.advanceTimersByTime(5001);
  view.draw(frame({ cluster: 1 }));
  expect(about()).toContain("Cluster 1");
  mouse("click", 3);
  view.refused();
  view.draw(frame({ cluster: 1 }));
  expect(about()).toContain("Cluster 1");
  vi.useRealTimers();
});

test("a choice holds at once in the other panels of clusters too", () => {
  const { around } = surroundings();
  const other = new SilhouetteView("silhouette", { ...around, say: vi.fn() });
  const grid = document.createElement("div");
  grid.className = "grid";
  grid.innerHTML =
    '<section data-kind="cluster_grid" data-panel="cluster_grid"><div class="body"></div></section>';
  grid.firstElementChild!.firstElementChild!.append(view.el);
  chooseCluster(other.el, "silhouette", around, 2); // not in the grid
  expect(about()).toContain("Choose");
  grid.append(other.el);
  chooseCluster(other.el, "silhouette", around, 2);
  expect(about()).toContain("Cluster 2");
});

test("a click is about what stands there now, whatever stood there when the pointer came", () => {
  mouse("pointermove", 0);
  view.draw(frame({ numbers: [1, 4, 0, 2, 3] }));
  mouse("click", 0);
  expect(notes.at(-1)).toBe("cluster 1: 40 %, about 400 images, chosen");
});

test("another choice, or a refusal, ends what was begun", () => {
  view.draw(frame({ cluster: 1 }));
  button("Merge into…").click();
  view.draw(frame({ cluster: 2 }));
  expect(about()).toBe("Cluster 2 · 10 % · about 100 images");
  button("Merge into…").click();
  view.refused();
  expect(about()).toBe("Cluster 2 · 10 % · about 100 images");
});

test("the keyboard walks, chooses and leaves, and says where it is", () => {
  const said = () => view.el.querySelector(".spoken")!.textContent;
  press("ArrowRight");
  press("ArrowRight");
  expect(said()).toBe("cluster 1: 30 %, about 300 images");
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "cluster_grid", options: { cluster: 1 } });
  view.draw(frame({ cluster: 1 }));
  press("End");
  expect(said()).toBe("cluster 3: empty");
  expect([press("Escape"), press("Escape")].map(({ defaultPrevented }) => defaultPrevented)).toEqual([
    true,
    true,
  ]);
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "cluster_grid", options: { cluster: null } });
  view.draw(frame());
  expect(press("Escape").defaultPrevented).toBe(false);
  expect(press("Tab").defaultPrevented).toBe(false);
});

test("the parts of a factorisation cannot be edited", () => {
  view.draw(frame({ noun: "part", is_editable: false }));
  expect((view.el.querySelector(".cluster-actions") as HTMLElement).hidden).toBe(true);
  expect(surface.getAttribute("aria-label")).toBe(
    "5 parts, the largest first. Arrow keys walk through them, Enter chooses one.",
  );
  mouse("pointermove", 1);
  expect(notes.at(-1)).toBe("part 1: 30 %");
});

test("ink takes the colour of the page's letters once, and photographs do not", () => {
  const fills = () => vi.mocked(context["fillRect"] as (...box: number[]) => void).mock.calls;
  const tinted = () => fills().filter((box) => box.join() === "0,0,6,4").length; // all of the sheet
  expect(tinted()).toBe(1);
  mouse("pointermove", 1);
  expect(tinted()).toBe(1);
  view.draw(frame());
  expect(tinted()).toBe(2);
  view.draw(frame({ is_ink: false }));
  expect(tinted()).toBe(2);
});

test("CSV has the shares, and the picture all of the images", () => {
  expect(view.csv()).toBe("cluster,share\r\n4,0.4\r\n1,0.3\r\n0,0.2\r\n2,0.1\r\n3,0\r\n");
  const { width, height } = view.canvas();
  expect([width, height]).toEqual([ROOM.width, ROOM.height]);
});
