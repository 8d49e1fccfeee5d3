import { expect, test, vi } from "vitest";
import {
  type Grid,
  corner,
  draw,
  imageAt,
  imageBeside,
  layout,
  percent,
  snapped,
} from "../../charts/image_grid";
import { COLOURS, type Palette } from "../../charts/palette";

const palette = Object.fromEntries([...COLOURS, "family"].map((name) => [name, name])) as Palette;
const size = (width: number, height = width) => ({ width, height });

/** A canvas context that writes down boxes and texts. */
function recorder() {
  const boxes: { colour: string; width: number }[] = [];
  const texts: string[] = [];
  const outlines: string[] = [];
  const context = {
    save: vi.fn(),
    restore: vi.fn(),
    translate: vi.fn(),
    fillStyle: "",
    strokeStyle: "",
    fillRect: (_x: number, _y: number, width: number) => boxes.push({ colour: context.fillStyle, width }),
    strokeRect: () => outlines.push(context.strokeStyle),
    fillText: (text: string) => texts.push(text),
  };
  return { context: context as unknown as CanvasRenderingContext2D, boxes, texts, outlines };
}

function drawn(grid: Grid, shares: number[], marks = { at: -1, chosen: -1 }) {
  const recorded = recorder();
  const drawTile = vi.fn();
  const window = { x: 0, y: 0, width: grid.width, height: grid.height };
  const clusters = { numbers: shares.map((_, i) => 10 + i), shares, without: [11] };
  draw(recorded.context, { grid, clusters, window, palette, marks, drawTile });
  return { ...recorded, drawTile };
}

test.each([
  [32, size(8), size(460, 430)],
  [256, size(28), size(660, 430)],
  [10, size(28), size(300, 160)],
  [7, size(20, 30), size(900, 300)],
  [1, size(28), size(500, 500)],
])("%d images of %o all stand in a room of %o and none on another", (n, image, room) => {
  const grid = layout(n, image, room);
  expect([grid.width, grid.height]).toEqual([room.width, room.height]);
  for (let i = 0; i < n; i++) {
    const [x, y] = corner(grid, i);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + grid.tile.width).toBeLessThanOrEqual(room.width);
    expect(y + grid.tile.height + grid.label).toBeLessThanOrEqual(room.height);
    expect(imageAt(grid, x + 1, y + 1)).toBe(i);
    expect(imageAt(grid, x + grid.tile.width - 1, y + grid.tile.height + grid.label - 1)).toBe(i);
  }
  expect(grid.pitch.x).toBeGreaterThan(grid.tile.width);
  expect(grid.pitch.y).toBeGreaterThan(grid.tile.height + grid.label);
});

test("no other number of columns would give larger images", () => {
  const [image, room] = [size(8), size(460, 430)];
  const { tile } = layout(32, image, room);
  const larger = tile.width + 8;
  const fits = (columns: number) =>
    columns * (larger + 5) <= room.width - 16 && Math.ceil(32 / columns) * (larger + 26) <= room.height - 16;
  expect(Array.from({ length: 32 }, (_, i) => fits(i + 1))).not.toContain(true);
  expect(tile.width % 8).toBe(0);
});

test("from twice their size on, pixels are whole pixels of the screen", () => {
  expect(snapped(2.9, 4, 1)).toBe(2);
  expect(snapped(1.7, 4, 1)).toBe(1.7);
  expect(snapped(1.7, 4, 2)).toBe(1.5);
  expect(snapped(-1, 4, 1)).toBe(0);
  const { tile, n } = layout(20, size(8), size(517, 389), 1.5);
  expect(((tile.width * 1.5) / 8) % 1).toBeCloseTo(0, 6);
  const grid = layout(20, size(8), size(517, 389), 1.5);
  for (let i = 0; i < n; i++) {
    for (const length of corner(grid, i, 1.5)) expect((length * 1.5) % 1).toBeCloseTo(0, 6);
  }
});

