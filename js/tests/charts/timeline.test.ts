import { describe, expect, test } from "vitest";
import {
  type Course,
  type Kept,
  type Mark,
  apart,
  at,
  end,
  hit,
  leaves,
  leavesInWords,
  merged,
  nearest,
  roomFor,
  size,
  stepAt,
} from "../../charts/timeline";
import { keptItem, markItem } from "../../charts/timeline_items";

const kept = (id: number, step: number, more: Partial<Kept> = {}): Kept => ({
  id,
  step,
  name: "",
  is_pinned: false,
  shared: step,
  ...more,
});
const mark = (step: number, more: Partial<Mark> = {}): Mark => ({
  first: step,
  step,
  title: `l1 at ${step}`,
  kind: "set",
  who: "you",
  n: 1,
  n_by_hand: 1,
  ...more,
});
const course = (more: Partial<Course>): Course => ({ step: 50, last: 50, snapshots: [], marks: [], ...more });

describe("places", () => {
  test.each([
    [0, 10],
    [10, 10],
    [11, 12],
    [412, 500],
    [501, 600],
    [1000, 1000],
    [1201, 1500],
    [98765, 100000],
  ])("a run of %d steps gets a line of %d", (last, round) => expect(end(last)).toBe(round));

  test("the end moves seldom, and never below what it must show", () => {
    const ends = new Set<number>();
    for (let last = 0; last <= 10_000; last++) {
      ends.add(end(last));
      expect(end(last)).toBeGreaterThanOrEqual(last);
    }
    expect(ends.size).toBeLessThanOrEqual(31);
  });

  test("a step comes back from its place", () => {
    for (let step = 0; step <= 500; step += 7) expect(stepAt(at(step, 500), 500)).toBe(step);
    expect([stepAt(-0.1, 500), stepAt(1.2, 500), at(900, 500)]).toEqual([0, 500, 1]);
  });
});

describe("merging", () => {
  test("marks close together become one with a count", () => {
    const groups = merged([mark(1), mark(3), mark(4), mark(30), mark(33, { n: 5 })], 5);
    expect(groups.map((group) => group.map(({ step }) => step))).toEqual([
      [1, 3, 4],
      [30, 33],
    ]);
    expect(groups.map(size)).toEqual([3, 6]);
  });

  test("a long row of marks does not become one", () => {
    const row = Array.from({ length: 100 }, (_, i) => mark(i));
    expect(merged(row, 10)).toHaveLength(10);
    expect(merged([], 10)).toEqual([]);
  });

  test("automatic snapshots make way for those with a name or a pin", () => {
    const all = [
      kept(1, 0),
      kept(2, 4),
      kept(3, 5, { name: "mine" }),
      kept(4, 12),
      kept(5, 13, { is_pinned: true }),
    ];
    expect(apart(all, 5).map(({ id }) => id)).toEqual([1, 3, 5]);
    expect(apart(all, 0).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("hitting", () => {
  const items = [{ place: 0.1 }, { place: 0.5 }, { place: 0.52 }];
  test.each([
    [0.1, items[0]],
    [0.11, items[0]],
    [0.3, null],
    [0.515, items[2]],
    [0.49, items[1]],
  ])("at %d", (place, found) => expect(hit(items, place, 0.02)).toBe(found));

  test("of two at one place the one on top", () => {
    const two = [{ place: 0.5 }, { place: 0.5 }];
    expect(hit(two, 0.5, 0.01)).toBe(two[1]);
  });
});

describe("the snapshot that a step means", () => {
  const own = [kept(1, 0), kept(2, 10), kept(3, 20)];
  test.each([
    [25, 3],
    [20, 3],
    [19, 2],
    [0, 1],
  ])("step %d", (step, id) => expect(nearest(course({ snapshots: own }), step)?.id).toBe(id));

  test("on the present course the other one does not count; beyond it does", () => {
    const snapshots = [kept(1, 0), kept(2, 10), kept(3, 30, { shared: 12 }), kept(4, 80, { shared: 12 })];
    const here = course({ step: 40, last: 80, snapshots });
    expect(nearest(here, 35)?.id).toBe(2);
    expect(nearest(here, 85)?.id).toBe(4);
    expect(nearest(here, 60)?.id).toBe(3);
  });

  test("of two at one step the newer; before the first, the first; without any, none", () => {
    const snapshots = [kept(1, 5), kept(2, 5)];
    expect(nearest(course({ snapshots }), 9)?.id).toBe(2);
    expect(nearest(course({ snapshots }), 2)?.id).toBe(1);
    expect(nearest(course({}), 2)).toBeNull();
  });
});

describe("what is left", () => {
  const marks = [
    mark(3),
    mark(11),
    mark(40, { n: 4, n_by_hand: 2 }),
    mark(41, { kind: "rewind", n_by_hand: 0 }),
  ];
  const here = course({ step: 412, marks });

  test("steps and changes after the last shared step", () => {
    expect(leaves(here, kept(1, 200))).toEqual({ nSteps: 212, nChanges: 0 });
    expect(leaves(here, kept(1, 10))).toEqual({ nSteps: 402, nChanges: 3 });
    expect(leaves(here, kept(1, 900, { shared: 11 }))).toEqual({ nSteps: 401, nChanges: 2 });
  });

  test.each([
    [10, "Leaves 402 steps and 3 changes behind; they stay in the history and can be returned to."],
    [411, "Leaves 1 step behind; it stays in the history and can be returned to."],
    [412, "Leaves nothing behind."],
  ])("to step %d: %s", (step, words) => expect(leavesInWords(here, kept(1, step))).toBe(words));
});

test("labels stand where there is room, the first ones first, inside the line", () => {
  const places = [
    { place: 0.9, width: 0.2 },
    { place: 0.3, width: 0.2 },
    { place: 0.4, width: 0.2 },
    { place: 0.5, width: 0.2 },
  ];
  expect(roomFor(places)).toEqual([0.8, 0.3, null, 0.5]);
});

describe("what stands on the line", () => {
  test("a mark of many tells the newest", () => {
    const group = Array.from({ length: 10 }, (_, i) => mark(20 + i, { title: `t${i}` }));
    const item = markItem(group, 50);
    expect([item.place, item.label, item.kind, item.before]).toEqual([
      0.58,
      "10 changes",
      "mark set many",
      19,
    ]);
    expect(item.words).toMatch(/^step 20 to 29: 10 changes: … t2 \(you\); .*t9 \(you\)$/);
  });

  test.each([
    ["policy", "anneal", "mark policy"],
    ["rewind", "", "mark rewind"],
  ] as const)("a %s alone", (kind, who, classes) => {
    const item = markItem([mark(3, { kind, who })], 50);
    expect([item.kind, item.label]).toEqual([classes, "l1 at 3"]);
    expect(item.words).toBe(who ? "step 3: l1 at 3 (anneal)" : "step 3: l1 at 3");
  });

  test.each([
    [{}, "kept automatic", "step 5: automatic snapshot"],
    [{ name: "mine", is_pinned: true }, "kept", "step 5: snapshot “mine”"],
    [{ is_pinned: true }, "kept", "step 5: pinned snapshot"],
    [{ shared: 2 }, "kept automatic aside", "step 5: automatic snapshot, on a course that was left"],
  ])("a snapshot with %o", (more, kind, words) => {
    expect(keptItem(kept(1, 5, more), 50)).toMatchObject({ kind, words, place: 0.1, snapshot: 1 });
  });
});
