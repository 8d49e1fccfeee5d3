import { expect, test, vi } from "vitest";
import { COLOURS, type Palette } from "../../charts/palette";
import { hit, layout, moved, rankedRows, reordered, reveal } from "../../charts/topic_geometry";
import { type Drawing, draw } from "../../charts/topic_matrix";

const palette = Object.fromEntries([...COLOURS, "family"].map((name) => [name, name])) as Palette;

function matrix(nWords: number, nTopics: number) {
  const words = Array.from({ length: nWords }, (_, i) => `word${i}`);
  const topics = Array.from({ length: nTopics }, (_, i) => `topic${i}`);
  return { words, topics, weights: new Float32Array(nWords * nTopics).fill(0.25) };
}

const NOTHING = { topic: -1, pinned: -1, word: -1 };
const room = (width: number, height = 600) => ({ width, height });

/** Draw all of a matrix that has `width` pixels. */
function drawn(shown: ReturnType<typeof matrix>, width: number, more: Partial<Drawing> = {}) {
  const geometry = layout(shown, room(width));
  const sight = { x: 0, y: 0, width: geometry.width, height: geometry.height };
  const recorded = recorder();
  draw(recorded.context, {
    matrix: shown,
    geometry,
    window: sight,
    palette,
    marks: NOTHING,
    ...more,
  });
  return { geometry, sight, ...recorded };
}

/** A canvas context that writes down circles and texts. */
function recorder() {
  const circles: { x: number; y: number; r: number; colour: string }[] = [];
  const texts: string[] = [];
  const context = {
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
    rect: vi.fn(),
    clip: vi.fn(),
    fillRect: vi.fn(),
    measureText: () => ({ width: 30 }),
    fillStyle: "",
    fillText: (text: string) => texts.push(text),
    arc: (x: number, y: number, r: number) => circles.push({ x, y, r, colour: context.fillStyle }),
  };
  return { context: context as unknown as CanvasRenderingContext2D, mock: context, circles, texts };
}

test("the area of a circle is its weight", () => {
  const shown = { ...matrix(1, 2), weights: new Float32Array([0.4, 0.1]) };
  const { circles } = drawn(shown, 600);
  expect(circles).toHaveLength(2);
  expect((circles[0]!.r / circles[1]!.r) ** 2).toBeCloseTo(4, 5);
});

test("every word and topic is written, and all circles stay inside their row", () => {
  const shown = matrix(28, 32);
  const { geometry, circles, texts } = drawn(shown, 700);
  expect(texts.sort()).toEqual([...shown.words, ...shown.topics].sort());
  expect(circles).toHaveLength(28 * 32);
  for (const { x, r } of circles) {
    expect(r).toBeLessThanOrEqual(geometry.row / 2 + 1);
    expect(x - r).toBeGreaterThanOrEqual(geometry.left);
  }
});

test("in narrow columns the largest circle is still easy to see", () => {
  const shown = matrix(2, 32);
  const { circles } = drawn(shown, 370);
  expect(Math.max(...circles.map(({ r }) => r))).toBeGreaterThanOrEqual(6);
});

test("the chosen topic is highlighted and the others are not", () => {
  const shown = matrix(2, 3);
  const { mock, circles } = drawn(shown, 600, { marks: { ...NOTHING, topic: 1 } });
  expect(circles.map(({ colour }) => colour)).toEqual(["dot", "dot", "accent", "accent", "dot", "dot"]);
  expect(mock.roundRect).toHaveBeenCalledOnce();
});

test("nothing weighs anything: no circles, no division by zero", () => {
  const shown = { ...matrix(3, 3), weights: new Float32Array(9) };
  const { circles } = drawn(shown, 600);
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
  const geometry = layout(matrix(nWords, nTopics), room(available));
  expect(geometry.width).toBeGreaterThanOrEqual(geometry.left + nTopics * geometry.pitch);
  expect(geometry.pitch).toBeGreaterThanOrEqual(8);
  if (nTopics <= 32) expect(geometry.width).toBeLessThanOrEqual(available);
});

test("names in narrow columns stand upright and are no larger than the column", () => {
  const wide = layout(matrix(28, 32), room(700));
  const narrow = layout(matrix(28, 32), room(450));
  expect([wide.letters, wide.angle]).toEqual([11, (-65 / 180) * Math.PI]);
  expect(narrow.angle).toBe(-Math.PI / 2);
  expect(layout(matrix(28, 32), room(370)).letters).toBeLessThan(11);
  expect(hit(matrix(28, 32), narrow, whole(narrow), narrow.left + 3.5 * narrow.pitch, 20).topic).toBe(3);
});

const whole = ({ width, height }: { width: number; height: number }) => ({ x: 0, y: 0, width, height });

