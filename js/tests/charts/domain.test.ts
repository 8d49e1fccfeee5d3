import { expect, test } from "vitest";
import {
  type Domain,
  follow,
  followBoth,
  logTicks,
  nice,
  niceLog,
  tickFormat,
  ticks,
} from "../../charts/domain";

test.each<[Domain, Domain]>([
  [
    [-9.13, -8.42],
    [-9.2, -8.4],
  ],
  [
    [0, 1],
    [0, 1],
  ],
  [
    [0.00021, 0.00078],
    [0.0002, 0.0008],
  ],
  [
    [900, 4035],
    [0, 5000],
  ],
])("round numbers around %o are %o", (values, expected) => {
  const shown = nice(values);
  expect(shown[0]).toBeCloseTo(expected[0], 12);
  expect(shown[1]).toBeCloseTo(expected[1], 12);
});

test.each([0, 5, -0.001])("a constant %d has room around it", (value) => {
  const [low, high] = nice([value, value]);
  expect(low).toBeLessThan(value);
  expect(high).toBeGreaterThan(value);
});

test("ticks are round and inside", () => {
  expect(ticks([-9.2, -8.4])).toEqual([-9.2, -9, -8.8, -8.6, -8.4]);
  expect(ticks([0, 0.0008])).toEqual([0, 0.0002, 0.0004, 0.0006, 0.0008]);
  expect(ticks([0, 5000])).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
});

test.each<[number[], string]>([
  [[0, 5000], ",.0~f"],
  [[-9.2, -9], ",.1~f"],
  [[0, 0.0005, 0.001], ",.4~f"],
  [[0, 1e-7], ".1~e"],
  [[1], ",.0~f"],
])("ticks %o are written as %s", (shown, expected) => {
  expect(tickFormat(shown)).toBe(expected);
});

test("the range grows at once and shrinks late", () => {
  let shown = follow(null, [0, 10]);
  expect(follow(shown, [2, 9])).toBe(shown);
  const grown = follow(shown, [0, 23]);
  expect(grown[1]).toBeGreaterThanOrEqual(23);
  shown = grown;
  expect(follow(shown, [0, 16])).toBe(shown);
  expect(follow(shown, [0, 4])[1]).toBeLessThan(10);
});

test.each<[Domain, Domain]>([
  [
    [0.013, 480],
    [0.01, 500],
  ],
  [
    [3, 3],
    [2, 5],
  ],
  [
    [2, 2],
    [1, 5],
  ],
  [
    [1e-7, 1],
    [1e-7, 1],
  ],
])("a logarithmic axis around %o spans %o", (values, expected) => {
  expect(niceLog(values)).toEqual(expected);
});

test("ticks of a logarithmic axis are powers of ten where more would not fit", () => {
  expect(logTicks([1, 50])).toEqual([1, 2, 5, 10, 20, 50]);
  expect(logTicks([0.01, 500])).toEqual([0.01, 0.1, 1, 10, 100]);
  expect(logTicks([1e-8, 1])).toEqual([1e-8, 1e-6, 1e-4, 0.01, 1]);
});

test("about zero, each side holds still and shrinks on its own", () => {
  const shown: Domain = [-4, 8];
  expect(followBoth(null, [-4, 8])).toEqual(shown);
  expect(followBoth(shown, [-2.1, 5])).toEqual(shown);
  expect(followBoth(shown, [-1, 8])).toEqual([-1, 8]);
  expect(followBoth(shown, [0, 8])).toEqual([0, 8]);
  expect(followBoth(shown, [-5, 8])[0]).toBeLessThanOrEqual(-5);
});
