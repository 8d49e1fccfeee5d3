import { expect, test } from "vitest";
import { type Topic, extent, spots, topicAt } from "../../charts/topic_map";

const topic = (x: number, y: number, share = 0.1, label = "0 film"): Topic => ({ x, y, share, label });
const TRIANGLE = [topic(-1, -0.5, 0.4, "0 film"), topic(1, -0.5, 0.1, "1 war"), topic(0, 1, 0.5, "2 love")];

/** Topics at random places, the same at every run. */
function cloud(n: number): Topic[] {
  let seed = 1;
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const weights = Array.from({ length: n }, () => next() ** 2);
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight, i) => topic(next() - 0.5, next() - 0.5, weight / sum, `${i} leading`));
}

test("the area of a circle is its share", () => {
  const [film, war] = spots(TRIANGLE, extent(null, TRIANGLE), 500, 400);
  expect((film!.r / war!.r) ** 2).toBeCloseTo(4, 6);
});

test("a unit is as long on both axes, and up is up", () => {
  const shown = spots(TRIANGLE, extent(null, TRIANGLE), 800, 400);
  const [a, b, c] = shown as [(typeof shown)[0], (typeof shown)[0], (typeof shown)[0]];
  const base = Math.hypot(a.x - b.x, a.y - b.y) / 2;
  expect(Math.hypot(a.x - c.x, a.y - c.y) / Math.hypot(1, 1.5)).toBeCloseTo(base, 6);
  expect(c.y).toBeLessThan(a.y);
});

test.each([
  [700, 400, 32],
  [300, 180, 64],
  [120, 90, 10],
  [40, 30, 3],
])("in %d by %d pixels all %d circles lie inside, and no label lies on another", (width, height, n) => {
  const topics = cloud(n);
  const shown = spots(topics, extent(null, topics), width, height);
  for (const { x, y, r } of shown) {
    expect(Math.min(x - r, y - r, width - x - r, height - y - r)).toBeGreaterThanOrEqual(0);
  }
  const boxes = shown
    .filter(({ slot }) => slot >= 0)
    .map(({ text, textX, textY, anchor }) => {
      const wide = text.length * 6.4;
      const left = { start: textX, middle: textX - wide / 2, end: textX - wide }[anchor];
      return { left, right: left + wide, top: textY - 6.5, bottom: textY + 6.5 };
    });
  boxes.forEach((a, i) => {
    expect(a.left).toBeGreaterThanOrEqual(0);
    expect(a.right).toBeLessThanOrEqual(width);
    for (const b of boxes.slice(i + 1)) {
      const isBeside = a.right + 6 <= b.left || b.right + 6 <= a.left; // 21 and 3 must not read as 213
      expect(isBeside || a.bottom <= b.top || b.bottom <= a.top).toBe(true);
    }
  });
});

test("topics in one place, and a single one, stand in the middle", () => {
  for (const topics of [[topic(0, 0, 1)], [topic(0.2, 0, 0.5), topic(0.2, 0, 0.5)]]) {
    for (const { x, y, r } of spots(topics, extent(null, topics), 300, 200)) {
      expect([x, y]).toEqual([150, 100]);
      expect(r).toBeGreaterThan(5);
    }
  }
});

test("a label stays at its side while there is room", () => {
  const before = spots(TRIANGLE, extent(null, TRIANGLE), 500, 400).map((spot) => ({ ...spot, slot: 2 }));
  const after = spots(TRIANGLE, extent(null, TRIANGLE), 500, 400, before);
  expect([before, after].map((shown) => shown[1]!.slot)).toEqual([2, 2]);
});

test("in a heap labels stand above and below their circles, at the end of a line", () => {
  const heap = Array.from({ length: 12 }, (_, i) => topic(0.1 * i, 0, 0.08, `${i} leading`));
  const topics = [...heap, topic(8, 3, 0.1, "12 out"), topic(8, -3, 0.1, "13 out")];
  const shown = spots(topics, extent(null, topics), 500, 400);
  expect(shown.filter(({ text }) => text.includes(" ")).length).toBeGreaterThanOrEqual(12);
  for (const { x, y, r, textX, textY } of shown.filter(({ isFar }) => isFar)) {
    expect(textX).toBe(x);
    expect(Math.abs(textY - y)).toBeGreaterThan(r + 13);
  }
  expect(shown.some(({ isFar }) => isFar)).toBe(true);
});

test("where a label finds no room there is the number", () => {
  const crowded = [topic(0, 0, 0.5, "0 a-long-name"), topic(0.1, 0, 0.5, "1 a-long-name"), topic(5, 0, 0.1)];
  const [first] = spots(crowded, extent(null, crowded), 160, 160);
  expect(first!.text).toBe("0");
});

test("the extent holds still while topics stay inside and fill it", () => {
  const first = extent(null, TRIANGLE);
  const smaller = TRIANGLE.map((t) => ({ ...t, x: 0.9 * t.x, y: 0.9 * t.y }));
  expect(extent(first, smaller)).toBe(first);
  const tiny = TRIANGLE.map((t) => ({ ...t, x: 0.5 * t.x }));
  expect(extent(first, tiny).right).toBe(0.5);
  const larger = TRIANGLE.map((t) => ({ ...t, x: 2 * t.x }));
  expect(extent(first, larger).right).toBe(2);
});

test("of circles on each other the smallest is under the pointer", () => {
  const topics = [topic(0, 0, 0.9), topic(0, 0, 0.01)];
  const shown = spots(topics, extent(null, topics), 300, 200);
  expect(topicAt(shown, 150, 100)).toBe(1);
  expect(topicAt(shown, 150 + shown[0]!.r - 1, 100)).toBe(0);
  expect(topicAt(shown, 0, 0)).toBe(-1);
});
