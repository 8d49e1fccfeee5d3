import { type Domain, follow } from "../charts/domain";
import {
  type Geometry,
  type HeatMap,
  type Palette,
  blockSize,
  cellAt,
  cellBeside,
  draw,
  layout,
  pixels,
  placeText,
} from "../charts/heat_map";
import { table } from "../csv";
import { element } from "../elements";
import { format } from "../format";
import { type PanelFrame, floats } from "../messages";
import { Figure, type Parts } from "./figure";
import type { Surroundings, View } from "./panel";

interface Header extends PanelFrame {
  of: string;
  shape: [number, number];
  cells: [number, number];
  low: number;
  high: number;
  labels: string[] | null;
  note: string;
}

/** Values of an array of rows and columns as colours. */
export class HeatMapView implements View, Parts {
  private surface = element("canvas");
  private image = element("canvas");
  private figure: Figure;
  readonly el: HTMLElement;
  private map: HeatMap = { cells: [0, 0], shape: [0, 0], values: new Float32Array(), labels: null };
  private geometry: Geometry | null = null;
  private domain: Domain | null = null;
  private palette: Palette | null = null;
  private ink = "";
  private of = "";

  constructor(_id: string, around: Surroundings) {
    this.figure = new Figure(this.surface, around, this);
    this.el = this.figure.el;
    this.el.classList.add("heat-map-view");
  }

  draw(frame: PanelFrame): void {
    const { of, shape, cells, low, high, labels, note, buffers } = frame as Header;
    const [values] = buffers;
    if (!values) return;
    if (of !== this.of) this.domain = null;
    this.of = of;
    this.map = {
      shape,
      cells,
      values: floats(values),
      labels: labels?.map((name, i) => `${i} ${name}`) ?? null,
    };
    this.domain = follow(this.domain, [low, high]);
    this.colour(this.domain);
    this.figure.show(note, `Heat map of ${of}: ${note}. Arrow keys walk through its cells.`);
  }

  /** A pixel a cell; the canvas that is shown stretches it. */
  private colour(domain: Domain): void {
    const [rows, columns] = this.map.cells;
    Object.assign(this.image, { width: columns, height: rows });
    if (!rows || !columns) return;
    const context = contextOf(this.image);
    context.putImageData(new ImageData(pixels(this.map.values, domain), columns, rows), 0, 0);
  }

  /** Follow the theme. Not at every frame: reading a colour makes the page compute its styles. */
  check(): void {
    const ink = getComputedStyle(this.el).color;
    if (ink === this.ink) return;
    this.ink = ink;
    this.palette = null;
    this.figure.paint();
  }

  paint(width: number, height: number): void {
    if (!this.domain) return;
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.surface.width !== wide || this.surface.height !== high) {
      Object.assign(this.surface, { width: wide, height: high });
      Object.assign(this.surface.style, { width: `${width}px`, height: `${height}px` });
    }
    this.palette ??= palette(this.el);
    this.geometry = layout(this.map, width, height);
    const context = contextOf(this.surface);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.map.values.length) return;
    const family = getComputedStyle(this.el).fontFamily;
    draw(context, this.map, this.geometry, this.domain, this.image, this.palette, this.figure.chosen, family);
  }

  count(): number {
    return this.map.values.length;
  }

  at(x: number, y: number): number {
    return this.geometry ? cellAt(this.map, this.geometry, x, y) : -1;
  }

  beside(cell: number, key: string): number | undefined {
    return cellBeside(this.map, cell, key);
  }

  text(cell: number): string {
    const columns = this.map.cells[1];
    const [row, column] = [
      placeText(this.map, 0, Math.floor(cell / columns)),
      placeText(this.map, 1, cell % columns),
    ];
    return `${row}, ${column}: ${format(this.map.values[cell] ?? NaN)}`;
  }

  csv(): string {
    const { cells, shape, values, labels } = this.map;
    const [rows, columns] = cells;
    const name = (axis: 0 | 1, i: number) => labels?.[i] ?? i * blockSize(shape[axis], cells[axis]);
    const head = ["", ...Array.from({ length: columns }, (_, i) => name(1, i))];
    const lines = Array.from({ length: rows }, (_, i) => [
      name(0, i),
      ...Array.from(values.subarray(i * columns, (i + 1) * columns), (value) =>
        Number.isNaN(value) ? null : value,
      ),
    ]);
    return table([head, ...lines]);
  }

  canvas(): HTMLCanvasElement {
    return this.surface;
  }

  dispose(): void {
    this.figure.dispose();
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2D canvas");
  return context;
}

/** Read the theme's colours: a canvas takes no CSS variables. */
function palette(el: HTMLElement): Palette {
  const probe = element("span", { hidden: true });
  el.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const read = { ink: colour("ink"), dim: colour("dim"), line: colour("line"), bg: colour("bg") };
  probe.remove();
  return read;
}