test("a point belongs to the title, the word or the circle there", () => {
  const shown = matrix(10, 5);
  const geometry = layout(shown, room(600));
  const { left, top, pitch, row } = geometry;
  const at = (x: number, y: number) => hit(shown, geometry, whole(geometry), x, y);
  const x = (topic: number) => left + (topic + 0.5) * pitch;
  expect(at(x(3), top + 2.5 * row)).toEqual({ part: "circle", topic: 3, word: 2 });
  expect(at(x(3) + pitch / 2 - 1, top + 2 * row + 1)).toEqual({ part: "none", topic: 3, word: 2 });
  expect(at(x(3) + 9, top - 30)).toEqual({ part: "title", topic: 3, word: -1 });
  expect(at(2, top + 2.5 * row)).toEqual({ part: "word", topic: -1, word: 2 });
  expect(at(x(9), top + 20).topic).toBe(-1);
  expect(at(left + 20, top + 10 * row + 4).part).toBe("none");
  const scrolled = { ...whole(geometry), x: pitch, y: row };
  expect(hit(shown, geometry, scrolled, x(2), top + 1.5 * row)).toEqual({
    part: "circle",
    topic: 3,
    word: 2,
  });
});

test("the window moves just so far that topic and word are in sight", () => {
  const shown = matrix(200, 100);
  const geometry = layout(shown, room(400, 300));
  const { left, top, pitch, row } = geometry;
  const window = { x: 0, y: 0, width: 385, height: 285 };
  expect(reveal(geometry, window, 0, 0)).toEqual({ x: 0, y: 0 });
  const far = reveal(geometry, window, 99, 199);
  expect(far).toEqual({ x: 100 * pitch - (385 - left), y: 200 * row + 8 - (285 - top) });
  expect(reveal(geometry, { ...window, ...far }, 99, -1)).toEqual(far);
  expect(reveal(geometry, { ...window, ...far }, 2, 3)).toEqual({ x: 2 * pitch, y: 3 * row });
});

test("only what is in sight is drawn, and titles and words stay", () => {
  const shown = matrix(200, 3);
  const geometry = layout(shown, room(400, 300));
  const sight = { x: 0, y: 1600, width: 385, height: 285 };
  const { texts, circles, mock } = drawn(shown, 400, { geometry, window: sight });
  expect(texts).toEqual(expect.arrayContaining(["topic0", "topic1", "topic2", "word100", "word110"]));
  expect(texts).not.toContain("word10");
  expect(circles.length).toBeLessThan(3 * 25);
  expect(mock.fillRect).toHaveBeenCalledOnce();
});

test("rows fill the room as far as they may, and with too many of them there is more than fits", () => {
  expect(layout(matrix(20, 5), room(600, 500)).height).toBeLessThanOrEqual(500);
  expect(layout(matrix(20, 5), room(600, 500)).row).toBeGreaterThan(16);
  expect(layout(matrix(5, 5), room(600, 900)).row).toBe(24);
  const tall = layout(matrix(100, 5), room(600, 500));
  expect(tall.row).toBe(16);
  expect(tall.height).toBeGreaterThan(1600);
  expect(tall.width).toBeLessThanOrEqual(585);
});

test("ranking puts a topic's heaviest words first and keeps the others' order", () => {
  const shown = { ...matrix(4, 2), weights: new Float32Array([0.1, 0.9, 0.4, 0, 0.1, 0.3, 0.8, 0]) };
  expect(rankedRows(shown, 0)).toEqual([3, 1, 0, 2]);
  expect(rankedRows(shown, 1)).toEqual([0, 2, 1, 3]);
  const moved = reordered(shown, [3, 1, 0, 2]);
  expect(moved.words).toEqual(["word3", "word1", "word0", "word2"]);
  expect(moved.weights).toEqual(new Float32Array([0.8, 0, 0.4, 0, 0.1, 0.9, 0.1, 0.3]));
});

test("a pinned title is underlined, and column and word are washed", () => {
  const { mock, circles } = drawn(matrix(3, 3), 600, { marks: { topic: 2, pinned: 0, word: 1 } });
  expect(mock.roundRect).toHaveBeenCalledTimes(3);
  expect(mock.fillRect).toHaveBeenCalledOnce();
  expect(circles.filter(({ colour }) => colour === "accent")).toHaveLength(6);
});

test.each([
  ["ArrowRight", -1, -1, [0, -1]],
  ["ArrowRight", 4, 2, [0, 2]],
  ["ArrowLeft", -1, -1, [4, -1]],
  ["ArrowDown", -1, -1, [-1, 0]],
  ["ArrowDown", 1, 6, [1, 6]],
  ["ArrowUp", 1, 0, [1, -1]],
  ["ArrowUp", 1, -1, [1, -1]],
  ["End", 1, 3, [4, 3]],
  ["Home", 1, 3, [0, 3]],
  ["x", 1, 3, [1, 3]],
] as const)("%s takes the cursor from %d, %d on", (key, topic, word, to) => {
  expect(moved(key, topic, word, 5, 7)).toEqual(to);
});
