/** The range of a control, as its slider needs it. */
export interface Range {
  low: number;
  high: number;
  scale: "linear" | "log";
  is_integer: boolean;
  allows_zero: boolean;
}

/** Positions on a slider run from 0 to this. */
export const TRAVEL = 1000;
const ZERO_STOP = 50;

/** Where the range proper begins: a control that may be zero although its range starts above has a stop at the left. */
function start(range: Range): number {
  return range.allows_zero && range.low > 0 ? ZERO_STOP : 0;
}

/** Position of a value, 0 to TRAVEL. */
export function position(value: number, range: Range): number {
  const from = start(range);
  if (from && value <= 0) return 0;
  const { low, high } = range;
  const clamped = Math.min(Math.max(value, low), high);
  const share =
    range.scale === "log" ? Math.log(clamped / low) / Math.log(high / low) : (clamped - low) / (high - low);
  return from + share * (TRAVEL - from);
}

/** Value at a position, rounded to what a person would write: three digits, or a whole number. */
export function valueAt(at: number, range: Range): number {
  const from = start(range);
  if (at < from / 2) return from ? 0 : range.low;
  const share = Math.min(Math.max((at - from) / (TRAVEL - from), 0), 1);
  const { low, high } = range;
  const exact = range.scale === "log" ? low * (high / low) ** share : low + share * (high - low);
  const rounded = range.is_integer ? Math.round(exact) : Number(exact.toPrecision(3));
  return Math.min(Math.max(rounded, low), high);
}

/** The next value above (`direction` 1) or below (-1), as an arrow key asks for it: always a step further. */
export function nudge(value: number, direction: 1 | -1, range: Range): number {
  const at = position(value, range);
  for (let away = 1; away <= TRAVEL; away++) {
    const next = valueAt(at + direction * away, range);
    if ((next - value) * direction > 0) return next;
  }
  return value;
}

/** Read what a person typed; the message of the error says what is allowed. */
export function parse(text: string, range: Range): number {
  const value = Number(text.trim().replace("−", "-").replace(",", "."));
  const isZero = range.allows_zero && value === 0;
  const isInside = value >= range.low && value <= range.high;
  if (text.trim() === "" || Number.isNaN(value) || !(isZero || isInside)) throw new RangeError(words(range));
  if (range.is_integer && !Number.isInteger(value)) throw new RangeError(`whole numbers, ${words(range)}`);
  return value;
}

/** The range in words. */
export function words(range: Range): string {
  return `${range.allows_zero && range.low > 0 ? "0 or " : ""}${range.low} to ${range.high}`;
}
