import type { Box } from "./box";

/** A topic on the map, in the map's own units. */
export interface Topic {
  label: string;
  share: number;
  x: number;
  y: number;
}

/** The part of the map that is shown. */
export interface Extent {
  left: number;
  right: number;
  bottom: number;
  top: number;
}

/** A circle, and its label: `slot` says where it stands, -1 that there is no room, `isFar` that a line has to lead there. */
export interface Spot {
  x: number;
  y: number;
  r: number;
  slot: number;
  isFar: boolean;
  text: string;
  textX: number;
  textY: number;
  anchor: "start" | "middle" | "end";
}

/** All circles together cover so much of the box. */
const COVERED = 0.12;
/** The largest radius, as a share of the box's shorter side. */
const LARGEST = 0.16;
const SMALLEST = 2.5;
const ROOM = 8;
const LETTER = 6.4;
const LINE = 13;
/** Between labels side by side: 21 and 3 must not read as 213. */
const GAP = 6;
/** So many lines above or below its circle a label may stand. */
const FAR = [1, 2, 3, 4, 5];
/** The slots of the number alone: inside, right, left. Later ones are far. */
const NUMBERS = [5, 6, 7] as const;

/** What to show: as before while the topics lie in it and fill most of it, so that the map does not breathe. */
export function extent(shown: Extent | null, topics: readonly Topic[]): Extent {
  const [xs, ys] = [topics.map(({ x }) => x), topics.map(({ y }) => y)];
  const wanted = {
    left: Math.min(...xs),
    right: Math.max(...xs),
    bottom: Math.min(...ys),
    top: Math.max(...ys),
  };
  if (!shown) return wanted;
  const isInside =
    wanted.left >= shown.left &&
    wanted.right <= shown.right &&
    wanted.bottom >= shown.bottom &&
    wanted.top <= shown.top;
  const fills = (now: number, before: number) => now >= 0.75 * before;
  const isFilled =
    fills(wanted.right - wanted.left, shown.right - shown.left) &&
    fills(wanted.top - wanted.bottom, shown.top - shown.bottom);
  return isInside && isFilled ? shown : wanted;
}

/** Place circles in a box. A unit is as long on both axes; circle area is share. Labels prefer their `former` slots. */
export function spots(
  topics: readonly Topic[],
  shown: Extent,
  width: number,
  height: number,
  former: readonly Spot[] = [],
): Spot[] {
  const greatest = topics.reduce((most, { share }) => Math.max(most, share), 0) || 1;
  const unit = Math.min(
    Math.sqrt((COVERED * width * height) / Math.PI),
    (LARGEST * Math.min(width, height)) / Math.sqrt(greatest),
  );
  const room = unit * Math.sqrt(greatest) + ROOM;
  const [wide, high] = [shown.right - shown.left, shown.top - shown.bottom];
  const [roomX, roomY] = [Math.max(width - 2 * room, 1), Math.max(height - 2 * room, 1)];
  const scale = Math.min(wide > 0 ? roomX / wide : Infinity, high > 0 ? roomY / high : Infinity);
  const factor = Number.isFinite(scale) ? scale : 0;
  const [middleX, middleY] = [(shown.left + shown.right) / 2, (shown.bottom + shown.top) / 2];
  const circles = topics.map(({ x, y, share }) => ({
    x: width / 2 + (x - middleX) * factor,
    y: height / 2 - (y - middleY) * factor,
    r: Math.max(unit * Math.sqrt(share), SMALLEST),
  }));
  return labelled(topics, circles, width, height, former);
}

type Circle = Pick<Spot, "x" | "y" | "r">;

/** Give each circle a label where nothing else stands, the largest first; else its number, else nothing. */
function labelled(
  topics: readonly Topic[],
  circles: readonly Circle[],
  width: number,
  height: number,
  former: readonly Spot[],
): Spot[] {
  const taken: Box[] = [];
  const around = circles.map(({ x, y, r }) => ({ left: x - r, right: x + r, top: y - r, bottom: y + r }));
  const isFree = ({ slot, box }: Candidate, own: number) =>
    box.left >= 2 &&
    box.right <= width - 2 &&
    box.top >= 0 &&
    box.bottom <= height &&
    taken.every((other) => isApart(box, other, GAP)) &&
    (INSIDE.has(slot) || around.every((circle, i) => i === own || isApart(box, circle)));
  const made: Spot[] = [];
  const order = topics.map((_, i) => i).sort((a, b) => topics[b]!.share - topics[a]!.share || a - b);
  for (const i of order) {
    const free = candidates(topics[i]!.label, circles[i]!).filter((candidate) => isFree(candidate, i));
    const before = free.find(({ slot }) => !NUMBER_SLOTS.has(slot) && slot === former[i]?.slot);
    const best = before ?? free[0];
    if (best) taken.push(best.box);
    const { slot, text, textX, textY, anchor } = best ?? NOWHERE;
    made[i] = { ...circles[i]!, slot, isFar: slot > NUMBERS[2], text, textX, textY, anchor };
  }
  return made;
}

const NUMBER_SLOTS: ReadonlySet<number> = new Set(NUMBERS);
const INSIDE = new Set([0, NUMBERS[0]]);
const NOWHERE = { slot: -1, text: "", textX: 0, textY: 0, anchor: "middle" as const };

type Candidate = Pick<Spot, "slot" | "text" | "textX" | "textY" | "anchor"> & { box: Box };

/** In order of preference: inside, right, left, below, above; further below or above; the number inside, right, left. */
function candidates(label: string, { x, y, r }: Circle): Candidate[] {
  const number = label.split(" ", 1)[0] ?? "";
  const fits = (text: string) => text.length * LETTER <= 1.8 * r;
  return [
    ...(fits(label) ? [candidate(0, label, x, y, "middle")] : []),
    candidate(1, label, x + r + 3, y, "start"),
    candidate(2, label, x - r - 3, y, "end"),
    candidate(3, label, x, y + r + LINE / 2 + 1, "middle"),
    candidate(4, label, x, y - r - LINE / 2 - 1, "middle"),
    ...FAR.flatMap((lines) => {
      const away = r + (lines + 0.5) * LINE + 1;
      const slot = NUMBERS[2] + 2 * lines;
      return [
        candidate(slot - 1, label, x, y + away, "middle"),
        candidate(slot, label, x, y - away, "middle"),
      ];
    }),
    ...(fits(number) ? [candidate(NUMBERS[0], number, x, y, "middle")] : []),
    candidate(NUMBERS[1], number, x + r + 3, y, "start"),
    candidate(NUMBERS[2], number, x - r - 3, y, "end"),
  ];
}

function candidate(slot: number, text: string, x: number, y: number, anchor: Spot["anchor"]): Candidate {
  const width = text.length * LETTER;
  const left = { start: x, middle: x - width / 2, end: x - width }[anchor];
  const box = { left, right: left + width, top: y - LINE / 2, bottom: y + LINE / 2 };
  return { slot, text, textX: x, textY: y, anchor, box };
}

function isApart(a: Box, b: Box, gap = 0): boolean {
  return a.right + gap <= b.left || b.right + gap <= a.left || a.bottom <= b.top || b.bottom <= a.top;
}

/** The topic under a point, the smallest where circles lie on each other, or -1. */
export function topicAt(shown: readonly Spot[], x: number, y: number): number {
  let best = -1;
  shown.forEach((spot, i) => {
    const isUnder = Math.hypot(spot.x - x, spot.y - y) <= Math.max(spot.r, 6);
    if (isUnder && (best < 0 || spot.r < shown[best]!.r)) best = i;
  });
  return best;
}
