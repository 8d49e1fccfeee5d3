import { expect, test } from "vitest";
import { count, format, rate } from "../format";

test.each([
  [0, "0"],
  [-8.4712, "−8.471"],
  [0.00041234, "0.0004123"],
  [0.00001234, "1.234e−5"],
  [1234567, "1.235e6"],
  [901.25, "901.3"],
  [NaN, "not a number"],
  [-Infinity, "−∞"],
])("format %d", (value, text) => expect(format(value)).toBe(text));

test("counts and rates", () => {
  expect(count(98412)).toBe("98,412");
  expect(rate(98412)).toBe("98,400");
  expect(rate(3.14159)).toBe("3.14");
});
