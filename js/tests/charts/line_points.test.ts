import { expect, test } from "vitest";
import { type LinePoints, csv, extent, nearestStep, readingAt, walk } from "../../charts/line_points";

const line = (name: string, steps: number[], values: number[], smooth: number[] = []): LinePoints => ({
  name,
  colour: 0,
  steps: Float64Array.from(steps),
  values: Float64Array.from(values),
  smooth: Float64Array.from(smooth),
});
/** Bins from steps 1, 5 and 9; the second spans a range. */
const binned = line("binned", [1, 5, 5, 9], [2, 3, 7, 4]);

test.each([
  [0, 1],
  [2.9, 1],
  [3.1, 5],
  [8, 9],
  [99, 9],
])("the point nearest to step %d is at %d", (step, expected) => {
  expect(nearestStep([binned], step)).toBe(expected);
});

test("the nearest point may be of any line, and of none", () => {
  expect(nearestStep([binned, line("other", [7], [0])], 6.8)).toBe(7);
  expect(nearestStep([line("empty", [], [])], 3)).toBeNull();
});

test.each([
  [1, { low: 2, high: 2, smooth: null }],
  [5, { low: 3, high: 7, smooth: null }],
  [7, { low: 3, high: 7, smooth: null }],
  [9, { low: 4, high: 4, smooth: null }],
  [0, null],
  [10, null],
])("at step %d a line shows %o", (step, expected) => {
  expect(readingAt(binned, step)).toEqual(expected);
});

test("a smoothed line shows its mean too", () => {
  expect(readingAt(line("s", [1, 2], [4, 6], [4, 5]), 2)).toEqual({ low: 6, high: 6, smooth: 5 });
});

test("the keyboard walks along the points of all lines and stops at the ends", () => {
  const lines = [binned, line("other", [3], [0])];
  expect(walk(lines, null, 1)).toBe(1);
  expect(walk(lines, null, -1)).toBe(9);
  expect(walk(lines, 1, 1)).toBe(3);
  expect(walk(lines, 3, -1)).toBe(1);
  expect(walk(lines, 9, 1)).toBe(9);
  expect(walk(lines, 5, Infinity)).toBe(9);
  expect(walk(lines, 5, -Infinity)).toBe(1);
  expect(walk(lines, 4, 1)).toBe(5);
  expect(walk([], 4, 1)).toBeNull();
});

test("the extent is of all lines, and of means that lie outside a zoomed one", () => {
  expect(extent([line("zoomed", [3], [5], [-2])])).toEqual([-2, 5]);
  expect(extent([binned, line("other", [3], [-1])])).toEqual([-1, 7]);
  expect(extent([line("empty", [], [])])).toBeNull();
});

test("a table has a column a line and two rows where one has two points", () => {
  const other = line('a "b", c', [5, 6], [0.5, 0.25], [0.5, 0.375]);
  expect(csv([binned, other])).toBe(
    'step,binned,"a ""b"", c","a ""b"", c (smoothed)"\r\n' +
      "1,2,,\r\n5,3,0.5,0.5\r\n5,7,,\r\n6,,0.25,0.375\r\n9,4,,\r\n",
  );
});
