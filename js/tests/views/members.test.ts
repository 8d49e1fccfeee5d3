// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { corner, layout, lineOf } from "../../charts/image_rows";
import type { PanelFrame } from "../../messages";
import { MembersView } from "../../views/members";
import { addPopovers, surroundings } from "../fake_dashboard";

addPopovers();

const ROOM = { width: 600, height: 400 };
const GROUPS = [
  { number: 4, share: 0.4, rows: [10, 11, 1200], labels: ["six", "six", "nine"], distances: [1, 2, 3] },
  { number: 1, share: 0.3, rows: [20, 21], labels: ["", ""], distances: [0.5, 12345] },
];

function frame(more: Record<string, unknown> = {}, full?: ArrayBuffer): PanelFrame {
  const pixels = Uint8Array.from({ length: 20 }, (_, i) => i).buffer;
  return {
    id: "members",
    kind: "members",
    groups: GROUPS,
    shape: [2, 2, 1],
    is_ink: false,
    n_columns: 3,
    n_clusters: 9,
    caption: "of 1,000 sampled images",
    enlarged: null,
    buffers: full ? [pixels, full] : [pixels],
    ...more,
  };
}

let view: MembersView;
let ask: ReturnType<typeof vi.fn>;
let notes: (string | undefined)[];
let surface: HTMLCanvasElement;
let shown: HTMLElement;

beforeEach(() => {
  const context = new Proxy({} as Record<string, unknown>, {
    get: (target, name: string) => (target[name] ??= vi.fn()),
  });
  vi.stubGlobal("ImageData", vi.fn());
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(ROOM.width);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(ROOM.height);
  notes = [];
  const { around, ask: asked } = surroundings();
  ask = asked;
  view = new MembersView("members", { ...around, say: ({ note }) => notes.push(note) });
  const grid = document.createElement("div");
  grid.className = "grid";
  grid.innerHTML = '<section data-kind="cluster_grid" data-panel="cluster_grid"></section>';
  grid.append(view.el);
  document.body.replaceChildren(grid);
  surface = view.el.querySelector("canvas")!;
  shown = view.el.querySelector("[role=dialog]")!;
  view.draw(frame());
});
afterEach(() => {
  view.dispose();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function mouse(type: string, image: number): void {
  const rows = layout(GROUPS, 3, { width: 2, height: 2 }, ROOM);
  const [x, y] = image < 0 ? [5, rows.lines[1]!.top] : corner(rows, rows.lines[lineOf(rows, image)]!, image);
  const event = new MouseEvent(type, { bubbles: true });
  Object.defineProperties(event, { offsetX: { value: x + 2 }, offsetY: { value: y + 2 } });
  surface.dispatchEvent(event);
}
function press(key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  surface.dispatchEvent(event);
  return event;
}
const button = (name: string) =>
  [...view.el.querySelectorAll("button")].find(({ textContent }) => textContent === name)!;

test("the head says what is shown, and what is under the pointer; a tooltip too", () => {
  expect(notes.at(-1)).toBe("2 of 9 clusters, the largest first");
  expect(view.el.querySelector(".caption span")!.textContent).toBe("of 1,000 sampled images");
  mouse("pointermove", 2);
  expect(notes.at(-1)).toBe("nine · image 1,200 · cluster 4 · distance 3");
  expect(surface.title).toBe(notes.at(-1));
  mouse("pointermove", 4);
  expect(notes.at(-1)).toBe("image 21 · cluster 1 · distance 12300");
  mouse("pointermove", -1);
  expect([notes.at(-1), surface.title]).toEqual(["cluster 1: 30 %", ""]);
});

test("nothing is under the pointer any more where another image has come", () => {
  mouse("pointermove", 1);
  const first = { ...GROUPS[0]!, rows: [10, 12, 1200] };
  view.draw(frame({ groups: [first, GROUPS[1]] }));
  expect(notes.at(-1)).toBe("2 of 9 clusters, the largest first");
});

test("the image that the keyboard came to is at hand wherever it moves", () => {
  press("ArrowRight");
  view.draw(frame({ groups: [GROUPS[1], GROUPS[0]] }));
  expect(notes.at(-1)).toContain("image 10 · cluster 4");
  press("Enter");
  expect(shown.querySelector("h3")!.textContent).toBe("Image 10 · six");
  view.draw(frame({ groups: [GROUPS[1]] }));
  expect(notes.at(-1)).toBe("1 of 9 clusters, the largest first");
});

test("an image is shown in full: the small one at once, the large one once it comes", () => {
  mouse("click", 1);
  expect(shown.hasAttribute("data-open")).toBe(true);
  expect(shown.querySelector("h3")!.textContent).toBe("Image 11 · six");
  expect(shown.querySelector("p")!.textContent).toBe("cluster 4 · distance 2");
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "members", options: { enlarged: 11 } });
  const full = { row: 11, label: "six", cluster: 1, distance: 7, shape: [4, 8, 1] };
  view.draw(frame({ enlarged: full }, new ArrayBuffer(32)));
  expect(shown.querySelector("p")!.textContent).toBe("cluster 1 · distance 7");
  expect(shown.querySelector<HTMLElement>(".image-sheet")!.style.aspectRatio).toBe("8 / 4");
});

test("what another dashboard shows in full is not shown here", () => {
  const full = { row: 11, label: "six", cluster: 1, distance: 7, shape: [4, 8, 1] };
  view.draw(frame({ enlarged: full }, new ArrayBuffer(32)));
  expect(shown.hasAttribute("data-open")).toBe(false);
  expect(shown.querySelector("h3")!.textContent).toBe("");
});

test("the centre of any cluster can be put on the image", () => {
  mouse("click", 3);
  const select = shown.querySelector("select")!;
  expect([select.options.length, select.value]).toEqual([9, "1"]);
  select.value = "8";
  button("Move").click();
  expect(shown.hasAttribute("data-open")).toBe(false);
  expect(ask.mock.calls.slice(1)).toEqual([
    ["configure", { panel: "members", options: { enlarged: null } }],
    ["edit", { name: "move", cluster: 8, row: 20 }],
  ]);
});

test("the name of a row shows all of its cluster, and a button all clusters again", () => {
  expect(button("All clusters").hidden).toBe(true);
  mouse("click", -1);
  expect(ask.mock.calls).toEqual([
    ["configure", { panel: "members", options: { cluster: 1 } }],
    ["configure", { panel: "cluster_grid", options: { cluster: 1 } }],
  ]);
  view.draw(frame({ n_columns: null, groups: [GROUPS[0]] }));
  expect(notes.at(-1)).toBe("3 images");
  button("All clusters").click();
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "cluster_grid", options: { cluster: null } });
});

test("the keyboard walks, shows in full and chooses", () => {
  const said = () => view.el.querySelector(".spoken")!.textContent;
  for (const key of ["ArrowRight", "ArrowRight", "ArrowDown"]) press(key);
  expect(said()).toBe("image 21 · cluster 1 · distance 12300");
  press("Enter", { shiftKey: true });
  expect(ask).toHaveBeenCalledWith("configure", { panel: "members", options: { cluster: 1 } });
  press("Enter");
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "members", options: { enlarged: 21 } });
  button("Close").click();
  expect(ask).toHaveBeenLastCalledWith("configure", { panel: "members", options: { enlarged: null } });
  expect(press("Escape").defaultPrevented).toBe(true);
  expect(press("Escape").defaultPrevented).toBe(false);
});

test("CSV has the members", () => {
  expect(view.csv().split("\r\n").slice(0, 2)).toEqual(["cluster,image,label,distance", "4,10,six,1"]);
});
