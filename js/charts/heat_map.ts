import { format } from "../format";
import type { Domain } from "./domain";
import type { Palette } from "./palette";

/** Values row by row; each cell stands for one row and column of the array, or the mean of several. */
export interface HeatMap {
  cells: [rows: number, columns: number];
  shape: [rows: number, columns: number];
  values: Float32Array;
  labels: string[] | null;
}

/** Where things stand, in CSS pixels: the cells, and below them the colour bar. */
export interface Geometry {
  left: number;
  top: number;
  width: number;
  height: number;
  bar: { left: number; top: number; width: number; height: number };
  letters: number;
  hasRowLabels: boolean;
  hasColumnLabels: boolean;
}

type Colour = [red: number, green: number, blue: number];

/** Viridis by van der Walt and Smith (2015, CC0), at nine equal steps: even in lightness, also to the colour-blind. */
const STOPS: readonly Colour[] = [
  [68, 1, 84],
  [71, 45, 123],
  [59, 82, 139],
  [44, 114, 142],
  [33, 145, 140],
  [40, 174, 128],
  [94, 201, 98],
  [173, 220, 48],
  [253, 231, 37],
];
const LETTERS = 11;
const PITCH_MIN = 9;
const LABEL_MAX = 110;
const BAR = { width: 120, height: 8, room: 26 };
const PADDING = 8;

/** The colour of a value from 0 to 1; beyond, that of the nearer end. */
export function colourAt(t: number): Colour {
  const at = Math.min(Math.max(t, 0), 1) * (STOPS.length - 1);
  const i = Math.min(Math.floor(at), STOPS.length - 2);
  const [from, to] = [STOPS[i]!, STOPS[i + 1]!];
  return from.map((start, channel) => Math.round(start + (to[channel]! - start) * (at - i))) as Colour;
}

/** Colours of all values, four bytes each as ImageData wants them; what is no number is transparent. */
export function pixels(values: Float32Array, [low, high]: Domain): Uint8ClampedArray<ArrayBuffer> {
  const table = Array.from({ length: 256 }, (_, i) => colourAt(i / 255));
  const made = new Uint8ClampedArray(4 * values.length);
  const factor = 255 / (high - low || 1);
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    const colour = table[Math.min(Math.max(Math.round((value - low) * factor), 0), 255)]!;
    made.set([...colour, 255], 4 * i);
  });
  return made;
}

/** Lay the map out. Cells of an array with as many rows as columns are squares. */
export function layout({ cells: [rows, columns], labels }: HeatMap, width: number, height: number): Geometry {
  const room = { width: width - 2 * PADDING, height: height - BAR.room - PADDING };
  const longest = (labels ?? []).reduce((most, { length }) => Math.max(most, length), 0);
  const wanted = labels ? Math.min(longest * LETTERS * 0.56, LABEL_MAX, room.width / 3) + 6 : 0;
  const fits = (side: number, n: number) => side / (n || 1) >= PITCH_MIN;
  const hasRowLabels = labels !== null && fits(Math.min(room.height, room.width - wanted), rows);
  const left = PADDING + (hasRowLabels ? wanted : 0);
  const free = { width: Math.max(width - PADDING - left, 1), height: Math.max(room.height, 1) };
  const side = Math.min(free.width, free.height);
  const columnRoom = labels !== null && side / (columns || 1) >= 16 ? LETTERS + 4 : 0;
  const square = Math.min(free.width, Math.max(free.height - columnRoom, 1));
  const isSquare = rows === columns;
  const [wide, high] = isSquare ? [square, square] : [free.width, free.height];
  const top = 2 + columnRoom;
  const bar = {
    left: left + 40,
    top: top + high + 10,
    width: Math.max(Math.min(BAR.width, width - left - 96), 20),
    height: BAR.height,
  };
  const letters = Math.max(Math.min(LETTERS, square / (rows || 1)), 8);
  return {
    left,
    top,
    width: wide,
    height: high,
    bar,
    letters,
    hasRowLabels,
    hasColumnLabels: columnRoom > 0,
  };
}

/** The cell at a point, counted row by row, or -1. */
export function cellAt(
  { cells: [rows, columns] }: HeatMap,
  geometry: Geometry,
  x: number,
  y: number,
): number {
  const column = Math.floor(((x - geometry.left) / geometry.width) * columns);
  const row = Math.floor(((y - geometry.top) / geometry.height) * rows);
  const isInside = column >= 0 && column < columns && row >= 0 && row < rows;
  return isInside ? row * columns + column : -1;
}

