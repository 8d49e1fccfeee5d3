/** Images of one size, one after the other. */
export interface Tiles {
  bytes: Uint8Array;
  height: number;
  width: number;
  /** 1 or 3. */
  channels: number;
  /** Drawings, light on black: shown in the colour of the page's letters, and black as its ground. */
  isInk: boolean;
}

/** Where tiles lie on the sheet that is painted from. */
export interface Sheet {
  columns: number;
  width: number;
  height: number;
}

export const NO_TILES: Tiles = {
  bytes: new Uint8Array(),
  height: 1,
  width: 1,
  channels: 1,
  isInk: false,
};

export function count({ bytes, height, width, channels }: Tiles): number {
  return Math.floor(bytes.length / (height * width * channels));
}

/** About as wide as high, for a canvas can be only so long. */
export function sheetOf(tiles: Tiles): Sheet {
  const n = count(tiles);
  const columns = Math.max(Math.ceil(Math.sqrt((n * tiles.height) / tiles.width)), 1);
  return { columns, width: columns * tiles.width, height: Math.ceil(n / columns) * tiles.height };
}

/** Write tiles side by side; ink becomes black that lets more or less of the ground through. */
export function write(tiles: Tiles, sheet: Sheet, onto: Uint32Array): void {
  const { bytes, height, width, channels, isInk } = tiles;
  const n = count(tiles);
  let from = 0;
  for (let tile = 0; tile < n; tile++) {
    const left = (tile % sheet.columns) * width;
    const top = Math.floor(tile / sheet.columns) * height;
    for (let y = 0; y < height; y++) {
      let to = (top + y) * sheet.width + left;
      for (let x = 0; x < width; x++, to++) {
        const red = bytes[from++]!;
        if (channels === 3) onto[to] = OPAQUE | (bytes[from + 1]! << 16) | (bytes[from]! << 8) | red;
        else onto[to] = isInk ? red << 24 : OPAQUE | (red * 0x010101);
        from += channels - 1;
      }
    }
  }
}

/** Of a pixel whose bytes are red, green, blue and opacity, as the first is the lowest on all machines with browsers. */
const OPAQUE = 0xff000000;
