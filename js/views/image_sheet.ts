import type { DrawTile, Size, Window } from "../charts/image_grid";
import type { Palette } from "../charts/palette";
import { NO_TILES, type Sheet, type Tiles, sheetOf, write } from "../charts/tiles";
import { element } from "../elements";
import { Canvas, contextOf } from "./canvas";
import "./image_sheet.css";
import { Painter } from "./painter";

/** What a sheet asks of the view whose images it shows. */
export interface Arrangement {
  /** Arrange the images in a room; the result may be higher. */
  layout(room: Size, ratio: number): Size;
  paintOn(context: CanvasRenderingContext2D, window: Window, palette: Palette, ratio: number): void;
}

const SCROLLBAR = 12;

/** A canvas of images, as large as its box, which shows the part that is scrolled to. */
export class ImageSheet {
  readonly surface = element("canvas", { tabindex: 0, role: "application" });
  private inside = element("div", {}, this.surface);
  private scroller = element("div", { class: "scroller" }, this.inside);
  readonly el = element("div", { class: "image-sheet" }, this.scroller);
  private canvas = new Canvas(this.surface);
  private painter = new Painter(this.el, (width, height) => this.paintIn({ width, height }));
  private images = element("canvas");
  private tiles = NO_TILES;
  private sheet: Sheet = { columns: 1, width: 0, height: 0 };
  private tint: string | null = null;

  constructor(private parts: Arrangement) {
    this.scroller.addEventListener("scroll", () => this.painter.paint(), { passive: true });
  }

  /** Take over new images, and draw. */
  show(tiles: Tiles): void {
    this.tiles = tiles;
    this.sheet = sheetOf(tiles);
    this.tint = null;
    const { width, height } = this.sheet;
    if (this.images.width !== width || this.images.height !== height) {
      Object.assign(this.images, { width, height });
    }
    if (width * height) {
      const pixels = new Uint32Array(width * height);
      write(tiles, this.sheet, pixels);
      const data = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
      contextOf(this.images).putImageData(data, 0, 0);
    }
    this.paint();
  }

  paint(): void {
    this.painter.paint();
  }

  check(): void {
    this.painter.check(this.canvas.isOutdated());
  }

  private paintIn(room: Size): void {
    if (this.tiles === NO_TILES) return;
    const size = this.arranged(room);
    Object.assign(this.inside.style, { width: `${size.width}px`, height: `${size.height}px` });
    this.scroller.classList.toggle("fits", size.height <= room.height);
    const { scrollTop } = this.scroller;
    this.drawOn(this.surface, { x: 0, y: scrollTop, width: size.width, height: room.height });
  }

  /** Arrange, with room for a scrollbar where there is to be one. */
  private arranged(room: Size): Size {
    const ratio = window.devicePixelRatio || 1;
    const size = this.parts.layout(room, ratio);
    if (size.height <= room.height) return size;
    return this.parts.layout({ ...room, width: room.width - SCROLLBAR }, ratio);
  }

  private drawOn(surface: HTMLCanvasElement, sight: Window): void {
    const { context, palette } = this.canvas.ready(sight.width, sight.height, surface);
    if (this.tiles.isInk) this.colour(palette.ink);
    this.parts.paintOn(context, sight, palette, window.devicePixelRatio || 1);
  }

  /** Give ink the colour of the theme's letters. */
  private colour(ink: string): void {
    if (ink === this.tint || !this.sheet.width) return;
    this.tint = ink;
    const context = contextOf(this.images);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = ink;
    context.fillRect(0, 0, this.sheet.width, this.sheet.height);
    context.globalCompositeOperation = "source-over";
  }

  /** Draw an image into a box: one that is made much larger shows its pixels as squares. */
  drawTile: DrawTile = (context, i, x, y, box) => {
    const { width, height } = this.tiles;
    const left = (i % this.sheet.columns) * width;
    const top = Math.floor(i / this.sheet.columns) * height;
    context.imageSmoothingEnabled = (box.width * (window.devicePixelRatio || 1)) / width < 2;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.images, left, top, width, height, x, y, box.width, box.height);
  };

  /** The point of the drawing under the pointer. */
  at({ offsetX, offsetY }: MouseEvent): [number, number] {
    return [offsetX, offsetY + this.scroller.scrollTop];
  }

  /** Scroll so far that what lies between two heights is in sight. */
  reveal(from: number, to: number): void {
    const { scrollTop, clientHeight } = this.scroller;
    const top = Math.max(Math.min(scrollTop, from), to - clientHeight);
    if (top !== scrollTop) this.scroller.scrollTo(0, top);
  }

  /** All of it: also what one has to scroll to. */
  whole(): HTMLCanvasElement {
    const surface = element("canvas");
    const size = this.arranged({ width: this.el.clientWidth, height: this.el.clientHeight });
    this.drawOn(surface, { x: 0, y: 0, ...size });
    return surface;
  }

  dispose(): void {
    this.painter.dispose();
  }
}