/** The cell that a key leads to, staying inside, or undefined. */
export function cellBeside(
  { cells: [rows, columns] }: HeatMap,
  cell: number,
  key: string,
): number | undefined {
  const moves: Record<string, [number, number]> = {
    ArrowRight: [0, 1],
    ArrowLeft: [0, -1],
    ArrowDown: [1, 0],
    ArrowUp: [-1, 0],
    Home: [0, -columns],
    End: [0, columns],
    PageUp: [-rows, 0],
    PageDown: [rows, 0],
  };
  const move = moves[key];
  if (!move) return undefined;
  if (cell < 0) return 0;
  const inside = (at: number, n: number) => Math.min(Math.max(at, 0), n - 1);
  const row = inside(Math.floor(cell / columns) + move[0], rows);
  return row * columns + inside((cell % columns) + move[1], columns);
}

/** What a row (axis 0) or column (axis 1) of cells stands for. */
export function placeText(map: HeatMap, axis: 0 | 1, i: number): string {
  const [cells, n] = [map.cells[axis], map.shape[axis]];
  const what = axis ? "column" : "row";
  if (map.labels) return map.labels[i] ?? "";
  const block = blockSize(n, cells);
  const [first, last] = [i * block, Math.min((i + 1) * block, n) - 1];
  return first === last ? `${what} ${first}` : `${what}s ${first} to ${last}`;
}

/** The number of rows or columns that share a cell; the last one may have fewer. */
export function blockSize(n: number, cells: number): number {
  return Math.ceil(n / (cells || 1));
}

/** Draw all of it: `image` holds a pixel a cell, `cell` is the chosen one or -1. */
export function draw(
  context: CanvasRenderingContext2D,
  map: HeatMap,
  geometry: Geometry,
  [low, high]: Domain,
  image: CanvasImageSource | null,
  palette: Palette,
  cell: number,
): void {
  const { left, top, width, height } = geometry;
  context.imageSmoothingEnabled = false;
  context.fillStyle = palette.line;
  context.fillRect(left, top, width, height);
  if (image) context.drawImage(image, left, top, width, height);
  context.textBaseline = "middle";
  drawBar(context, geometry, [low, high], map, palette);
  drawLabels(context, map, geometry, palette, cell);
  if (cell >= 0) drawCursor(context, map, geometry, palette, cell);
}

function drawBar(
  context: CanvasRenderingContext2D,
  { bar }: Geometry,
  [low, high]: Domain,
  { values }: HeatMap,
  palette: Palette,
): void {
  const gradient = context.createLinearGradient(bar.left, 0, bar.left + bar.width, 0);
  STOPS.forEach((colour, i) => gradient.addColorStop(i / (STOPS.length - 1), `rgb(${colour.join(" ")})`));
  context.fillStyle = gradient;
  context.fillRect(bar.left, bar.top, bar.width, bar.height);
  context.fillStyle = palette.dim;
  context.font = `${LETTERS}px ${palette.family}`;
  const middle = bar.top + bar.height / 2;
  context.textAlign = "right";
  context.fillText(format(low, 3), bar.left - 5, middle);
  context.textAlign = "left";
  const isBeyond = values.some((value) => value > high * (1 + 1e-6));
  context.fillText(`${isBeyond ? "≥ " : ""}${format(high, 3)}`, bar.left + bar.width + 5, middle);
}

function drawLabels(
  context: CanvasRenderingContext2D,
  { labels, cells: [rows, columns] }: HeatMap,
  { left, top, width, height, letters, hasRowLabels, hasColumnLabels }: Geometry,
  palette: Palette,
  cell: number,
): void {
  const [row, column] = cell < 0 ? [-1, -1] : [Math.floor(cell / columns), cell % columns];
  const write = (text: string, x: number, y: number, isChosen: boolean, room: number) => {
    context.font = `${isChosen ? "600 " : ""}${letters}px ${palette.family}`;
    context.fillStyle = isChosen ? palette.ink : palette.dim;
    context.fillText(text, x, y, room);
  };
  labels?.forEach((label, i) => {
    context.textAlign = "right";
    if (hasRowLabels) write(label, left - 5, top + ((i + 0.5) * height) / rows, i === row, left - 7);
    context.textAlign = "center";
    const number = label.split(" ", 1)[0] ?? "";
    if (hasColumnLabels)
      write(number, left + ((i + 0.5) * width) / columns, top - 8, i === column, width / columns);
  });
}

/** A dark and a light line together stand out from every colour. */
function drawCursor(
  context: CanvasRenderingContext2D,
  { cells: [rows, columns] }: HeatMap,
  { left, top, width, height }: Geometry,
  palette: Palette,
  cell: number,
): void {
  const [wide, high] = [width / columns, height / rows];
  const [x, y] = [left + (cell % columns) * wide, top + Math.floor(cell / columns) * high];
  for (const [colour, grow] of [
    [palette.ink, 2],
    [palette.bg, 1],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.strokeRect(x - grow + 0.5, y - grow + 0.5, wide + 2 * grow - 1, high + 2 * grow - 1);
  }
}
