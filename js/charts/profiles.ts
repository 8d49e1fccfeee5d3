import type { Domain } from "./domain";
import { percent } from "./image_grid";
import type { Palette } from "./palette";

/** Bars of clusters, one row after the other. */
export interface Profiles {
  /** What each of them is: a cluster, a part. */
  what: string;
  numbers: number[];
  shares: number[];
  labels: string[];
  /** Where blocks of features begin, in bars. */
  starts: number[];
  bars: Float32Array;
}

/** Where things stand, in CSS pixels: tiles in rows, each with a line of text above its bars. */
export interface Geometry {
  columns: number;
  left: number;
  top: number;
  wide: number;
  high: number;
  /** Room of a tile for its text, 0 where there is none, and for its bars. */
  text: number;
  width: number;
  height: number;
  /** Room below all tiles for the names of the features; 0 where they find none. */
  names: number;
}

const PAD = 8;
const GAP = { x: 12, y: 6 };
const TEXT = 15;
/** A tile is best twice as wide as high. */
const ASPECT = 2;
const LETTER = 6;
const FONT = 11;
const MIN_PITCH = 12;
/** Narrower bars touch. */
const MIN_BAR = 4;
const MAX_NAMES = 110;

export function layout({ numbers, labels }: Profiles, width: number, height: number): Geometry {
  const n = numbers.length || 1;
  const longest = labels.reduce((most, { length }) => Math.max(most, length), 0);
  const wanted = Math.min(longest * LETTER + 8, MAX_NAMES, height / 4);
  const bare = tiled(n, width, height, 0);
  const isRoom = labels.length > 0 && bare.width / labels.length >= MIN_PITCH;
  return isRoom ? tiled(n, width, height, wanted) : bare;
}

function tiled(n: number, width: number, height: number, names: number): Geometry {
  const across = width - 2 * PAD;
  const down = height - 4 - names;
  const misfit = (columns: number) =>
    Math.abs(Math.log(across / columns / (down / Math.ceil(n / columns)) / ASPECT));
  let columns = 1;
  for (let i = 2; i <= n; i++) if (misfit(i) < misfit(columns)) columns = i;
  const gap = { x: across / columns < 60 ? 4 : GAP.x, y: down / Math.ceil(n / columns) < 40 ? 3 : GAP.y };
  const [wide, high] = [(across + gap.x) / columns, down / Math.ceil(n / columns)];
  const text = high >= 40 && wide >= 44 ? TEXT : 0;
  return {
    columns,
    left: PAD,
    top: 2,
    wide,
    high,
    text,
    width: Math.max(wide - gap.x, 1),
    height: Math.max(high - text - gap.y, 1),
    names,
  };
}

/** The lowest and the highest value to show, zero among them. A cluster without rows may lie anywhere: it is left out. */
export function range({ bars, shares, labels }: Profiles): Domain {
  let [low, high] = [0, 0];
  shares.forEach((share, k) => {
    if (share <= 0) return;
    for (const value of bars.subarray(k * labels.length, (k + 1) * labels.length)) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  });
  return low === high ? [-1, 1] : [low, high];
}

/** The bar at a point, counted through all tiles, or -1. */
export function barAt({ numbers, labels }: Profiles, geometry: Geometry, x: number, y: number): number {
  const { columns, left, top, wide, high, width } = geometry;
  const [column, row] = [Math.floor((x - left) / wide), Math.floor((y - top) / high)];
  const k = row * columns + column;
  const bar = Math.floor(((x - left - column * wide) / width) * labels.length);
  const isInside = column >= 0 && column < columns && row >= 0 && k < numbers.length;
  return isInside && bar >= 0 && bar < labels.length ? k * labels.length + bar : -1;
}

/** The bar that a key leads to: along a profile, or to the same feature of the cluster before or after. */
export function barBeside({ numbers, labels }: Profiles, at: number, key: string): number | undefined {
  const [n, total] = [labels.length, labels.length * numbers.length];
  const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: n, ArrowUp: -n }[key];
  if (key === "Home") return 0;
  if (key === "End") return total - 1;
  if (move === undefined) return undefined;
  if (at < 0) return move > 0 ? 0 : total - 1;
  return (at + move + total) % total;
}

