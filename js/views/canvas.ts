import { COLOURS, type Palette } from "../charts/palette";
import { element } from "../elements";

/** Ready to be drawn on in CSS pixels. */
export interface Ready {
  context: CanvasRenderingContext2D;
  palette: Palette;
}

/** A canvas in the theme's colours, as sharp as the screen. Neither tells when it changes: ask `isOutdated` now and then. */
export class Canvas {
  private palette: Palette | null = null;
  private drawnIn = "";

  constructor(readonly el: HTMLCanvasElement) {}

  /** Whether it would be drawn otherwise now. Not for every frame: reading a colour makes the page compute its styles. */
  isOutdated(): boolean {
    if (this.surroundings() === this.drawnIn) return false;
    this.palette = null;
    return true;
  }

  private surroundings(): string {
    return `${getComputedStyle(this.el).color} ${window.devicePixelRatio}`;
  }

  /** Make room for a drawing, on this canvas or on another that is to look the same. */
  ready(width: number, height: number, on = this.el): Ready {
    if (!this.palette) this.drawnIn = this.surroundings();
    this.palette ??= readPalette(this.el.parentElement!);
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (on.width !== wide || on.height !== high) {
      Object.assign(on, { width: wide, height: high });
      Object.assign(on.style, { width: `${width}px`, height: `${height}px` });
    }
    const context = contextOf(on);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return { context, palette: this.palette };
  }
}

export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2D canvas");
  return context;
}

/** Read the theme: a canvas takes no CSS variables. */
function readPalette(around: HTMLElement): Palette {
  const probe = element("span", { hidden: true });
  around.append(probe);
  const style = getComputedStyle(probe);
  const colours = COLOURS.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, style.color];
  });
  const palette = Object.fromEntries([...colours, ["family", style.fontFamily]]) as Palette;
  probe.remove();
  return palette;
}
