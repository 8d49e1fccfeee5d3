import { expect, test } from "vitest";
import {
  type Bins,
  binAt,
  countDomain,
  countTicks,
  ends,
  layout,
  level,
  outline,
  rangeText,
  valueTicks,
} from "../../charts/histogram";

const bins = (counts: number[], more: Partial<Bins> = {}): Bins => ({
  counts: new Float64Array(counts),
  low: 0,
  high: 1,
  isLog: false,
  isWhole: false,
  ...more,
});

test("the height of a bar is its count, or the logarithm of it", () => {
  expect(level(5, [0, 10], false)).toBe(0.5);
  const domain = countDomain(null, new Float64Array([1, 1000]), true);
  const [one, ten, hundred] = [1, 10, 100].map((n) => level(n, domain, true)) as [number, number, number];
  expect(one).toBeGreaterThan(0.05);
  expect(ten - one).toBeCloseTo(hundred - ten, 9);
  expect(level(1000, domain, true)).toBeLessThan(1);
  expect([level(0, domain, true), level(0, [0, 10], false)]).toEqual([0, 0]);
});

test("the axis of counts holds still while the bars fill half of it", () => {
  const first = countDomain(null, new Float64Array([97, 3]), false);
  expect(first).toEqual([0, 100]);
  expect(countDomain(first, new Float64Array([60]), false)).toBe(first);
  expect(countDomain(first, new Float64Array([10]), false)[1]).toBeLessThan(15);
  expect(countDomain(null, new Float64Array([0, 0]), false)).toEqual([0, 1]);
});

test("counts are written as whole numbers, powers of ten where logarithms are drawn", () => {
  expect(countTicks([0, 2], false, 400).map(({ text }) => text)).toEqual(["0", "1", "2"]);
  const domain = countDomain(null, new Float64Array([5e4]), true);
  expect(countTicks(domain, true, 200).map(({ text }) => text)).toEqual(["1", "10", "100", "1000", "10000"]);
  expect(countTicks(domain, true, 60).map(({ text }) => text)).toEqual(["1", "1000"]);
  for (const { at } of countTicks(domain, true, 200)) expect(at >= 0 && at <= 1).toBe(true);
});

test("values are written as they are, logarithms as powers", () => {
  expect(valueTicks(bins([1]), 400).map(({ text }) => text)).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
  const log = bins([1], { low: -3.2, high: 0, isLog: true });
  expect(valueTicks(log, 300).map(({ text }) => text)).toEqual(["0.001", "0.01", "0.1", "1"]);
  const whole = bins([1, 1], { low: 2.5, high: 4.5, isWhole: true });
  expect(valueTicks(whole, 400).map(({ text }) => text)).toEqual(["3", "4"]);
});

test.each([5, 60, 400])("there are two values at least in %d pixels", (width) => {
  for (const [low, high] of [
    [0, 1],
    [1.7, 31.2],
    [-0.3, 0.00001],
    [1e6, 1e6 + 3],
  ] as const) {
    const shown = valueTicks(bins([1], { low, high }), width);
    expect(shown.length).toBeGreaterThan(1);
    for (const { at } of shown) expect(at > -1e-6 && at < 1 + 1e-6).toBe(true);
  }
});

test("bars stand side by side on the axis, and empty ones are left out", () => {
  const geometry = layout(216, 128, ["100"]);
  const path = outline(bins([2, 0, 1]), geometry, [0, 2], false, [0, 2]);
  const bars = [...path.matchAll(/M([\d.]+) ([\d.]+)V([\d.]+)h([\d.]+)V[\d.]+z/g)].map((m) =>
    m.slice(1).map(Number),
  );
  expect(bars).toHaveLength(2);
  const pitch = (geometry.right - geometry.left) / 3;
  expect(bars[0]).toEqual([geometry.left, geometry.bottom, geometry.top, expect.closeTo(pitch - 1, 1)]);
  expect(bars[1]![0]).toBeCloseTo(geometry.left + 2 * pitch, 1);
});

test("the bin at a point", () => {
  const shown = bins([1, 1, 1, 1]);
  const geometry = { left: 20, right: 100, top: 0, bottom: 10 };
  expect([19, 20, 39, 41, 99, 100, 130].map((x) => binAt(shown, geometry, x))).toEqual([
    -1, 0, 0, 1, 3, -1, -1,
  ]);
});

test("a bin's range in words", () => {
  expect(rangeText(bins([0, 0]), 1)).toBe("0.5 to 1");
  expect(rangeText(bins([0, 0], { low: -2, isLog: true, high: 0 }), 0)).toBe("0.01 to 0.1");
  expect(rangeText(bins([0, 0], { low: 2.5, isWhole: true, high: 4.5 }), 0)).toBe("3");
  expect(rangeText(bins([0, 0], { low: 2.5, isWhole: true, high: 8.5 }), 1)).toBe("6 to 8");
  expect(ends(bins([0, 0], { low: 2.5, isWhole: true, high: 8.5 }), 0)).toEqual([3, 5]);
});
