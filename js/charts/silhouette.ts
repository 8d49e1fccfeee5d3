import { format } from "../format";
import type { Box } from "./box";
import { type Domain, ticks } from "./domain";
import type { Palette } from "./palette";

/** Silhouettes of rows, cluster by cluster; `counts` and `means` belong to `clusters`. */
export interface Silhouettes {
  clusters: number[];
  counts: number[];
  means: number[];
  values: Float32Array;
  mean: number;
}

/** Where things stand, in CSS pixels: `bands` are the left ends of the clusters, and the right end of the last. */
export interface Geometry extends Box {
  bands: number[];
  /** Between two clusters. */
  gap: number;
}

const LEFT = 44;
const TOP = 6;
const BOTTOM = 18;
const LETTER = 6.4;
const FONT = 11;

export function layout({ counts }: Silhouettes, width: number, height: number): Geometry {
  const [left, right] = [Math.min(LEFT, width / 3), Math.max(width - 10, width / 3 + 1)];
  const bottom = Math.max(height - BOTTOM, TOP + 1);
  const pitch = (right - left) / (counts.length || 1);
  const gap = pitch >= 12 ? 2 : pitch >= 5 ? 1 : 0;
  const n = counts.reduce((sum, count) => sum + count, 0) || 1;
  const unit = (right - left - gap * Math.max(counts.length - 1, 0)) / n;
  const bands = [left];
  for (const count of counts) bands.push(bands.at(-1)! + count * unit + gap);
  bands[bands.length - 1]! -= counts.length ? gap : 0;
  return { left, right, top: TOP, bottom, bands, gap };
}

/** The lowest and the highest value to show; zero is always among them. */
export function range(values: Float32Array): Domain {
  return values.reduce<Domain>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [-0.1, 0.1],
  );
}

/** The cluster (by its place among those shown) at a point, or -1. */
export function bandAt({ bands }: Geometry, x: number): number {
  return bands.findIndex((left, k) => x >= left && x < (bands[k + 1] ?? -Infinity));
}

/** Share of a cluster's values that lie below 0. */
export function belowZero({ counts, values }: Silhouettes, band: number): number {
  const first = counts.slice(0, band).reduce((sum, count) => sum + count, 0);
  const own = values.subarray(first, first + counts[band]!);
  return own.filter((value) => value < 0).length / (own.length || 1);
}

export function draw(
  context: CanvasRenderingContext2D,
  shown: Silhouettes,
  geometry: Geometry,
  domain: Domain,
  palette: Palette,
  chosen: number,
): void {
  const { left, right, top, bottom, bands, gap } = geometry;
  const y = (value: number) => bottom - ((value - domain[0]) / (domain[1] - domain[0])) * (bottom - top);
  drawScale(context, geometry, domain, palette, y);
  if (chosen >= 0) {
    context.fillStyle = palette.wash;
    context.fillRect(bands[chosen]!, top, bands[chosen + 1]! - bands[chosen]!, bottom - top);
  }
  let first = 0;
  shown.counts.forEach((count, k) => {
    const [from, to] = [bands[k]!, bands[k + 1]! - (k < shown.counts.length - 1 ? gap : 0)];
    const values = shown.values.subarray(first, (first += count));
    context.globalAlpha = k === chosen ? 1 : k % 2 ? 0.6 : 0.85;
    context.fillStyle = palette.accent;
    fill(context, values, from, to, y, (value) => Math.max(value, 0));
    context.globalAlpha = 1;
    context.fillStyle = palette.bad;
    fill(context, values, from, to, y, (value) => Math.min(value, 0));
  });
  context.fillStyle = palette.dim;
  context.fillRect(left, Math.round(y(0)), right - left, 1);
  context.fillStyle = palette.ink;
  for (let x = left; x < right; x += 6) context.fillRect(x, Math.round(y(shown.mean)), 3, 1);
  drawNumbers(context, shown, geometry, palette, chosen);
}

/** Fill the steps between zero and the values, each as wide as its share of the band. */
function fill(
  context: CanvasRenderingContext2D,
  values: Float32Array,
  from: number,
  to: number,
  y: (value: number) => number,
  part: (value: number) => number,
): void {
  const unit = (to - from) / (values.length || 1);
  context.beginPath();
  context.moveTo(from, y(0));
  values.forEach((value, i) => {
    context.lineTo(from + i * unit, y(part(value)));
    context.lineTo(from + (i + 1) * unit, y(part(value)));
  });
  context.lineTo(to, y(0));
  context.fill();
}

function drawScale(
  context: CanvasRenderingContext2D,
  { left, right, top, bottom }: Geometry,
  domain: Domain,
  palette: Palette,
  y: (value: number) => number,
): void {
  context.font = `${FONT}px ${palette.family}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of ticks(domain, Math.max(Math.floor((bottom - top) / 28), 2))) {
    context.fillStyle = palette.line;
    context.fillRect(left, Math.round(y(value)), right - left, 1);
    context.fillStyle = palette.dim;
    context.fillText(format(value, 3), left - 6, y(value));
  }
}

/** Numbers of the clusters below them, where there is room. */
function drawNumbers(
  context: CanvasRenderingContext2D,
  { clusters }: Silhouettes,
  { bands, bottom, gap }: Geometry,
  palette: Palette,
  chosen: number,
): void {
  context.textAlign = "center";
  let free = -Infinity;
  const order = clusters.map((_, k) => k).filter((k) => k !== chosen);
  const place = (k: number) => (bands[k]! + bands[k + 1]! - gap) / 2;
  const half = (k: number) => (String(clusters[k]).length * LETTER) / 2 + 2;
  const taken = chosen < 0 ? null : [place(chosen) - half(chosen), place(chosen) + half(chosen)];
  const write = (k: number) => context.fillText(String(clusters[k]), place(k), bottom + BOTTOM / 2 + 1);
  context.fillStyle = palette.dim;
  for (const k of order) {
    const [from, to] = [place(k) - half(k), place(k) + half(k)];
    if (from < free || (taken && to > taken[0]! && from < taken[1]!)) continue;
    write(k);
    free = to;
  }
  if (chosen < 0) return;
  context.fillStyle = palette.ink;
  context.font = `600 ${FONT}px ${palette.family}`;
  write(chosen);
}
