import type { Palette } from "./palette";

export interface Size {
  width: number;
  height: number;
}

/** The part of a drawing that is scrolled to. */
export interface Window extends Size {
  x: number;
  y: number;
}

/** Where images stand: in rows of so many, each with a label of so many pixels below it. */
export interface Grid extends Size {
  n: number;
  columns: number;
  tile: Size;
  pitch: { x: number; y: number };
  left: number;
  top: number;
  label: number;
}

/** Clusters in the order in which they stand. */
export interface Clusters {
  numbers: readonly number[];
  shares: readonly number[];
  /** Those of which there is no image. */
  without: readonly number[];
}

/** Places in the grid that are emphasised; -1 is none. */
export interface Marks {
  at: number;
  chosen: number;
}

/** Draws image `i` into a box. */
export type DrawTile = (
  context: CanvasRenderingContext2D,
  i: number,
  x: number,
  y: number,
  size: Size,
) => void;

export interface Drawing {
  grid: Grid;
  clusters: Clusters;
  window: Window;
  palette: Palette;
  marks: Marks;
  drawTile: DrawTile;
}

const PAD = 8;
const GAP = 5;
const MIN_TILE = 16;
const MAX_TILE = 168;
/** Below an image: a bar, and text where there is room for it. */
const ABOVE_BAR = 4;
const BAR = 3;
const TEXT = 14;
const SHORT = ABOVE_BAR + BAR;
const MIN_TEXT_WIDTH = 34;
const LETTERS = 10.5;

/** Give `n` images of `size` pixels the largest room there is; where that is too little, they reach out of it below. */
export function layout(n: number, size: Size, room: Size, ratio = 1): Grid {
  const withText = fitted(n, size, room, ratio, SHORT + TEXT);
  if (withText.tile.width >= MIN_TEXT_WIDTH) return withText;
  const plain = fitted(n, size, room, ratio, SHORT);
  return plain.tile.width >= MIN_TILE ? plain : scrolled(n, size, room, ratio);
}

function fitted(n: number, size: Size, room: Size, ratio: number, label: number): Grid {
  let best = { columns: 1, scale: 0, free: 0 };
  for (let columns = 1; columns <= Math.max(n, 1); columns++) {
    const rows = Math.ceil(n / columns) || 1;
    const across = (room.width - 2 * PAD) / columns - GAP;
    const down = (room.height - 2 * PAD) / rows - GAP - label;
    const [wide, high] = [Math.min(across, MAX_TILE) / size.width, Math.min(down, MAX_TILE) / size.height];
    const [scale, free] = [snapped(wide, high, ratio), Math.min(wide, high)];
    if (scale > best.scale || (scale === best.scale && free > best.free)) best = { columns, scale, free };
  }
  return standing(n, size, room, ratio, label, best.columns, best.scale);
}

function scrolled(n: number, size: Size, room: Size, ratio: number): Grid {
  const scale = MIN_TILE / Math.min(size.width, size.height);
  const columns = Math.max(Math.floor((room.width - 2 * PAD) / (size.width * scale + GAP)), 1);
  return standing(n, size, room, ratio, SHORT, columns, scale);
}

/** The largest scale that fits: from twice on a whole multiple of the screen's pixels, so that all pixels are alike. */
export function snapped(across: number, down: number, ratio: number): number {
  const onScreen = Math.max(Math.min(across, down), 0) * ratio;
  return (onScreen >= 2 ? Math.floor(onScreen) : onScreen) / ratio;
}

function standing(
  n: number,
  size: Size,
  room: Size,
  ratio: number,
  label: number,
  columns: number,
  scale: number,
): Grid {
  const rows = Math.ceil(n / columns);
  const tile = { width: whole(size.width * scale, ratio), height: whole(size.height * scale, ratio) };
  const spread = (free: number, length: number) => Math.min(Math.max(free, length), 1.6 * length);
  const pitch = {
    x: spread((room.width - 2 * PAD) / columns, tile.width + GAP),
    y: spread((room.height - 2 * PAD) / Math.max(rows, 1), tile.height + label + GAP),
  };
  const height = Math.max(rows * pitch.y + 2 * PAD, room.height);
  const left = Math.max((room.width - columns * pitch.x) / 2, 0);
  const top = Math.max((height - rows * pitch.y) / 2, PAD);
  return { n, columns, tile, pitch, left, top, label, width: room.width, height };
}

