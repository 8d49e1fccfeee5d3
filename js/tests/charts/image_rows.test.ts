import { expect, test, vi } from "vitest";
import { NOTHING, corner, draw, hit, imageBeside, layout, lineOf } from "../../charts/image_rows";
import { COLOURS, type Palette } from "../../charts/palette";

const palette = Object.fromEntries([...COLOURS, "family"].map((name) => [name, name])) as Palette;
const SIZE = { width: 8, height: 8 };

const group = (number: number, n: number) => ({
  number,
  share: 0.25,
  rows: Array.from({ length: n }, (_, i) => 100 * number + i),
});
const GROUPS = [group(7, 5), group(2, 0), group(9, 3)];

test("a line for each group, with its name at the left", () => {
  const rows = layout(GROUPS, 5, SIZE, { width: 400, height: 300 });
  expect(rows.lines.map(({ group, first, n }) => [group, first, n])).toEqual([
    [0, 0, 5],
    [1, 5, 0],
    [2, 5, 3],
  ]);
  const last = rows.lines[2]!;
  const [x, y] = corner(rows, last, 6);
  expect(hit(rows, x + 2, y + 2)).toEqual({ image: 6, group: 2 });
  expect(hit(rows, 4, y + 2)).toEqual({ image: -1, group: 2 });
  expect(hit(rows, x + 3 * rows.pitch.x, y + 2)).toBe(NOTHING);
  expect(hit(rows, x, 299)).toBe(NOTHING);
  expect(lineOf(rows, 4)).toBe(0);
});

test("one group fills the room, and groups too wide for it wrap", () => {
  const one = layout([group(1, 30)], null, SIZE, { width: 330, height: 200 });
  expect(one.lines.length).toBeGreaterThan(2);
  expect(one.left).toBeLessThan(20);
  const slim = layout([group(1, 12)], 12, SIZE, { width: 190, height: 200 });
  expect(slim.lines.map(({ n }) => n)).toEqual([6, 6]);
  const narrow = layout(GROUPS, 12, SIZE, { width: 110, height: 200 });
  expect(narrow.lines.filter(({ group }) => group === 0).length).toBeGreaterThan(1);
  for (const { rows, images } of [
    { rows: one, images: 30 },
    { rows: narrow, images: 8 },
  ]) {
    for (let i = 0; i < images; i++) {
      const [x] = corner(rows, rows.lines[lineOf(rows, i)]!, i);
      expect(x + rows.tile.width).toBeLessThanOrEqual(rows.width);
    }
  }
});

test("what does not fit is below", () => {
  const many = Array.from({ length: 64 }, (_, i) => group(i, 12));
  const rows = layout(many, 12, SIZE, { width: 320, height: 150 });
  expect(rows.height).toBeGreaterThan(64 * rows.tile.height);
});

test("keys walk through lines of unequal length", () => {
  const rows = layout(GROUPS, 5, SIZE, { width: 400, height: 300 });
  const from = (i: number, key: string) => imageBeside(rows, i, key);
  expect([from(-1, "ArrowDown"), from(4, "ArrowRight"), from(5, "ArrowLeft")]).toEqual([0, 5, 4]);
  expect([from(4, "ArrowDown"), from(6, "ArrowUp"), from(0, "ArrowUp")]).toEqual([7, 1, 0]);
  expect([from(7, "ArrowRight"), from(3, "Home"), from(3, "End"), from(3, "a")]).toEqual([
    7,
    0,
    7,
    undefined,
  ]);
  expect(imageBeside(layout([], 5, SIZE, { width: 9, height: 9 }), -1, "ArrowDown")).toBeUndefined();
});

test("images and names are drawn, the one at the cursor outlined", () => {
  const rows = layout(GROUPS, 5, SIZE, { width: 400, height: 300 });
  const texts: string[] = [];
  const outlines: string[] = [];
  const context = {
    save: vi.fn(),
    restore: vi.fn(),
    translate: vi.fn(),
    strokeStyle: "",
    strokeRect: () => outlines.push(context.strokeStyle),
    fillText: (text: string) => texts.push(text),
  };
  const drawTile = vi.fn();
  const window = { x: 0, y: 0, width: 400, height: 300 };
  const at = { image: 6, group: 2 };
  draw(context as unknown as CanvasRenderingContext2D, {
    rows,
    groups: GROUPS,
    window,
    palette,
    at,
    drawTile,
  });
  expect(drawTile.mock.calls.map(([, i]) => i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(texts).toEqual(["7", "25 %", "2", "25 %", "9", "25 %"]);
  expect(outlines.map((colour) => colour === "accent")).toEqual([0, 0, 0, 0, 0, 0, 1, 0].map(Boolean));
});
