/** A number for a person: `digits` significant digits, no trailing zeros, a true minus sign. */
export function format(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const rounded = Number(value.toPrecision(digits));
  const isPlain = size === 0 || (size >= 1e-4 && size < 1e6);
  const text = isPlain ? String(rounded) : rounded.toExponential().replace("e+", "e");
  return text.replaceAll("-", "−");
}

/** A number to read off, not to edit: thousands separated. */
export function reading(value: number): string {
  return Math.abs(value) >= 1e4 && Math.abs(value) < 1e6 ? count(value).replace("-", "−") : format(value);
}

/** A whole number with thousands separated. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A rate: three significant digits, thousands separated. */
export function rate(value: number): string {
  return value >= 100 ? count(Number(value.toPrecision(3))) : format(value, 3);
}
