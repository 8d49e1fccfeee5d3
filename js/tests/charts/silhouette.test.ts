import { expect, test, vi } from "vitest";
import { COLOURS, type Palette } from "../../charts/palette";
import { type Silhouettes, bandAt, belowZero, draw, layout, range } from "../../charts/silhouette";

const palette = Object.fromEntries([...COLOURS, "family"].map((name) => [name, name])) as Palette;
const some: Silhouettes = {
  clusters: [0, 2, 7],
  counts: [1, 3, 2],
  means: [0.5, 0.1, 0],
  values: new Float32Array([0.5, 0.4, 0.1, -0.2, 0.1, -0.1]),
  mean: 0.13,
};

/** A canvas context that writes down the filled outlines by colour, and the texts. */
function recorder() {
  const filled: { colour: string; points: [number, number][] }[] = [];
  const texts: string[] = [];
  let points: [number, number][] = [];
  const context = {
    beginPath: () => (points = []),
    moveTo: (x: number, y: number) => points.push([x, y]),
    lineTo: (x: number, y: number) => points.push([x, y]),
    fill: () => filled.push({ colour: context.fillStyle, points }),
    fillRect: vi.fn(),
    fillText: (text: string) => texts.push(text),
    fillStyle: "",
  };
  return { context: context as unknown as CanvasRenderingContext2D, filled, texts };
}

test("a band is as wide as its cluster has rows, and all fill the width", () => {
  const { left, right, bands, gap } = layout(some, 400, 200);
  expect(gap).toBe(2);
  const unit = (right - left - 2 * gap) / 6;
  expect(bands).toHaveLength(4);
  expect([bands[0], bands[3]]).toEqual([left, right]);
  expect(bands[1]! - left).toBeCloseTo(unit + gap, 9);
  expect(bands[2]! - bands[1]!).toBeCloseTo(3 * unit + gap, 9);
});

test("a point belongs to the band it lies in", () => {
  const geometry = layout(some, 400, 200);
  const { left, right, bands } = geometry;
  expect([left, bands[1]! + 1, right - 1].map((x) => bandAt(geometry, x))).toEqual([0, 1, 2]);
  expect([left - 1, right + 1].map((x) => bandAt(geometry, x))).toEqual([-1, -1]);
  expect(bandAt(layout({ ...some, clusters: [], counts: [] }, 400, 200), 100)).toBe(-1);
});

test("zero is always in sight", () => {
  expect(range(new Float32Array([0.3, 0.6]))).toEqual([-0.1, expect.closeTo(0.6, 5)]);
  expect(range(new Float32Array())).toEqual([-0.1, 0.1]);
});

test("the share below zero is the cluster's own", () => {
  expect([0, 1, 2].map((band) => belowZero(some, band))).toEqual([0, 1 / 3, 0.5]);
});

test("what lies below zero has a colour of its own", () => {
  const { context, filled, texts } = recorder();
  const geometry = layout(some, 400, 200);
  draw(context, some, geometry, [-0.5, 0.5], palette, 1);
  const { top, bottom } = geometry;
  const zero = (top + bottom) / 2;
  expect(filled.map(({ colour }) => colour)).toEqual(["accent", "bad", "accent", "bad", "accent", "bad"]);
  for (const { colour, points } of filled) {
    const signs = points.map(([, y]) => Math.sign(y - zero));
    expect(signs).not.toContain(colour === "bad" ? -1 : 1);
  }
  expect(filled[3]!.points.some(([, y]) => y > zero)).toBe(true);
  for (const number of ["0", "2", "7"]) expect(texts).toContain(number);
});

test("numbers that find no room are left out, never the chosen one", () => {
  const n = 256;
  const clusters = Array.from({ length: n }, (_, k) => k);
  const values = new Float32Array(n).fill(0.2);
  const many = { clusters, counts: clusters.map(() => 1), means: clusters, values, mean: 0.2 };
  const { context, texts } = recorder();
  draw(context, many, layout(many, 300, 200), [-0.5, 0.5], palette, 201);
  const written = texts.filter((text) => Number.isInteger(Number(text)) && Number(text) > 1);
  expect(written.length).toBeLessThan(20);
  expect(written).toContain("201");
});
