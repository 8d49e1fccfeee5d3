import { type Domain, follow } from "../charts/domain";
import {
  type Geometry,
  type HeatMap,
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
import { contextOf } from "./canvas";
import { PixelView } from "./figure";
import type { Surroundings } from "./panel";

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
export class HeatMapView extends PixelView {
  private image = element("canvas");
  private map: HeatMap = { cells: [0, 0], shape: [0, 0], values: new Float32Array(), labels: null };
  private geometry: Geometry | null = null;
  private domain: Domain | null = null;
  private of = "";

  constructor(_id: string, around: Surroundings) {
    super(around, "heat-map");
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

  paint(width: number, height: number): void {
    if (!this.domain) return;
    this.geometry = layout(this.map, width, height);
    const { context, palette } = this.surface.ready(width, height);
    if (!this.map.values.length) return;
    draw(context, this.map, this.geometry, this.domain, this.image, palette, this.figure.chosen);
  }

  count(): number {
    return this.map.values.length;
  }

  at(x: number, y: number): number {
    return this.geometry ? cellAt(this.map, this.geometry, x, y) : -1;
  }

  override beside(cell: number, key: string): number | undefined {
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
}
