import { expect, test } from "vitest";
import { count, format, rate, reading } from "../format";

test.each([
  [0, "0"],
  [-8.4712, "−8.471"],
  [0.00041234, "0.0004123"],
  [0.00001234, "1.234e−5"],
  [1234567, "1.235e6"],
  [901.25, "901.3"],
  [13451, "13450"],
  [NaN, "not a number"],
  [-Infinity, "−∞"],
])("format %d", (value, text) => expect(format(value)).toBe(text));

test("readings", () => {
  expect(reading(13451.4)).toBe("13,451");
  expect(reading(-20000)).toBe("−20,000");
  expect(reading(-8.4712)).toBe("−8.471");
});

test("counts and rates", () => {
  expect(count(98412)).toBe("98,412");
  expect(rate(98412)).toBe("98,400");
  expect(rate(3.14159)).toBe("3.14");
});
