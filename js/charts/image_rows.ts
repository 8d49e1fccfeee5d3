import { type DrawTile, type Size, type Window, outline, percent, snapped } from "./image_grid";
import type { Palette } from "./palette";

/** Members of one cluster. */
export interface Group {
  number: number;
  share: number;
  rows: readonly number[];
}

/** Images that stand beside each other: `n` of them from number `first` on, of group `group`. */
export interface Line {
  group: number;
  first: number;
  n: number;
  top: number;
}

/** Where rows of images stand; groups have names at the left, where there are several. */
export interface Rows extends Size {
  lines: Line[];
  tile: Size;
  pitch: { x: number; y: number };
  left: number;
}

/** What lies under the pointer: an image, or the name of a group; -1 is none. */
export interface Hit {
  image: number;
  group: number;
}

export interface Drawing {
  rows: Rows;
  groups: readonly Group[];
  window: Window;
  palette: Palette;
  /** What is under the pointer or the cursor. */
  at: Hit;
  drawTile: DrawTile;
}

const PAD = 8;
const GAP = 3;
/** Room for the names of groups: number and share, or the number alone. */
const NAMES = 58;
const SHORT_NAMES = 26;
const NARROW = 260;
const MIN_TILE = 11;
const MAX_TILE = 48;
/** Of a cluster that fills the panel. */
const USUAL_TILE = 38;
const LETTERS = 11;
export const NOTHING: Hit = { image: -1, group: -1 };

/** Arrange groups one below the other, each `columns` wide; null: as many columns as there is room for. */
export function layout(
  groups: readonly Group[],
  columns: number | null,
  size: Size,
  room: Size,
  ratio = 1,
): Rows {
  const names = room.width < NARROW ? SHORT_NAMES : NAMES;
  const left = PAD + (columns === null ? 0 : names);
  const across = room.width - left - PAD;
  const most = Math.max(Math.floor(across / (MIN_TILE + GAP)), 1);
  const wanted = columns ?? Math.max(Math.round(across / (USUAL_TILE + GAP)), 1);
  const n = Math.ceil(wanted / Math.ceil(wanted / most)); // lines of one length: no image alone below the others
  const wide = Math.max(Math.min(across / n - GAP, MAX_TILE), 1);
  const scale = snapped(wide / size.width, (1.5 * wide) / size.height, ratio);
  const tile = { width: size.width * scale, height: size.height * scale };
  const pitch = {
    x: Math.min(across / n, 1.3 * tile.width + GAP),
    y: Math.max(tile.height + GAP, columns === null ? 0 : 16),
  };
  const lines: Line[] = [];
  let [first, top] = [0, PAD - 2];
  groups.forEach(({ rows }, group) => {
    for (let done = 0; done < Math.max(rows.length, 1); done += n, top += pitch.y) {
      lines.push({ group, first: first + done, n: Math.min(n, rows.length - done), top });
    }
    first += rows.length;
    top += GAP;
  });
  return { lines, tile, pitch, left, width: room.width, height: Math.max(top + PAD, room.height) };
}

export function hit({ lines, pitch, left }: Rows, x: number, y: number): Hit {
  const line = lines.find(({ top }) => y >= top && y < top + pitch.y);
  if (!line) return NOTHING;
  const column = Math.floor((x - left) / pitch.x);
  if (column < 0) return { image: -1, group: line.group };
  return column < line.n ? { image: line.first + column, group: line.group } : NOTHING;
}

/** The line an image stands in. */
export function lineOf({ lines }: Rows, image: number): number {
  return lines.findIndex(({ first, n }) => image >= first && image < first + n);
}

/** Where a key leads from an image; undefined where it means nothing. */
export function imageBeside(rows: Rows, image: number, key: string): number | undefined {
  const lines = rows.lines.filter(({ n }) => n > 0);
  const last = lines.at(-1);
  if (!last) return undefined;
  const end = last.first + last.n - 1;
  const ends = { Home: 0, End: end }[key];
  if (ends !== undefined) return ends;
  if (!key.startsWith("Arrow")) return undefined;
  if (image < 0) return 0;
  if (key === "ArrowRight") return Math.min(image + 1, end);
  if (key === "ArrowLeft") return Math.max(image - 1, 0);
  const at = lines.findIndex(({ first, n }) => image < first + n);
  const next = lines[at + (key === "ArrowDown" ? 1 : -1)];
  return next ? next.first + Math.min(image - lines[at]!.first, next.n - 1) : image;
}

/** The upper left corner of an image, on a pixel of the screen. */
export function corner(rows: Rows, line: Line, image: number, ratio = 1): [number, number] {
  const x = rows.left + (image - line.first) * rows.pitch.x + (rows.pitch.x - rows.tile.width) / 2;
  return [Math.round(x * ratio) / ratio, Math.round(line.top * ratio) / ratio];
}

export function draw(context: CanvasRenderingContext2D, drawing: Drawing, ratio = 1): void {
  const { rows, window } = drawing;
  context.save();
  context.translate(-window.x, -window.y);
  rows.lines.forEach((line, i) => {
    if (line.top + rows.pitch.y < window.y || line.top > window.y + window.height) return;
    if (rows.left > PAD && rows.lines[i - 1]?.group !== line.group) name(context, drawing, line);
    for (let image = line.first; image < line.first + line.n; image++) {
      const [x, y] = corner(rows, line, image, ratio);
      drawing.drawTile(context, image, x, y, rows.tile);
      outline(context, drawing.palette, x, y, rows.tile, image === drawing.at.image ? 2 : 0);
    }
  });
  context.restore();
}

/** The number of a cluster, and its share where there is room. */
function name(context: CanvasRenderingContext2D, { rows, groups, palette, at }: Drawing, line: Line): void {
  const { number, share } = groups[line.group]!;
  const isMarked = at.image < 0 && at.group === line.group;
  const middle = line.top + rows.tile.height / 2;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.font = `600 ${LETTERS}px ${palette.family}`;
  context.fillStyle = isMarked ? palette.accent : palette.ink;
  context.fillText(String(number), PAD + SHORT_NAMES - 7, middle);
  if (rows.left < PAD + NAMES) return;
  context.font = `${LETTERS - 0.5}px ${palette.family}`;
  context.fillStyle = palette.dim;
  context.fillText(percent(share), rows.left - 6, middle);
}
