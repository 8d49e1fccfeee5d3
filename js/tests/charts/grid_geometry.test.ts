import { expect, test } from "vitest";
import {
  type Placed,
  alike,
  arranged,
  besideInFlow,
  exchanged,
  moved,
  panelAt,
  resized,
  stepped,
  stretched,
} from "../../charts/grid_geometry";

const at = (id: string, x: number, y: number, w: number, h: number): Placed => ({ id, x, y, w, h });
const THREE = [at("c", 8, 0, 4, 6), at("a", 0, 0, 4, 6), at("b", 4, 0, 4, 6)];
/** 110 pixels from column to column: 12 columns of 100 and 11 gaps of 10. */
const WIDTH = 1310;

test("a wide page shows panels where they are, in the order of reading", () => {
  expect(arranged(THREE, 480).map(({ id, x }) => [id, x])).toEqual([
    ["a", 0],
    ["b", 4],
    ["c", 8],
  ]);
});

test("on a narrow page small panels stand two a row, each with its height, and wide ones alone", () => {
  const panels = [at("a", 0, 0, 4, 6), at("b", 4, 0, 4, 8), at("c", 8, 0, 4, 6), at("wide", 0, 8, 8, 10)];
  expect(arranged(panels, 479)).toEqual([
    at("a", 0, 0, 6, 6),
    at("b", 6, 0, 6, 8),
    at("c", 0, 8, 12, 6),
    at("wide", 0, 14, 12, 10),
  ]);
  expect(arranged(panels, 359).map(({ w }) => w)).toEqual([12, 12, 12, 12]);
});

test("on a narrow page a low panel leaves no hole beside a high one", () => {
  const panels = [at("members", 8, 0, 4, 9), at("silhouette", 8, 9, 4, 5)];
  expect(arranged(panels, 479)).toEqual([at("members", 0, 0, 12, 9), at("silhouette", 0, 9, 12, 5)]);
});

test("a dragged panel snaps to cells and stays inside", () => {
  const place = at("a", 4, 3, 4, 6);
  expect(moved(place, { left: 100, top: 40 }, WIDTH)).toMatchObject({ x: 5, y: 4, w: 4, h: 6 });
  expect(moved(place, { left: 9999, top: -9999 }, WIDTH)).toMatchObject({ x: 8, y: 0 });
  expect(moved(place, { left: -9999, top: 0 }, WIDTH)).toMatchObject({ x: 0, y: 3 });
});

test("a dragged corner snaps to cells, between the least size and the last column", () => {
  const place = at("a", 4, 3, 4, 6);
  expect(resized(place, { left: 120, top: -30 }, WIDTH)).toMatchObject({ x: 4, y: 3, w: 5, h: 5 });
  expect(resized(place, { left: 9999, top: 9999 }, WIDTH)).toMatchObject({ w: 8, h: 100 });
  expect(resized(place, { left: -9999, top: -9999 }, WIDTH)).toMatchObject({ w: 2, h: 3 });
});

test("the panel under a point", () => {
  expect(panelAt(THREE, { left: 500, top: 100 }, WIDTH)?.id).toBe("b");
  expect(panelAt(THREE, { left: 500, top: 300 }, WIDTH)).toBeUndefined();
});

test("left and right go by a column, as far as there are any", () => {
  const [, a, b] = THREE as [Placed, Placed, Placed];
  expect(stepped(b, "ArrowLeft", THREE)).toMatchObject({ x: 3, y: 0 });
  expect(stepped(b, "ArrowRight", THREE)).toMatchObject({ x: 5, y: 0 });
  expect(stepped(a, "ArrowLeft", THREE)).toBeNull();
});

test("up and down go past the next panel, as the kernel packs them", () => {
  const panels = [
    at("top", 0, 0, 12, 4),
    at("middle", 0, 4, 6, 6),
    at("other", 6, 4, 6, 5),
    at("low", 0, 10, 6, 3),
  ];
  const [top, middle, , low] = panels as [Placed, Placed, Placed, Placed];
  expect(stepped(middle, "ArrowUp", panels)).toMatchObject({ x: 0, y: 0 });
  expect(stepped(middle, "ArrowDown", panels)).toMatchObject({ x: 0, y: 6 }); // `low` will rise to 4
  expect(stepped(top, "ArrowDown", panels)).toMatchObject({ y: 3 }); // `middle` will rise to 0
  expect(stepped(top, "ArrowUp", panels)).toBeNull();
  expect(stepped(low, "ArrowDown", panels)).toBeNull();
});

test("panels that change places take up together what they did", () => {
  const [c, a, b] = THREE as [Placed, Placed, Placed];
  expect(exchanged(c, a)).toEqual([at("c", 0, 0, 4, 6), at("a", 8, 0, 4, 6)]);
  const wide = at("wide", 4, 0, 8, 9);
  expect(exchanged(a, wide)).toEqual([at("a", 8, 0, 4, 6), at("wide", 0, 0, 8, 9)]);
  expect(exchanged(wide, a)).toEqual([at("wide", 0, 0, 8, 9), at("a", 8, 0, 4, 6)]);
  const [tall, low] = [at("tall", 0, 0, 6, 10), at("low", 0, 10, 12, 4)];
  expect(exchanged(tall, low)).toEqual([at("tall", 0, 4, 6, 10), at("low", 0, 0, 12, 4)]);
  expect(exchanged(b, at("far", 8, 20, 4, 3))).toEqual([at("b", 8, 20, 4, 6), at("far", 4, 0, 4, 3)]);
});

test("a panel is dragged onto one of its size where it covers more than half of it", () => {
  expect(alike("c", at("c", 5, 1, 4, 6), THREE)?.id).toBe("b");
  expect(alike("c", at("c", 6, 0, 4, 6), THREE)).toBeUndefined();
  expect(alike("c", at("c", 4, 0, 4, 7), THREE)).toBeUndefined();
  expect(alike("c", at("c", 8, 0, 4, 6), THREE)).toBeUndefined();
});

test("on a narrow page the arrow keys mean the next and the previous panel", () => {
  expect(besideInFlow("c", "ArrowUp", THREE)?.id).toBe("b");
  expect(besideInFlow("a", "ArrowRight", THREE)?.id).toBe("b");
  expect(besideInFlow("c", "ArrowDown", THREE)).toBeUndefined();
});

test("arrow keys on the corner go by a cell, as far as the size allows", () => {
  const place = { x: 8, y: 0, w: 4, h: 6 };
  expect(stretched(place, "ArrowLeft")).toMatchObject({ w: 3 });
  expect(stretched(place, "ArrowUp")).toMatchObject({ h: 5 });
  expect(stretched(place, "ArrowDown")).toMatchObject({ h: 7 });
  expect(stretched(place, "ArrowRight")).toBeNull();
  expect(stretched({ ...place, w: 1 }, "ArrowLeft")).toBeNull();
});
