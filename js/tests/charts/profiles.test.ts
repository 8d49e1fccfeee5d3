import { expect, test, vi } from "vitest";
import { COLOURS, type Palette } from "../../charts/palette";
import { type Profiles, barAt, barBeside, draw, layout, range, title } from "../../charts/profiles";

const palette = Object.fromEntries([...COLOURS, "family"].map((name) => [name, name])) as Palette;

function profiles(n: number, nBars: number): Profiles {
  const numbers = Array.from({ length: n }, (_, i) => i);
  return {
    what: "cluster",
    numbers,
    shares: numbers.map(() => 1 / n),
    labels: Array.from({ length: nBars }, (_, i) => `feature ${i}`),
    starts: [],
    bars: new Float32Array(n * nBars).map((_, i) => (i % 2 ? -1 : 2)),
  };
}

/** A canvas context that writes down boxes by colour, bars or the corners of their outline, and texts. */
function recorder() {
  const boxes: { colour: string; x: number; y: number; width: number; height: number }[] = [];
  const bars: number[][] = [];
  const texts: string[] = [];
  const rooms: (number | undefined)[] = [];
  const context = {
    beginPath: vi.fn(),
    fill: vi.fn(),
    moveTo: (x: number, y: number) => bars.push([x, y, 0, 0]),
    lineTo: (x: number, y: number) => bars.push([x, y, 0, 0]),
    save: vi.fn(),
    restore: vi.fn(),
    translate: vi.fn(),
    rotate: vi.fn(),
    rect: (...box: number[]) => bars.push(box),
    fillRect: (x: number, y: number, width: number, height: number) =>
      boxes.push({ colour: context.fillStyle, x, y, width, height }),
    fillText: (text: string, _x: number, _y: number, room?: number) => (texts.push(text), rooms.push(room)),
    fillStyle: "",
  };
  return { context: context as unknown as CanvasRenderingContext2D, boxes, bars, texts, rooms };
}

test.each([
  [1, 4, 700, 400],
  [6, 13, 780, 560],
  [16, 64, 320, 560],
  [256, 64, 780, 560],
  [256, 64, 310, 570],
])("%i profiles of %i bars fit into %i by %i", (n, nBars, width, height) => {
  const shown = profiles(n, nBars);
  const geometry = layout(shown, width, height);
  const rows = Math.ceil(n / geometry.columns);
  const lastRight = geometry.left + (geometry.columns - 1) * geometry.wide + geometry.width;
  expect(lastRight).toBeLessThanOrEqual(width);
  expect(geometry.top + rows * geometry.high + geometry.names).toBeLessThanOrEqual(height);
  expect(geometry.height).toBeGreaterThan(4);
  const { context, bars } = recorder();
  draw(context, shown, geometry, range(shown), palette, -1);
  expect(bars.length).toBeGreaterThanOrEqual(n * nBars);
  for (const [x, y, , high] of bars as [number, number, number, number][]) {
    expect(x).toBeLessThanOrEqual(width);
    expect(Math.min(y, y + high)).toBeGreaterThanOrEqual(0);
    expect(Math.max(y, y + high)).toBeLessThanOrEqual(height);
  }
});

test("features are named below where there is room", () => {
  const few = profiles(4, 5);
  const { context, texts } = recorder();
  draw(context, few, layout(few, 700, 400), range(few), palette, -1);
  expect(texts.filter((text) => text === "feature 3")).toHaveLength(2);
  expect(layout(profiles(4, 60), 700, 400).names).toBe(0);
  const long = { ...few, labels: few.labels.map((label) => `the very long name of ${label}`) };
  const other = recorder();
  draw(other.context, long, layout(long, 700, 400), range(long), palette, -1);
  expect(other.texts.filter((text) => /^the very long.*…$/.test(text))).toHaveLength(2 * 5);
  expect(other.rooms.at(-1)).toBeLessThan(layout(long, 700, 400).names);
});

test("all bars of the same feature are found again by pointer and by keys", () => {
  const shown = profiles(6, 13);
  const geometry = layout(shown, 780, 560);
  const { left, top, wide, high, width, text, columns } = geometry;
  const at = (k: number, bar: number) =>
    barAt(
      shown,
      geometry,
      left + (k % columns) * wide + ((bar + 0.5) * width) / 13,
      top + Math.floor(k / columns) * high + text + 9,
    );
  for (const [k, bar] of [
    [0, 0],
    [1, 12],
    [5, 7],
  ] as const) {
    expect(at(k, bar)).toBe(13 * k + bar);
  }
  expect(barAt(shown, geometry, left + width + 3, top + 30)).toBe(-1);
  expect(barAt(shown, geometry, 1, 1)).toBe(-1);
  const keys = (from: number, key: string) => barBeside(shown, from, key);
  expect([keys(-1, "ArrowRight"), keys(0, "ArrowRight"), keys(0, "ArrowDown")]).toEqual([0, 1, 13]);
  expect([keys(0, "ArrowUp"), keys(0, "ArrowLeft"), keys(3, "End")]).toEqual([65, 77, 77]);
  expect(keys(3, "a")).toBeUndefined();
});

test("the chosen feature is marked in every profile", () => {
  const shown = profiles(4, 5);
  const { context, boxes } = recorder();
  draw(context, shown, layout(shown, 700, 400), range(shown), palette, 7);
  expect(boxes.filter(({ colour }) => colour === "mark")).toHaveLength(4);
  expect(boxes.filter(({ colour }) => colour === "wash")).toHaveLength(1);
});

test("the chosen cluster stays marked wherever the pointer is", () => {
  const shown = profiles(4, 5);
  const washed = (at: number) => {
    const { context, boxes } = recorder();
    draw(context, shown, layout(shown, 700, 400), range(shown), palette, at, 2);
    return boxes.filter(({ colour }) => colour === "wash").length;
  };
  expect([washed(-1), washed(0), washed(10)]).toEqual([1, 2, 1]);
});

test("a cluster without rows does not decide the scale, and its bars end at the edge", () => {
  const shown = { ...profiles(2, 2), shares: [1, 0], bars: new Float32Array([1, -1, 1000, -1000]) };
  expect(range(shown)).toEqual([-1, 1]);
  expect(range({ ...shown, shares: [0, 0] })).toEqual([-1, 1]);
  const { context, bars } = recorder();
  draw(context, shown, layout(shown, 700, 400), [-1, 1], palette, -1);
  for (const [, y, , high] of bars as [number, number, number, number][]) {
    expect(Math.min(y, y + high)).toBeGreaterThanOrEqual(0);
  }
});

test("a title says as much as there is room for", () => {
  expect([200, 60, 20, 3].map((width) => title("cluster", 12, 0.0312, width))).toEqual([
    "cluster 12 · 3.1 %",
    "12 · 3.1 %",
    "12",
    "",
  ]);
});