function whole(length: number, ratio: number): number {
  return Math.max(Math.floor(length * ratio + 1e-6), 1) / ratio;
}

/** The upper left corner of an image, on a pixel of the screen. */
export function corner({ columns, tile, pitch, left, top }: Grid, i: number, ratio = 1): [number, number] {
  const round = (length: number) => Math.round(length * ratio) / ratio;
  const x = left + (i % columns) * pitch.x + (pitch.x - tile.width) / 2;
  return [round(x), round(top + Math.floor(i / columns) * pitch.y)];
}

/** The image at a point of the drawing, with its label and half of the gap around it; -1 where there is none. */
export function imageAt({ n, columns, pitch, left, top }: Grid, x: number, y: number): number {
  const column = Math.floor((x - left) / pitch.x);
  const row = Math.floor((y - top + GAP / 2) / pitch.y);
  const i = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && i < n ? i : -1;
}

/** Where a key leads from image `i`; undefined where it means nothing. */
export function imageBeside(
  { n, columns }: Pick<Grid, "n" | "columns">,
  i: number,
  key: string,
): number | undefined {
  const moves: Record<string, number> = {
    ArrowRight: i + 1,
    ArrowLeft: i - 1,
    ArrowDown: i + columns,
    ArrowUp: i - columns,
    Home: 0,
    End: n - 1,
  };
  const to = moves[key];
  if (to === undefined || !n) return undefined;
  if (i < 0) return key === "End" ? n - 1 : 0;
  return to >= 0 && to < n ? to : i;
}

export function draw(context: CanvasRenderingContext2D, drawing: Drawing, ratio = 1): void {
  const { grid, window } = drawing;
  context.save();
  context.translate(-window.x, -window.y);
  const first = Math.max(Math.floor((window.y - grid.top) / grid.pitch.y), 0) * grid.columns;
  const last = Math.ceil((window.y + window.height - grid.top) / grid.pitch.y) * grid.columns;
  const most = Math.max(...drawing.clusters.shares, 1e-9);
  for (let i = first; i < Math.min(last, grid.n); i++) drawCluster(context, drawing, i, most, ratio);
  context.restore();
}

function drawCluster(
  context: CanvasRenderingContext2D,
  { grid, clusters, palette, marks, drawTile }: Drawing,
  i: number,
  most: number,
  ratio: number,
): void {
  const [x, y] = corner(grid, i, ratio);
  const { width, height } = grid.tile;
  const share = clusters.shares[i] ?? 0;
  if (share > 0 && !clusters.without.includes(clusters.numbers[i]!)) drawTile(context, i, x, y, grid.tile);
  outline(context, palette, x, y, grid.tile, i === marks.chosen ? 2 : i === marks.at ? 1 : 0);
  const bar = y + height + ABOVE_BAR;
  context.fillStyle = palette.line;
  context.fillRect(x, bar, width, BAR);
  context.fillStyle = i === marks.chosen ? palette.accent : palette.dot;
  context.fillRect(x, bar, (width * share) / most, BAR);
  if (grid.label <= SHORT) return;
  context.textBaseline = "middle";
  context.font = `${i === marks.chosen ? "600 " : ""}${LETTERS}px ${palette.family}`;
  const middle = bar + BAR + TEXT / 2 + 1;
  context.fillStyle = palette.ink;
  context.textAlign = "right";
  const text = share > 0 ? percent(share) : "empty";
  context.fillText(text, x + width, middle, width);
  if (width < 2 * MIN_TEXT_WIDTH - 4) return;
  context.fillStyle = i === marks.chosen ? palette.accent : palette.dim;
  context.textAlign = "left";
  context.fillText(String(clusters.numbers[i]), x, middle);
}

/** Thin at rest; under the pointer and where it is chosen in the accent's colour. */
export function outline(
  context: CanvasRenderingContext2D,
  palette: Palette,
  x: number,
  y: number,
  { width, height }: Size,
  strength: 0 | 1 | 2,
): void {
  const thick = strength === 2 ? 2.5 : strength === 1 ? 1.5 : 1;
  context.strokeStyle = strength ? palette.accent : palette.line;
  context.lineWidth = thick;
  context.strokeRect(x - thick / 2, y - thick / 2, width + thick, height + thick);
}

/** A share for a person, as narrow as it can be. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 9.95 ? Math.round(value) : value >= 0.095 ? value.toFixed(1) : value > 0 ? "<0.1" : 0} %`;
}
