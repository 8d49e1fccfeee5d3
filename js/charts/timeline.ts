/** Steps on a line: where they stand, what merges with what, what the pointer means. Positions are shares, 0 to 1. */

/** A kept state. `shared` is the last step that the course leading to it has in common with the present one. */
export interface Kept {
  id: number;
  step: number;
  name: string;
  is_pinned: boolean;
  shared: number;
}

/** A change, or `n` of them at the steps `first` to `step`, of which `n_by_hand` are values set by hand. */
export interface Mark {
  first: number;
  step: number;
  title: string;
  kind: "set" | "rewind" | "policy";
  who: string;
  n: number;
  n_by_hand: number;
}

/** What stands on the line. */
export interface Course {
  /** The present step. */
  step: number;
  /** The furthest step that can be gone to. */
  last: number;
  snapshots: readonly Kept[];
  marks: readonly Mark[];
}

const ENDS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The step at the right end: a round number, so that nothing on the line moves at every step. */
export function end(last: number): number {
  const reach = Math.max(last, 10);
  const size = 10 ** Math.floor(Math.log10(reach));
  return Math.round(ENDS.find((round) => round * size >= reach)! * size);
}

/** Where a step stands. */
export function at(step: number, end: number): number {
  return Math.min(Math.max(step / end, 0), 1);
}

/** The step at a place. */
export function stepAt(place: number, end: number): number {
  return Math.round(Math.min(Math.max(place, 0), 1) * end);
}

/** Marks less than `gap` steps from the first of their group become one. They come in the order of their steps. */
export function merged(marks: readonly Mark[], gap: number): Mark[][] {
  const groups: Mark[][] = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    if (group && mark.step - group[0]!.step < gap) group.push(mark);
    else groups.push([mark]);
  }
  return groups;
}

/** How many changes a group of marks stands for. */
export function size(group: readonly Mark[]): number {
  return group.reduce((n, mark) => n + mark.n, 0);
}

/** Snapshots in the order of their steps, without automatic ones less than `gap` steps from a neighbour that is shown. */
export function apart(snapshots: readonly Kept[], gap: number): Kept[] {
  const dear = snapshots.filter(({ name, is_pinned }) => name || is_pinned);
  const shown: Kept[] = [...dear];
  for (const kept of snapshots) {
    if (kept.name || kept.is_pinned) continue;
    if (shown.every(({ step }) => Math.abs(step - kept.step) >= gap)) shown.push(kept);
  }
  return shown.sort((a, b) => a.step - b.step || a.id - b.id);
}

/**
 * The snapshot a step means: the nearest at or before it, of the present course where the step lies on it; beyond,
 * of any course. Of two at one step the newer.
 */
export function nearest({ step: now, snapshots }: Course, step: number): Kept | null {
  const best = (candidates: Kept[]) =>
    candidates.reduce<Kept | null>(
      (best, kept) =>
        !best || kept.step > best.step || (kept.step === best.step && kept.id > best.id) ? kept : best,
      null,
    );
  const before = snapshots.filter((kept) => kept.step <= step);
  const own = before.filter((kept) => kept.shared === kept.step);
  return best(step <= now && own.length ? own : before) ?? snapshots[0] ?? null;
}

/** What of `items` stands at a place, at most `reach` away: the nearest, and of two as near the later in the list. */
export function hit<T extends { place: number }>(
  items: readonly T[],
  place: number,
  reach: number,
): T | null {
  let best: T | null = null;
  for (const item of items) {
    const away = Math.abs(item.place - place);
    if (away <= reach && (!best || away <= Math.abs(best.place - place))) best = item;
  }
  return best;
}

/** What going to a snapshot leaves: steps after the last shared one, and changes made by hand in them. */
export function leaves({ step, marks }: Course, { shared }: Kept): { nSteps: number; nChanges: number } {
  const nChanges = marks.reduce((n, mark) => n + (mark.step > shared ? mark.n_by_hand : 0), 0);
  return { nSteps: Math.max(step - shared, 0), nChanges };
}

/** What going to a snapshot leaves, as a sentence. */
export function leavesInWords(course: Course, kept: Kept): string {
  const { nSteps, nChanges } = leaves(course, kept);
  if (!nSteps && !nChanges) return "Leaves nothing behind.";
  const parts = [plural(nSteps, "step"), ...(nChanges ? [plural(nChanges, "change")] : [])];
  const they = nSteps + nChanges === 1 ? "it stays" : "they stay";
  return `Leaves ${parts.join(" and ")} behind; ${they} in the history and can be returned to.`;
}

function plural(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

/** A text to stand beside a place. */
export interface Label {
  place: number;
  /** Its width as a share of the line. */
  width: number;
}

/**
 * Which labels there is room for, each from `place` on to the right, or to the left at the end of the line. Earlier
 * ones of the list go first. Returned is where each begins; null for those that would overlap.
 */
export function roomFor(labels: readonly Label[]): (number | null)[] {
  const taken: [from: number, to: number][] = [];
  return labels.map(({ place, width }) => {
    const from = Math.max(Math.min(place, 1 - width), 0);
    if (taken.some(([left, right]) => from < right && from + width > left)) return null;
    taken.push([from, from + width]);
    return from;
  });
}
