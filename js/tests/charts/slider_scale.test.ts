import { describe, expect, test } from "vitest";
import { type Range, TRAVEL, nudge, parse, position, valueAt } from "../../charts/slider_scale";

const linear: Range = { low: 0, high: 50, scale: "linear", is_integer: false, allows_zero: false };
const log: Range = { low: 0.001, high: 10, scale: "log", is_integer: false, allows_zero: false };
const zero: Range = { ...log, allows_zero: true };
const whole: Range = { low: 1, high: 20, scale: "linear", is_integer: true, allows_zero: false };

describe("position and value", () => {
  test.each([
    [linear, 0, 0],
    [linear, 50, TRAVEL],
    [linear, 12.5, TRAVEL / 4],
    [log, 0.001, 0],
    [log, 0.1, TRAVEL / 2],
    [log, 10, TRAVEL],
    [zero, 0, 0],
    [zero, 0.001, 50],
    [zero, 10, TRAVEL],
  ])("position of %o at %d is %d", (range, value, at) => {
    expect(position(value, range)).toBeCloseTo(at, 9);
  });

  test.each([linear, log, zero, whole])("a value comes back from its position: %o", (range) => {
    for (let at = 0; at <= TRAVEL; at += 7) {
      const value = valueAt(at, range);
      expect(valueAt(position(value, range), range)).toBe(value);
      expect(value === 0 ? range.allows_zero || range.low === 0 : value >= range.low).toBe(true);
      expect(value).toBeLessThanOrEqual(range.high);
    }
  });

  test("the far left of a log slider is zero where zero is allowed", () => {
    expect(valueAt(0, zero)).toBe(0);
    expect(valueAt(24, zero)).toBe(0);
    expect(valueAt(26, zero)).toBe(0.001);
    expect(valueAt(0, log)).toBe(0.001);
  });

  test("values have three digits, whole ones none", () => {
    expect(valueAt(334, linear)).toBe(16.7);
    expect(valueAt(333, whole)).toBe(7);
  });

  test("what lies outside the range is shown at its end", () => {
    expect(position(99, linear)).toBe(TRAVEL);
    expect(position(-1, linear)).toBe(0);
  });
});

const narrow: Range = { ...log, low: 1, high: 2 };

describe("nudge", () => {
  test.each([
    [whole, 7, 1, 8],
    [whole, 7, -1, 6],
    [whole, 20, 1, 20],
    [zero, 0, 1, 0.001],
    [zero, 0.001, -1, 0],
    [narrow, 1.5, 1, 1.51],
    [log, 0.1, 1, 0.101],
  ] as const)("in %o from %d by %d comes %d", (range, value, direction, next) => {
    expect(nudge(value, direction, range)).toBe(next);
  });

  test.each([linear, log, zero, whole, narrow])("arrows reach both ends of %o", (range) => {
    let value = range.low;
    for (let i = 0; i < 1100; i++) value = nudge(value, 1, range);
    expect(value).toBe(range.high);
    for (let i = 0; i < 1100; i++) value = nudge(value, -1, range);
    expect(value).toBe(range.allows_zero ? 0 : range.low);
  });
});

describe("parse", () => {
  test.each([
    ["0.5", log, 0.5],
    [" 1e-2 ", log, 0.01],
    ["0,5", log, 0.5],
    ["0", zero, 0],
    ["7", whole, 7],
  ])("%s", (text, range, value) => expect(parse(text, range)).toBe(value));

  test.each([
    ["", log, "0.001 to 10"],
    ["x", log, "0.001 to 10"],
    ["11", zero, "0 or 0.001 to 10"],
    ["−1", linear, "0 to 50"],
    ["2.5", whole, "whole numbers, 1 to 20"],
  ])("%s is refused with what is allowed", (text, range, words) => {
    expect(() => parse(text, range)).toThrow(words);
  });
});
