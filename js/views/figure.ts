import { element, isCommand, setText } from "../elements";
import type { PanelFrame } from "../messages";
import { drawn } from "../svg";
import { Canvas } from "./canvas";
import "./figure.css";
import { Painter } from "./painter";
import type { Surroundings, View } from "./panel";

/** What a figure asks of the view that draws it. Parts have numbers from 0; -1 is none. */
export interface Parts {
  paint(width: number, height: number): void;
  count(): number;
  at(x: number, y: number): number;
  /** The part that a key leads to, or undefined where the key means nothing. */
  beside(part: number, key: string): number | undefined;
  /** What is to be said of a part. */
  text(part: number): string;
  open?(part: number): void;
  /** Whether the drawing has to be made anew although nothing in it changed. */
  isOutdated?(): boolean;
}

/** A drawing that fills its panel; the pointer and the arrow keys choose one of its parts, the panel's head says which. */
export class Figure {
  readonly el: HTMLElement;
  chosen = -1;
  private note = "";
  private nothing = element("p", { class: "nothing" }, "no data yet");
  private spoken = element("p", { class: "spoken", role: "status" });
  private painter: Painter;

  constructor(
    private surface: SVGSVGElement | HTMLCanvasElement,
    private around: Surroundings,
    private parts: Parts,
  ) {
    surface.setAttribute("tabindex", "0");
    surface.setAttribute("role", "img");
    this.el = element("div", { class: "figure" }, surface, this.nothing, this.spoken);
    this.painter = new Painter(this.el, (width, height) => this.parts.paint(width, height));
    const target: GlobalEventHandlers = surface;
    target.addEventListener("pointermove", (event) => this.choose(this.under(event)));
    target.addEventListener("pointerleave", () => this.choose(-1));
    target.addEventListener("blur", () => this.choose(-1));
    target.addEventListener("click", (event) => this.click(event));
    target.addEventListener("keydown", (event) => this.press(event));
  }

  /** Show a new frame; `note` stands in the head while nothing is chosen, `label` is what a screen reader calls it. */
  show(note: string, label: string): void {
    this.note = note;
    if (this.surface.getAttribute("aria-label") !== label) this.surface.setAttribute("aria-label", label);
    const n = this.parts.count();
    if (this.chosen >= n) this.chosen = -1;
    this.nothing.hidden = n > 0;
    this.surface.style.visibility = n > 0 ? "" : "hidden";
    this.painter.paint();
    this.describe();
  }

  check(): void {
    this.painter.check(this.parts.isOutdated?.());
  }

  /** Parts change places: `placeOf` says where one of them will be, -1 where it is gone. */
  moved(placeOf: (part: number) => number): void {
    if (this.chosen >= 0) this.chosen = placeOf(this.chosen);
  }

  /** What is drawn changed, but not what it shows. */
  repaint(): void {
    this.painter.paint();
  }

  choose(part: number): void {
    if (part === this.chosen) return;
    this.chosen = part;
    this.painter.paint();
    this.describe();
  }

  private describe(): void {
    this.around.say({ note: this.chosen < 0 ? this.note : this.parts.text(this.chosen) });
  }

  private under(event: MouseEvent): number {
    const { left, top } = this.surface.getBoundingClientRect();
    return this.parts.at(event.clientX - left, event.clientY - top);
  }

  private click(event: MouseEvent): void {
    this.choose(this.under(event));
    if (this.chosen >= 0) this.parts.open?.(this.chosen);
  }

  private press(event: KeyboardEvent): void {
    if (isCommand(event) || !this.parts.count()) return;
    const { key } = event;
    const opens = (key === "Enter" || key === " ") && this.chosen >= 0 && this.parts.open !== undefined;
    const clears = key === "Escape" && this.chosen >= 0;
    const next = this.parts.beside(this.chosen, key);
    if (!opens && !clears && next === undefined) return;
    event.preventDefault();
    if (opens) return this.parts.open?.(this.chosen);
    this.choose(clears ? -1 : next!);
    setText(this.spoken, this.chosen < 0 ? "" : this.parts.text(this.chosen));
  }

  dispose(): void {
    this.painter.dispose();
  }
}

/** Walk along a row of `n` parts, round its ends. */
export function walk(part: number, key: string, n: number): number | undefined {
  const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  if (key === "Home") return 0;
  if (key === "End") return n - 1;
  if (move === undefined) return undefined;
  return part < 0 ? (move > 0 ? 0 : n - 1) : (part + move + n) % n;
}

/** A view that is one figure. What it draws on is made first, so that a subclass may fill it. */
abstract class FigureView implements View, Parts {
  el: HTMLElement;
  protected figure: Figure;

  constructor(surface: SVGSVGElement | HTMLCanvasElement, around: Surroundings, name: string) {
    this.figure = new Figure(surface, around, this);
    this.el = this.figure.el;
    this.el.classList.add(`${name}-view`);
  }

  abstract draw(frame: PanelFrame): void;
  abstract paint(width: number, height: number): void;
  abstract count(): number;
  abstract at(x: number, y: number): number;
  abstract text(part: number): string;

  beside(part: number, key: string): number | undefined {
    return walk(part, key, this.count());
  }

  check(): void {
    this.figure.check();
  }

  dispose(): void {
    this.figure.dispose();
  }
}

/** A figure of vectors. */
export abstract class VectorView extends FigureView {
  constructor(
    around: Surroundings,
    name: string,
    protected surface = drawn("svg"),
  ) {
    super(surface, around, name);
  }

  svg(): SVGSVGElement {
    return this.surface;
  }
}

/** A figure of pixels. */
export abstract class PixelView extends FigureView {
  constructor(
    around: Surroundings,
    name: string,
    protected surface = new Canvas(element("canvas")),
  ) {
    super(surface.el, around, name);
  }

  isOutdated(): boolean {
    return this.surface.isOutdated();
  }

  canvas(): HTMLCanvasElement {
    return this.surface.el;
  }
}
