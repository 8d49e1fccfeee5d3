import { expect, test } from "vitest";
import { type Tiles, count, sheetOf, write } from "../../charts/tiles";

const tiles = (bytes: number[], channels: number, isInk = false): Tiles => ({
  bytes: Uint8Array.from(bytes),
  height: 1,
  width: 2,
  channels,
  isInk,
});

/** Red, green, blue and opacity of every pixel of the sheet. */
function written(images: Tiles): number[][] {
  const sheet = sheetOf(images);
  const pixels = new Uint32Array(sheet.width * sheet.height);
  write(images, sheet, pixels);
  const bytes = new Uint8Array(pixels.buffer);
  return Array.from(pixels, (_, i) => [...bytes.slice(4 * i, 4 * i + 4)]);
}

test("grey, colour and ink", () => {
  expect(written(tiles([0, 200], 1))).toEqual([
    [0, 0, 0, 255],
    [200, 200, 200, 255],
  ]);
  expect(written(tiles([1, 2, 3, 250, 251, 252], 3))).toEqual([
    [1, 2, 3, 255],
    [250, 251, 252, 255],
  ]);
  expect(written(tiles([0, 200], 1, true))).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 200],
  ]);
});

test("tiles stand side by side on a sheet about as wide as high", () => {
  const three = tiles([1, 2, 3, 4, 5, 6], 1);
  expect([count(three), sheetOf(three)]).toEqual([3, { columns: 2, width: 4, height: 2 }]);
  const grey = written(three).map(([red, , , opacity]) => [red, opacity]);
  expect(grey.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6].map((value) => [value, 255]));
  expect(grey.slice(6).flat()).toEqual([0, 0, 0, 0]);
  const many = { ...tiles([], 3), bytes: new Uint8Array(256 * 28 * 28 * 3), height: 28, width: 28 };
  expect(sheetOf(many)).toEqual({ columns: 16, width: 448, height: 448 });
  expect(sheetOf(tiles([], 1))).toEqual({ columns: 1, width: 2, height: 0 });
});