/** `at` is the bar under the pointer or the cursor, `marked` the tile of the chosen cluster; -1 is none. */
export function draw(
  context: CanvasRenderingContext2D,
  shown: Profiles,
  geometry: Geometry,
  domain: Domain,
  palette: Palette,
  at: number,
  marked = -1,
): void {
  const { columns, left, top, wide, high } = geometry;
  const n = shown.labels.length;
  const bar = at < 0 ? -1 : at % n;
  shown.numbers.forEach((_, k) => {
    const [x, y] = [left + (k % columns) * wide, top + Math.floor(k / columns) * high];
    const isChosen = k === marked || (at >= 0 && Math.floor(at / n) === k);
    drawTile(context, shown, geometry, domain, palette, { k, x, y, bar, isChosen });
  });
  if (geometry.names) drawNames(context, shown, geometry, palette, bar);
}

interface Tile {
  k: number;
  x: number;
  y: number;
  /** The feature that is looked at, in whichever cluster. */
  bar: number;
  isChosen: boolean;
}

function drawTile(
  context: CanvasRenderingContext2D,
  { what, bars, labels, numbers, shares, starts }: Profiles,
  { text, width, height }: Geometry,
  [low, high]: Domain,
  palette: Palette,
  { k, x, y, bar, isChosen }: Tile,
): void {
  const n = labels.length;
  const top = y + text;
  const level = (value: number) =>
    top + height * (1 - (Math.min(Math.max(value, low), high) - low) / (high - low));
  const pitch = width / n;
  if (isChosen) box(context, palette.wash, x - 2, y, width + 4, text + height + 2);
  if (bar >= 0) box(context, palette.line, x + bar * pitch, top, Math.max(pitch, 1), height);
  for (const start of starts) box(context, palette.line, Math.round(x + start * pitch), top, 1, height);
  const zero = level(0);
  const own = bars.subarray(k * n, (k + 1) * n);
  context.fillStyle = palette.accent;
  context.globalAlpha = isChosen || bar < 0 ? 0.85 : 0.6;
  const gap = pitch >= MIN_BAR ? 1 : 0;
  context.beginPath();
  if (gap) own.forEach((value, i) => context.rect(x + i * pitch, zero, pitch - gap, level(value) - zero));
  else outline(context, own, x, pitch, zero, level);
  context.fill();
  context.globalAlpha = 1;
  if (bar >= 0)
    box(context, palette.mark, x + bar * pitch, zero, Math.max(pitch - gap, 1), level(own[bar]!) - zero);
  box(context, palette.dim, x, Math.round(zero), width, 1);
  if (!text) return;
  context.font = `${isChosen ? "600 " : ""}${FONT}px ${palette.family}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = isChosen ? palette.ink : palette.dim;
  context.fillText(title(what, numbers[k]!, shares[k]!, width), x, y + text / 2);
}

/** All bars as one outline: many of a few pixels would take a browser long. */
function outline(
  context: CanvasRenderingContext2D,
  values: Float32Array,
  x: number,
  pitch: number,
  zero: number,
  level: (value: number) => number,
): void {
  context.moveTo(x, zero);
  values.forEach((value, i) => {
    const y = level(value);
    context.lineTo(x + i * pitch, y);
    context.lineTo(x + (i + 1) * pitch, y);
  });
  context.lineTo(x + values.length * pitch, zero);
}

/** Number and share of a cluster, as many words as there is room for. */
export function title(what: string, number: number, share: number, width: number): string {
  const part = percent(share);
  const all = [`${what} ${number} · ${part}`, `${number} · ${part}`, String(number)];
  return all.find((text) => text.length * LETTER <= width) ?? "";
}

function box(
  context: CanvasRenderingContext2D,
  colour: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
}

function cut(text: string, room: number): string {
  const most = Math.floor(room / LETTER);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Names of the features below the last tile of each column, reading upwards. */
function drawNames(
  context: CanvasRenderingContext2D,
  { labels, numbers }: Profiles,
  { columns, left, top, wide, high, width, names }: Geometry,
  palette: Palette,
  bar: number,
): void {
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let column = 0; column < Math.min(columns, numbers.length); column++) {
    const row = Math.floor((numbers.length - 1 - column) / columns);
    labels.forEach((label, i) => {
      context.save();
      context.translate(left + column * wide + ((i + 0.5) * width) / labels.length, top + (row + 1) * high);
      context.rotate(-Math.PI / 2);
      context.font = `${i === bar ? "600 " : ""}${FONT}px ${palette.family}`;
      context.fillStyle = i === bar ? palette.ink : palette.dim;
      context.fillText(cut(label, names - 8), 0, 0, names - 8);
      context.restore();
    });
  }
}
