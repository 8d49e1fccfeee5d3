import { table } from "../csv";
import type { Domain } from "./domain";

/** One line: points in the order of their steps, two where a bin of steps spans a range of values. */
export interface LinePoints {
  name: string;
  /** Which of the series' colours. */
  colour: number;
  steps: Float64Array;
  values: Float64Array;
  /** A running mean at the same points; empty where nothing is smoothed. */
  smooth: Float64Array;
}

/** What stands under the crosshair. */
export interface Reading {
  low: number;
  high: number;
  smooth: number | null;
}

/** Index of the first point whose step is at least `step`. */
function lowerBound(steps: Float64Array, step: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The point of any line nearest to `step`, or null where there is none. */
export function nearestStep(lines: readonly LinePoints[], step: number): number | null {
  const near = lines.flatMap(({ steps }) => {
    const after = lowerBound(steps, step);
    return [steps[after - 1], steps[after]].filter((found) => found !== undefined);
  });
  if (!near.length) return null;
  return near.reduce((best, found) => (Math.abs(found - step) < Math.abs(best - step) ? found : best));
}

/** The step of a point `move` places further along all lines; the ends are ends. From nowhere, 1 leads to the first. */
export function walk(lines: readonly LinePoints[], step: number | null, move: number): number | null {
  const all = allSteps(lines);
  if (!all.length) return null;
  if (step === null) return move === 1 || move === -Infinity ? all[0]! : all.at(-1)!;
  const at = lowerBound(all, step);
  const moved = move > 0 && all[at] !== step ? at + move - 1 : at + move;
  return all[Math.min(Math.max(moved, 0), all.length - 1)]!;
}

/** What a line shows at `step`: the bin that holds it, or null before the first and after the last point. */
export function readingAt({ steps, values, smooth }: LinePoints, step: number): Reading | null {
  const after = lowerBound(steps, step);
  if (after >= steps.length && steps.at(-1) !== step) return null;
  if (after === 0 && steps[0] !== step) return null;
  const first = steps[after] === step ? after : lowerBound(steps, steps[after - 1]!);
  const last = steps[first + 1] === steps[first] ? first + 1 : first;
  return { low: values[first]!, high: values[last]!, smooth: smooth[first] ?? null };
}

/** Smallest and largest value of all lines, and of their means, which may come from elsewhere; null without points. */
export function extent(lines: readonly LinePoints[]): Domain | null {
  let [low, high] = [Infinity, -Infinity];
  for (const value of lines.flatMap(({ values, smooth }) => [...values, ...smooth])) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : null;
}

/** A table of steps and a column for each line, two rows where a line has two points at a step. */
export function csv(lines: readonly LinePoints[]): string {
  const columns = lines.flatMap(({ name, steps, values, smooth }) => [
    { name, steps, values },
    ...(smooth.length ? [{ name: `${name} (smoothed)`, steps, values: smooth }] : []),
  ]);
  const rows: (string | number | null)[][] = [["step", ...columns.map(({ name }) => name)]];
  for (const step of allSteps(lines)) {
    const starts = columns.map(({ steps }) => lowerBound(steps, step));
    const isDouble = columns.some(({ steps }, i) => steps[starts[i]! + 1] === step);
    for (let row = 0; row < (isDouble ? 2 : 1); row++) {
      const cells = columns.map(({ steps, values }, i) => {
        const at = starts[i]! + row;
        return steps[at] === step ? values[at]! : null;
      });
      rows.push([step, ...cells]);
    }
  }
  return table(rows);
}

function allSteps(lines: readonly LinePoints[]): Float64Array {
  return Float64Array.from(new Set(lines.flatMap(({ steps }) => [...steps]))).sort();
}
