import { count } from "../format";
import { type Course, type Kept, type Mark, apart, at, end, merged, roomFor, size } from "./timeline";

/** A snapshot or a group of marks as it stands on the line. */
export interface Item {
  key: string;
  place: number;
  /** Classes of what is drawn. */
  kind: string;
  /** All of it, for who points at it or listens. */
  words: string;
  /** What stands beside it where there is room. */
  label: string;
  /** The snapshot's number; null for marks. */
  snapshot: number | null;
  /** The step before what the marks mean. */
  before: number;
}

/** What stands beside an item: left of where, as a share of the line. */
export interface ItemLabel {
  side: "above" | "below";
  text: string;
  left: number;
}

const N_TOLD = 8;
const MARKS_APART_PX = 12;
const SNAPSHOTS_APART_PX = 18;
const MARK_PX = 8;
const LETTER_PX = 6;

/** All that stands on a line of `width` pixels, from left to right. */
export function itemsOf({ last, snapshots, marks }: Course, width: number): Item[] {
  const reach = end(last);
  const groups = merged(marks, (MARKS_APART_PX * reach) / width);
  const kept = apart(snapshots, (SNAPSHOTS_APART_PX * reach) / width);
  const items = [
    ...groups.map((group) => markItem(group, reach)),
    ...kept.map((one) => keptItem(one, reach)),
  ];
  return items.sort((a, b) => a.place - b.place);
}

/** Names of snapshots below the line and of marks above it, the newest first, where there is room. */
export function labelsOf(items: readonly Item[], width: number): ItemLabel[] {
  const named = items.filter(({ label }) => label).reverse();
  const marks = named.filter(({ snapshot }) => snapshot === null);
  const kept = named.filter(({ snapshot }) => snapshot !== null);
  const besides = marks.map(({ label, place }) => ({ text: label, from: place + MARK_PX / width }));
  const centred = kept.map(({ label, place }) => ({
    text: label,
    from: Math.max(place - labelWidth(label, width) / 2, 0),
  }));
  return [...placed(besides, "above", width), ...placed(centred, "below", width)];
}

function labelWidth(text: string, width: number): number {
  return (text.length * LETTER_PX + 6) / width;
}

function placed(
  texts: readonly { text: string; from: number }[],
  side: ItemLabel["side"],
  width: number,
): ItemLabel[] {
  const places = roomFor(texts.map(({ text, from }) => ({ place: from, width: labelWidth(text, width) })));
  return texts.flatMap(({ text }, i) => {
    const left = places[i];
    return left === null || left === undefined ? [] : [{ side, text, left }];
  });
}

/** A snapshot. */
export function keptItem({ id, step, name, is_pinned, shared }: Kept, end: number): Item {
  const isDear = name !== "" || is_pinned;
  const isAside = shared < step;
  const what = name ? `snapshot “${name}”` : is_pinned ? "pinned snapshot" : "automatic snapshot";
  return {
    key: `snapshot ${id}`,
    place: at(step, end),
    kind: `kept${isDear ? "" : " automatic"}${isAside ? " aside" : ""}`,
    words: `step ${count(step)}: ${what}${isAside ? ", on a course that was left" : ""}`,
    label: name,
    snapshot: id,
    before: step,
  };
}

/** Marks that stand at one place; the newest of them are told in words. */
export function markItem(group: readonly Mark[], end: number): Item {
  const [{ first, kind }, newest, n] = [group[0]!, group.at(-1)!, size(group)];
  const told = group.slice(-N_TOLD).map(({ title, who }) => (who ? `${title} (${who})` : title));
  const steps = first === newest.step ? count(first) : `${count(first)} to ${count(newest.step)}`;
  const many = n > 1 ? `${count(n)} changes: ${n > told.length ? "… " : ""}` : "";
  const isAlike = group.every((mark) => mark.kind === kind);
  return {
    key: `mark ${first} ${newest.step} ${n} ${newest.title}`,
    place: at(newest.step, end),
    kind: `mark ${isAlike ? kind : "set"}${n > 1 ? " many" : ""}`,
    words: `step ${steps}: ${many}${told.join("; ")}`,
    label: n > 1 ? `${count(n)} changes` : newest.title,
    snapshot: null,
    before: Math.max(first - 1, 0),
  };
}