test("too many for the room reach out of it below", () => {
  const grid = layout(256, size(28), size(200, 150));
  expect(grid.width).toBe(200);
  expect(grid.height).toBeGreaterThan(150);
  expect(grid.tile.width).toBeGreaterThanOrEqual(16);
  expect(imageAt(grid, ...corner(grid, 255))).toBe(255);
});

test("no images, or no room: nothing to point at, no endless loop", () => {
  expect(imageAt(layout(0, size(8), size(300, 200)), 20, 20)).toBe(-1);
  const none = layout(9, size(8), size(0, 0));
  expect(none.tile.width).toBeGreaterThan(0);
});

test("beside and below the last image there is none", () => {
  const grid = layout(5, size(8), size(300, 220));
  const [x, y] = corner(grid, 4);
  expect(imageAt(grid, x + grid.pitch.x, y)).toBe(-1);
  expect(imageAt(grid, 0, 0)).toBe(-1);
});

test("keys walk through rows and columns and stay inside", () => {
  const grid = { n: 7, columns: 3 };
  const from = (i: number, key: string) => imageBeside(grid, i, key);
  expect([from(-1, "ArrowRight"), from(-1, "ArrowUp"), from(-1, "End")]).toEqual([0, 0, 6]);
  expect([from(1, "ArrowRight"), from(1, "ArrowLeft"), from(1, "ArrowDown")]).toEqual([2, 0, 4]);
  expect([from(1, "ArrowUp"), from(6, "ArrowRight"), from(5, "ArrowDown")]).toEqual([1, 6, 5]);
  expect([from(4, "Home"), from(2, "End"), from(2, "x")]).toEqual([0, 6, undefined]);
  expect(imageBeside({ n: 0, columns: 1 }, -1, "ArrowRight")).toBeUndefined();
});

test("every cluster has its image, its number, its share and a bar as long as that", () => {
  const grid = layout(3, size(8), size(600, 200));
  const { drawTile, texts, boxes, outlines } = drawn(grid, [0.5, 0.25, 0]);
  expect(drawTile.mock.calls.map(([, i]) => i)).toEqual([0]); // 11 has no image, 12 is empty
  expect(texts).toEqual(["50 %", "10", "25 %", "11", "empty", "12"]);
  const bars = boxes.filter(({ colour }) => colour === "dot").map(({ width }) => width / grid.tile.width);
  expect(bars).toEqual([1, 0.5, 0]);
  expect(outlines).toEqual(["line", "line", "line"]);
});

test("the chosen one and the one under the pointer are outlined", () => {
  const grid = layout(3, size(8), size(600, 200));
  const { outlines, boxes } = drawn(grid, [0.5, 0.3, 0.2], { at: 0, chosen: 2 });
  expect(outlines).toEqual(["accent", "line", "accent"]);
  expect(boxes.filter(({ colour }) => colour === "accent")).toHaveLength(1);
});

test("small images have bars and no text", () => {
  const { texts, boxes } = drawn(layout(256, size(28), size(460, 430)), Array(256).fill(1 / 256));
  expect(texts).toEqual([]);
  expect(boxes).toHaveLength(512);
});

test("only what is scrolled to is drawn", () => {
  const grid = layout(256, size(28), size(200, 150));
  const { context } = recorder();
  const drawTile = vi.fn();
  const clusters = { numbers: [...Array(256).keys()], shares: Array(256).fill(1) as number[], without: [] };
  const window = { x: 0, y: grid.height - 150, width: 200, height: 150 };
  draw(context, { grid, clusters, window, palette, marks: { at: -1, chosen: -1 }, drawTile });
  const shown = drawTile.mock.calls.map(([, i]) => i as number);
  expect(shown.length).toBeLessThan(100);
  expect([shown[0]! > 100, shown.at(-1)]).toEqual([true, 255]);
});

test("shares are short", () => {
  expect([0.5, 0.0995, 0.0994, 0.0123, 0.0001, 0].map(percent)).toEqual([
    "50 %",
    "10 %",
    "9.9 %",
    "1.2 %",
    "<0.1 %",
    "0 %",
  ]);
});
