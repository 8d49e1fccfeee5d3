/** Where panels stand in the grid of 12 columns: cells, pixels, and the flow of narrow pages. No DOM here. */

export const N_COLUMNS = 12;
/** Pixels, as in grid.css. */
export const ROW = 24;
export const GAP = 10;
/** Narrower than that, panels flow; narrower still, one by one. A dashboard of 700 pixels has 486 of them for its grid. */
export const NARROW = 480;
export const SLIM = 360;
/** The smallest and largest panel that a mouse makes, in cells. */
const LEAST = { w: 2, h: 3 };
const MOST_ROWS = 100;

/** A rectangle of cells, counted from 0. */
export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Placed extends Place {
  id: string;
}

export interface Point {
  left: number;
  top: number;
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** From top to bottom and from left to right. */
export function reading(panels: readonly Placed[]): Placed[] {
  return [...panels].sort((a, b) => a.y - b.y || a.x - b.x);
}

/**
 * Where panels stand on a page of `width` pixels: as they are, or flowing, two small ones of about one height, or
 * one alone, in a row.
 */
export function arranged(panels: readonly Placed[], width: number): Placed[] {
  const order = reading(panels);
  if (width >= NARROW) return order;
  const rows: Placed[][] = [];
  for (const panel of order) {
    const last = rows.at(-1);
    const isSmall = panel.w <= N_COLUMNS / 2 && width >= SLIM;
    const fits = isSmall && last?.length === 1 && last[0]!.w <= N_COLUMNS / 2;
    if (fits && alikeInHeight(panel, last[0]!)) last.push(panel);
    else rows.push([panel]);
  }
  let y = 0;
  return rows.flatMap((row) => {
    const w = N_COLUMNS / row.length;
    const top = y;
    y += Math.max(...row.map(({ h }) => h));
    return row.map(({ id, h }, i) => ({ id, x: i * w, y: top, w, h }));
  });
}

const alikeInHeight = (a: Place, b: Place) => 4 * Math.min(a.h, b.h) >= 3 * Math.max(a.h, b.h);

/** Pixels from one column, or row, to the next. */
function pitch(width: number): Point {
  return { left: (width + GAP) / N_COLUMNS, top: ROW + GAP };
}

/** The place after its panel was dragged by so many pixels. */
export function moved(place: Place, by: Point, width: number): Place {
  const { left, top } = pitch(width);
  const x = clamp(place.x + Math.round(by.left / left), 0, N_COLUMNS - place.w);
  return { ...place, x, y: Math.max(place.y + Math.round(by.top / top), 0) };
}

/** The place after its lower right corner was dragged by so many pixels. */
export function resized(place: Place, by: Point, width: number): Place {
  const { left, top } = pitch(width);
  const w = clamp(place.w + Math.round(by.left / left), LEAST.w, N_COLUMNS - place.x);
  return { ...place, w, h: clamp(place.h + Math.round(by.top / top), LEAST.h, MOST_ROWS) };
}

/** The panel under a point of the grid. */
export function panelAt(panels: readonly Placed[], point: Point, width: number): Placed | undefined {
  const { left, top } = pitch(width);
  const [x, y] = [point.left / left, point.top / top];
  return panels.find(
    (panel) => x >= panel.x && x < panel.x + panel.w && y >= panel.y && y < panel.y + panel.h,
  );
}

const shareColumns = (a: Place, b: Place) => a.x < b.x + b.w && b.x < a.x + a.w;
const bottom = (place: Place) => place.y + place.h;

/** Just far enough down that the kernel, which packs panels upwards, lets `target` go first. */
function after(panel: Placed, target: Placed, panels: readonly Placed[]): Place {
  const above = panels.filter(
    (kept) => kept.id !== panel.id && kept.y < target.y && shareColumns(kept, target),
  );
  const y = Math.max(0, ...above.map(bottom)) + Math.ceil(target.h / 2);
  return { ...panel, y };
}

/** Where two panels stand that change places; of different sizes, together they take up what they did. */
export function exchanged(panel: Placed, target: Placed): [Placed, Placed] {
  const isStacked = shareColumns(panel, target);
  const [x, targetX] = swapped([panel.x, panel.w], [target.x, target.w], !isStacked);
  const [y, targetY] = swapped([panel.y, panel.h], [target.y, target.h], isStacked);
  const inside = (x: number, w: number) => clamp(x, 0, N_COLUMNS - w);
  return [
    { ...panel, x: inside(x, panel.w), y },
    { ...target, x: inside(targetX, target.w), y: targetY },
  ];
}

type Span = [from: number, length: number];

/** Where two spans begin that change sides: each at the outer end of the other, or where the other began. */
function swapped([a, aLength]: Span, [b, bLength]: Span, isOuter: boolean): [number, number] {
  if (!isOuter || a === b) return [b, a];
  return a < b ? [b + bLength - aLength, a] : [b, a + aLength - bLength];
}

/** The panel of the same size that more than half of `place` covers: dragged there, the two change places. */
export function alike(id: string, place: Place, panels: readonly Placed[]): Placed | undefined {
  const shared = (from: number, length: number, other: number) =>
    Math.max(length - Math.abs(from - other), 0);
  return panels.find((panel) => {
    if (panel.id === id || panel.w !== place.w || panel.h !== place.h) return false;
    const area = shared(place.x, place.w, panel.x) * shared(place.y, place.h, panel.y);
    return area > (place.w * place.h) / 2;
  });
}

/** The place after an arrow key, in cells or, up and down, past the next panel there; null where there is none. */
export function stepped(panel: Placed, key: string, panels: readonly Placed[]): Place | null {
  const column = panels.filter((kept) => kept.id !== panel.id && shareColumns(kept, panel));
  switch (key) {
    case "ArrowLeft":
      return panel.x > 0 ? { ...panel, x: panel.x - 1 } : null;
    case "ArrowRight":
      return panel.x + panel.w < N_COLUMNS ? { ...panel, x: panel.x + 1 } : null;
    case "ArrowUp": {
      const above = reading(column.filter((kept) => kept.y < panel.y)).at(-1);
      return above ? { ...panel, y: above.y } : null;
    }
    default: {
      const below = reading(column.filter((kept) => kept.y >= bottom(panel)))[0];
      return below ? after(panel, below, panels) : null;
    }
  }
}

/** The next or previous panel, which one that flows on a narrow page changes places with. */
export function besideInFlow(id: string, key: string, panels: readonly Placed[]): Placed | undefined {
  const order = reading(panels);
  const step = key === "ArrowUp" || key === "ArrowLeft" ? -1 : 1;
  return order[order.findIndex((panel) => panel.id === id) + step];
}

/** The place after an arrow key on the corner. */
export function stretched(place: Place, key: string): Place | null {
  const dw = { ArrowRight: 1, ArrowLeft: -1 }[key] ?? 0;
  const dh = { ArrowDown: 1, ArrowUp: -1 }[key] ?? 0;
  const w = clamp(place.w + dw, Math.min(LEAST.w, place.w), N_COLUMNS - place.x);
  const h = clamp(place.h + dh, Math.min(LEAST.h, place.h), MOST_ROWS);
  return w === place.w && h === place.h ? null : { ...place, w, h };
}
