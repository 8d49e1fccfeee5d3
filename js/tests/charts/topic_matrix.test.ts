import { expect, test, vi } from "vitest";
import { draw, layout, topicAt } from "../../charts/topic_matrix";

const palette = { ink: "ink", dim: "dim", line: "line", dot: "dot", accent: "accent", wash: "wash" };

function matrix(nWords: number, nTopics: number) {
  const words = Array.from({ length: nWords }, (_, i) => `word${i}`);
  const topics = Array.from({ length: nTopics }, (_, i) => `topic${i}`);
  return { words, topics, weights: new Float32Array(nWords * nTopics).fill(0.25) };
}

/** A canvas context that writes down circles and texts. */
function recorder() {
  const circles: { x: number; y: number; r: number; colour: string }[] = [];
  const texts: string[] = [];
  const context = {
    clearRect: vi.fn(),
    beginPath: vi.fn(),
    fill: vi.fn(),
    stroke: vi.fn(),
    save: vi.fn(),
    restore: vi.fn(),
    translate: vi.fn(),
    rotate: vi.fn(),
    moveTo: vi.fn(),
    lineTo: vi.fn(),
    roundRect: vi.fn(),
    fillStyle: "",
    fillText: (text: string) => texts.push(text),
    arc: (x: number, y: number, r: number) => circles.push({ x, y, r, colour: context.fillStyle }),
  };
  return { context: context as unknown as CanvasRenderingContext2D, mock: context, circles, texts };
}

test("the area of a circle is its weight", () => {
  const shown = { ...matrix(1, 2), weights: new Float32Array([0.4, 0.1]) };
  const { context, circles } = recorder();
  draw(context, shown, layout(shown, 600), palette, -1, "sans");
  expect(circles).toHaveLength(2);
  expect((circles[0]!.r / circles[1]!.r) ** 2).toBeCloseTo(4, 5);
});

test("every word and topic is written, and all circles stay inside their row", () => {
  const shown = matrix(28, 32);
  const geometry = layout(shown, 700);
  const { context, circles, texts } = recorder();
  draw(context, shown, geometry, palette, -1, "sans");
  expect(texts.sort()).toEqual([...shown.words, ...shown.topics].sort());
  expect(circles).toHaveLength(28 * 32);
  for (const { x, r } of circles) {
    expect(r).toBeLessThanOrEqual(geometry.row / 2 + 1);
    expect(x - r).toBeGreaterThanOrEqual(geometry.left);
  }
});

test("in narrow columns the largest circle is still easy to see", () => {
  const shown = matrix(2, 32);
  const { context, circles } = recorder();
  draw(context, shown, layout(shown, 370), palette, -1, "sans");
  expect(Math.max(...circles.map(({ r }) => r))).toBeGreaterThanOrEqual(6);
});

test("the chosen topic is highlighted and the others are not", () => {
  const shown = matrix(2, 3);
  const { context, mock, circles } = recorder();
  draw(context, shown, layout(shown, 600), palette, 1, "sans");
  expect(circles.map(({ colour }) => colour)).toEqual(["dot", "dot", "accent", "accent", "dot", "dot"]);
  expect(mock.roundRect).toHaveBeenCalledOnce();
});

test("nothing weighs anything: no circles, no division by zero", () => {
  const shown = { ...matrix(3, 3), weights: new Float32Array(9) };
  const { context, circles } = recorder();
  draw(context, shown, layout(shown, 600), palette, -1, "sans");
  expect(circles).toEqual([]);
});

test.each([
  [28, 12, 600],
  [28, 32, 560],
  [28, 32, 450],
  [28, 32, 370],
  [1, 1, 300],
  [28, 64, 700],
  [0, 0, 400],
])("%d words by %d topics in %d pixels", (nWords, nTopics, available) => {
  const geometry = layout(matrix(nWords, nTopics), available);
  expect(geometry.width).toBeGreaterThanOrEqual(geometry.left + nTopics * geometry.pitch);
  expect(geometry.pitch).toBeGreaterThanOrEqual(8);
  if (nTopics <= 32) expect(geometry.width).toBeLessThanOrEqual(available);
});

test("names in narrow columns stand upright and are no larger than the column", () => {
  const wide = layout(matrix(28, 32), 700);
  const narrow = layout(matrix(28, 32), 450);
  expect([wide.letters, wide.angle]).toEqual([11, (-65 / 180) * Math.PI]);
  expect(narrow.angle).toBe(-Math.PI / 2);
  expect(layout(matrix(28, 32), 370).letters).toBeLessThan(11);
  expect(topicAt(narrow, 32, narrow.left + 3.5 * narrow.pitch, 20)).toBe(3);
});

test("a point belongs to the topic below it, and to the leaning title above it", () => {
  const geometry = layout(matrix(10, 5), 600);
  const x = (topic: number) => geometry.left + (topic + 0.5) * geometry.pitch;
  expect(topicAt(geometry, 5, x(3), geometry.top + 20)).toBe(3);
  expect(topicAt(geometry, 5, x(3) + 9, geometry.top - 30)).toBe(3);
  expect(topicAt(geometry, 5, 2, geometry.top + 20)).toBe(-1);
  expect(topicAt(geometry, 5, x(9), geometry.top + 20)).toBe(-1);
});
