import { format } from "../format";
import type { Box } from "./box";
import { type Domain, follow, ticks } from "./domain";

/** Counts in bins of equal width. */
export interface Bins {
  counts: Float64Array;
  low: number;
  high: number;
  /** The values are decimal logarithms. */
  isLog: boolean;
  /** The values are whole numbers, which stand in the middle of a bin. */
  isWhole: boolean;
}

export interface Tick {
  at: number;
  text: string;
}

const BOTTOM = 20;
const TOP = 8;
const LETTER = 6;
/** On a scale of logarithms a bar of one has to be seen: the axis begins below it. */
const BELOW_ONE = Math.log10(0.5);

/** Lay the bars out; `labels` are those of the counts. */
export function layout(width: number, height: number, labels: readonly string[]): Box {
  const longest = labels.reduce((most, { length }) => Math.max(most, length), 1);
  const left = Math.min(longest * LETTER + 16, width / 2);
  return {
    left,
    right: Math.max(width - 14, left + 1),
    top: TOP,
    bottom: Math.max(height - BOTTOM, TOP + 1),
  };
}

/** The range of the axis of counts, steady from frame to frame; logarithms where `isLog`. */
export function countDomain(shown: Domain | null, counts: Float64Array, isLog: boolean): Domain {
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  return isLog ? [BELOW_ONE, Math.log10(most) + 0.08] : follow(shown, [0, most]);
}

/** How high a count stands, 0 to 1. */
export function level(count: number, [low, high]: Domain, isLog: boolean): number {
  if (count <= 0) return 0;
  return ((isLog ? Math.log10(count) : count) - low) / (high - low);
}

/** Counts to write at the axis, as many as fit; whole numbers all. */
export function countTicks(domain: Domain, isLog: boolean, height: number): Tick[] {
  const [low, high] = domain;
  const most = Math.max(Math.floor(height / 26), 1);
  const place = (value: number) => (value - low) / (high - low);
  if (!isLog) {
    const whole = ticks(domain, most).filter(Number.isInteger);
    return whole.map((value) => ({ at: place(value), text: format(value) }));
  }
  const every = Math.max(Math.ceil((Math.floor(high) + 1) / most), 1);
  const powers = Array.from({ length: Math.floor(Math.floor(high) / every) + 1 }, (_, i) => i * every);
  return powers.map((power) => ({ at: place(power), text: format(10 ** power) }));
}

/** Values to write below the bars. */
export function valueTicks({ low, high, isLog, isWhole }: Bins, width: number): Tick[] {
  const most = Math.max(Math.floor(width / 64), 2);
  const wider = [most, most + 1, most + 2].map((n) => ticks([low, high], n));
  const all = wider.find(({ length }) => length > 1) ?? [];
  const round = isLog || isWhole ? all.filter(Number.isInteger) : all;
  const shown = round.length > 1 || isWhole ? round : all;
  return shown.map((value) => ({
    at: (value - low) / (high - low),
    text: isLog ? format(10 ** value, 2) : format(value),
  }));
}

/** The outline of bars `first` to `last`, for an SVG path. */
export function outline(
  { counts }: Bins,
  { left, right, top, bottom }: Box,
  domain: Domain,
  isLog: boolean,
  [first, last]: [number, number],
): string {
  const pitch = (right - left) / (counts.length || 1);
  const gap = pitch > 3 ? 1 : 0;
  let path = "";
  for (let i = first; i <= last; i++) {
    const height = level(counts[i] ?? 0, domain, isLog) * (bottom - top);
    if (height <= 0) continue;
    const [x, y] = [(left + i * pitch).toFixed(2), (bottom - height).toFixed(2)];
    path += `M${x} ${bottom}V${y}h${(pitch - gap).toFixed(2)}V${bottom}z`;
  }
  return path;
}

/** The bin at a point, or -1. */
export function binAt({ counts }: Bins, { left, right }: Box, x: number): number {
  const bin = Math.floor(((x - left) / (right - left)) * counts.length);
  return x >= left && bin < counts.length ? bin : -1;
}

/** The ends of a bin as values; for whole numbers the first and the last of them. */
export function ends({ counts, low, high, isLog, isWhole }: Bins, bin: number): Domain {
  const width = (high - low) / counts.length;
  const [from, to] = [low + bin * width, low + (bin + 1) * width];
  if (isWhole) return [Math.round(from + 0.5), Math.round(to - 0.5)];
  return isLog ? [10 ** from, 10 ** to] : [from, to];
}

/** A bin's range in words. */
export function rangeText(bins: Bins, bin: number): string {
  const [from, to] = ends(bins, bin);
  if (bins.isWhole && from === to) return format(from, 12);
  return `${format(from, bins.isWhole ? 12 : 3)} to ${format(to, bins.isWhole ? 12 : 3)}`;
}
