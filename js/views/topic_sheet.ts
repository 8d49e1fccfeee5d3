import {
  type Geometry,
  type Hit,
  type TopicMatrix,
  type Window,
  centre,
  hit,
  layout,
  radius,
  reveal,
} from "../charts/topic_geometry";
import { type Marks, draw } from "../charts/topic_matrix";
import { element } from "../elements";
import { Canvas } from "./canvas";
import { Painter } from "./painter";

export const EMPTY: TopicMatrix = { words: [], topics: [], weights: new Float32Array() };
const NOWHERE: Hit = { part: "none", topic: -1, word: -1 };

/** What a matrix is drawn on: a canvas as large as its box, which shows the part of the sheet that is scrolled to. */
export class TopicSheet {
  readonly surface = element("canvas", { tabindex: 0, role: "application" });
  private sheet = element("div", {}, this.surface);
  readonly el = element("div", { class: "scroller" }, this.sheet);
  private canvas = new Canvas(this.surface);
  private painter: Painter;
  private matrix = EMPTY;
  private marks: Marks = { topic: -1, pinned: -1, word: -1 };
  private geometry: Geometry | null = null;

  constructor(private box: HTMLElement) {
    this.painter = new Painter(box, (width, height) => this.paint(width, height));
    this.el.addEventListener("scroll", () => this.painter.paint(), { passive: true });
  }

  show(matrix: TopicMatrix, marks: Marks): void {
    [this.matrix, this.marks] = [matrix, marks];
    this.painter.paint();
  }

  check(): void {
    this.painter.check(this.canvas.isOutdated());
  }

  private paint(width: number, height: number): void {
    if (this.matrix === EMPTY) return;
    const geometry = layout(this.matrix, { width, height });
    this.geometry = geometry;
    const size = { width: `${geometry.width}px`, height: `${geometry.height}px` };
    Object.assign(this.sheet.style, size);
    this.drawOn(this.surface, geometry, this.sight());
  }

  private drawOn(surface: HTMLCanvasElement, geometry: Geometry, window: Window): void {
    const { matrix, marks } = this;
    const { context, palette } = this.canvas.ready(window.width, window.height, surface);
    draw(context, { matrix, geometry, window, palette, marks });
  }

  private sight(): Window {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.el;
    return { x: scrollLeft, y: scrollTop, width: clientWidth, height: clientHeight };
  }

  /** What lies under the pointer. */
  at({ offsetX, offsetY }: MouseEvent): Hit {
    if (!this.geometry) return NOWHERE;
    return hit(this.matrix, this.geometry, this.sight(), offsetX, offsetY);
  }

  /** Whether a weight is drawn as a circle that can be seen. */
  isSeen(weight = 0): boolean {
    return this.geometry !== null && radius(this.geometry, weight) > 0;
  }

  /** Scroll so far that a topic and a word are in sight. */
  reveal(topic: number, word: number): void {
    if (!this.geometry) return;
    const { x, y } = reveal(this.geometry, this.sight(), topic, word);
    this.el.scrollTo(x, y);
  }

  /** Where something `room` pixels wide may stand over the title of a topic. */
  over(topic: number, room: number): number {
    const { x, width } = this.sight();
    return Math.max(4, Math.min((this.geometry ? centre(this.geometry, topic) : 0) - x - 12, width - room));
  }

  /** All of it: also what one has to scroll to. */
  whole(): HTMLCanvasElement {
    const surface = element("canvas");
    const geometry = layout(this.matrix, { width: this.box.clientWidth, height: this.box.clientHeight });
    this.drawOn(surface, geometry, { x: 0, y: 0, width: geometry.width, height: geometry.height });
    return surface;
  }

  dispose(): void {
    this.painter.dispose();
  }
}
