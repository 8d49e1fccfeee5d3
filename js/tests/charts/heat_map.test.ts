import { expect, test } from "vitest";
import { type HeatMap, cellAt, cellBeside, colourAt, layout, pixels, placeText } from "../../charts/heat_map";

const map = (rows: number, columns: number, more: Partial<HeatMap> = {}): HeatMap => ({
  cells: [rows, columns],
  shape: [rows, columns],
  values: new Float32Array(rows * columns),
  labels: null,
  ...more,
});

/** Relative luminance as WCAG defines it. */
function luminance(colour: readonly number[]): number {
  const [r, g, b] = colour.map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

test("colours become lighter all the way", () => {
  const lights = Array.from({ length: 101 }, (_, i) => luminance(colourAt(i / 100)));
  lights.slice(1).forEach((light, i) => expect(light).toBeGreaterThanOrEqual(lights[i]!));
  expect([colourAt(-1), colourAt(2)]).toEqual([
    [68, 1, 84],
    [253, 231, 37],
  ]);
});

test("every value gets its colour, what is no number none", () => {
  const made = pixels(new Float32Array([0, 5, 10, 99, NaN]), [0, 10]);
  const cell = (i: number) => [...made.subarray(4 * i, 4 * i + 4)];
  expect(cell(0)).toEqual([68, 1, 84, 255]);
  expect(cell(2)).toEqual([253, 231, 37, 255]);
  expect(cell(3)).toEqual(cell(2));
  expect(cell(4)).toEqual([0, 0, 0, 0]);
  expect(luminance(cell(1).slice(0, 3))).toBeGreaterThan(luminance(cell(0).slice(0, 3)));
});

test("a range without width does no harm", () => {
  expect(pixels(new Float32Array([1]), [1, 1])[3]).toBe(255);
});

test.each([
  [500, 400],
  [200, 120],
  [60, 50],
  [900, 150],
])("all stands inside %d by %d pixels", (width, height) => {
  const labels = Array.from({ length: 5 }, (_, i) => `${i} a rather long name`);
  for (const shown of [map(5, 5, { labels }), map(300, 20), map(1, 1), map(64, 64)]) {
    const { left, top, bar, ...cells } = layout(shown, width, height);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left + cells.width).toBeLessThanOrEqual(width);
    expect(top + cells.height).toBeLessThanOrEqual(bar.top);
    expect(bar.top + bar.height).toBeLessThanOrEqual(height);
    if (shown.cells[0] === shown.cells[1]) expect(cells.width).toBe(cells.height);
  }
});

test("names are written only where there is room", () => {
  const labels = Array.from({ length: 40 }, (_, i) => `${i} film`);
  expect(layout(map(40, 40, { labels }), 700, 600).hasRowLabels).toBe(true);
  expect(layout(map(40, 40, { labels }), 700, 600).hasColumnLabels).toBe(false);
  expect(layout(map(40, 40, { labels }), 200, 600).hasRowLabels).toBe(false);
  expect(layout(map(4, 4, { labels: labels.slice(0, 4) }), 300, 300).hasColumnLabels).toBe(true);
});

test("the cell under a point", () => {
  const shown = map(2, 4);
  const { left, top, width, height } = layout(shown, 416, 234);
  expect(cellAt(shown, layout(shown, 416, 234), left + 1, top + 1)).toBe(0);
  expect(cellAt(shown, layout(shown, 416, 234), left + width - 1, top + height - 1)).toBe(7);
  expect(cellAt(shown, layout(shown, 416, 234), left + width + 1, top + 1)).toBe(-1);
  expect(cellAt(shown, layout(shown, 416, 234), left + 1, top + height + 2)).toBe(-1);
});

test("keys walk through the cells and stay inside", () => {
  const shown = map(3, 4);
  expect(cellBeside(shown, -1, "ArrowRight")).toBe(0);
  expect(cellBeside(shown, 0, "ArrowRight")).toBe(1);
  expect(cellBeside(shown, 0, "ArrowDown")).toBe(4);
  expect(cellBeside(shown, 3, "ArrowRight")).toBe(3);
  expect(cellBeside(shown, 5, "Home")).toBe(4);
  expect(cellBeside(shown, 5, "End")).toBe(7);
  expect(cellBeside(shown, 5, "PageDown")).toBe(9);
  expect(cellBeside(shown, 5, "a")).toBeUndefined();
});

test("what a row stands for, in words", () => {
  expect(placeText(map(3, 3, { labels: ["0 film", "1 war", "2 love"] }), 0, 1)).toBe("1 war");
  expect(placeText(map(3, 3), 1, 2)).toBe("column 2");
  const shared = map(4, 2, { shape: [15, 2] });
  expect([0, 3].map((i) => placeText(shared, 0, i))).toEqual(["rows 0 to 3", "rows 12 to 14"]);
});
