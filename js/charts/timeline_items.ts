import { count } from "../format";
import { type Kept, type Mark, at, size } from "./timeline";

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

const N_TOLD = 8;

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
