import type { Domain } from "../charts/domain";
import { type LinePoints, nearestStep, readingAt, walk } from "../charts/line_points";
import { element, isCommand, setText } from "../elements";
import { count, reading } from "../format";

export interface Mark {
  step: number;
  title: string;
}

/** What the crosshair reads from, and the steps that the plot spans. */
export interface Plotted {
  lines: LinePoints[];
  steps: Domain;
  marks: Mark[];
  isZoomed: boolean;
}

/** Margins of the plot in pixels; views/lines.py draws it with the same. */
export const MARGIN = { top: 8, right: 12, bottom: 20, left: 48 };
const KEYS: Record<string, number> = {
  ArrowRight: 1,
  ArrowLeft: -1,
  PageDown: 10,
  PageUp: -10,
  End: Infinity,
  Home: -Infinity,
};
const MOVES_PX = 5;
const GAP_PX = 8;
const HELP =
  "Arrow keys read values off. Shift and arrow keys select steps, Enter zooms in, Escape zooms out. " +
  "By mouse: drag across to zoom in, double click to zoom out.";

/** A crosshair that reads values off, and a band that selects steps to zoom into; by mouse and by keyboard. */
export class Crosshair {
  private line = element("div", { class: "crosshair", hidden: true });
  private band = element("div", { class: "band", hidden: true });
  private readout = element("div", { class: "readout", hidden: true });
  private said = element("div", { class: "spoken", "aria-live": "polite" });
  private step: number | null = null;
  private anchor: number | null = null;
  private until: number | null = null;
  private pressedAt: number | null = null;
  private hovered: PointerEvent | null = null;
  private plotted: Plotted = { lines: [], steps: [1, 2], marks: [], isZoomed: false };

  constructor(
    private stage: HTMLElement,
    private zoom: (steps: Domain | null) => void,
  ) {
    const described = {
      tabindex: "0",
      role: "group",
      "aria-roledescription": "plot",
      "aria-description": HELP,
    };
    for (const [name, value] of Object.entries(described)) stage.setAttribute(name, value);
    stage.append(this.band, this.line, this.readout, this.said);
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", (event) => this.release(event));
    stage.addEventListener("pointercancel", () => this.clear());
    stage.addEventListener("pointerleave", () => this.pressedAt === null && this.clear());
    stage.addEventListener("dblclick", () => this.plotted.isZoomed && this.zoom(null));
    stage.addEventListener("keydown", (event) => this.type(event));
    stage.addEventListener("blur", () => this.clear());
  }

  /** Follow the plot: the crosshair stays under the pointer or else at its step, and reads what is there now. */
  follow(plotted: Plotted): void {
    this.plotted = plotted;
    const [first, last] = plotted.steps;
    if (this.hovered) this.move(this.hovered);
    else if (this.step !== null && (this.step < first || this.step > last)) this.clear();
    else if (this.step !== null) this.point(this.step);
    if (this.until !== null) this.select(this.until);
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.pressedAt = event.clientX;
    this.anchor = this.stepAt(event);
    this.stage.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    this.hovered = event;
    const at = this.stepAt(event);
    const step = nearestStep(this.plotted.lines, at);
    if (step !== null) this.point(step);
    if (this.pressedAt !== null && Math.abs(event.clientX - this.pressedAt) >= MOVES_PX) this.select(at);
  }

  private release(event: PointerEvent): void {
    const isSelected = !this.band.hidden && this.pressedAt !== null;
    this.pressedAt = null;
    if (isSelected) this.zoomIn(this.stepAt(event));
    else this.anchor = null;
  }

  private type(event: KeyboardEvent): void {
    if (isCommand(event)) return;
    const move = KEYS[event.key];
    if (move !== undefined) this.walk(move, event.shiftKey);
    else if (event.key === "Enter" && !this.band.hidden) this.zoomIn(this.step!);
    else if (event.key === "Escape" && this.step !== null) this.clear();
    else if (event.key === "Escape" && this.plotted.isZoomed) this.zoom(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private walk(move: number, isSelecting: boolean): void {
    this.hovered = null;
    const from = this.step;
    const step = walk(this.plotted.lines, from, move);
    if (step === null) return;
    if (!isSelecting) this.unselect();
    else this.anchor ??= from ?? step;
    this.point(step);
    if (isSelecting) this.select(step);
    setText(this.said, this.spoken(step));
  }

  /** Put the crosshair at a step. */
  private point(step: number): void {
    this.step = step;
    const share = this.share(step);
    this.line.style.left = placeOf(share);
    this.readout.replaceChildren(element("b", {}, `step ${count(step)}`), ...this.rows(step));
    this.line.hidden = this.readout.hidden = false;
    this.readout.style.left = `${this.beside(MARGIN.left + share * this.width(), share > 0.5)}px`;
    this.stage.dataset["step"] = String(step);
  }

  /** Where the readout stands: on the side with more room, inside the plot. */
  private beside(x: number, isBefore: boolean): number {
    const { offsetWidth } = this.readout;
    const left = isBefore ? x - GAP_PX - offsetWidth : x + GAP_PX;
    return Math.max(Math.min(left, this.stage.clientWidth - offsetWidth), 0);
  }

  private rows(step: number): HTMLElement[] {
    const { lines, marks } = this.plotted;
    const values = lines.map((line) => {
      const name = element("span", {}, line.name);
      const value = element("b", { style: `color:var(--series-${line.colour})` }, valueAt(line, step));
      return element("div", {}, name, value);
    });
    const near = marks.filter((mark) => this.isNear(mark, step));
    return [...values, ...near.map(({ title }) => element("div", { class: "change" }, title))];
  }

  private spoken(step: number): string {
    const { lines, marks } = this.plotted;
    const values = lines.map((line) => `${line.name} ${valueAt(line, step)}`);
    const near = marks.filter((mark) => this.isNear(mark, step)).map(({ title }) => title);
    const chosen =
      this.anchor !== null && !this.band.hidden ? [`selected from step ${count(this.anchor)}`] : [];
    return [`step ${count(step)}`, ...values, ...near, ...chosen].join(", ");
  }

  private isNear(mark: Mark, step: number): boolean {
    return Math.abs(this.share(mark.step) - this.share(step)) * this.width() <= MOVES_PX;
  }

  private select(to: number): void {
    if (this.anchor === null) return;
    this.until = to;
    const [from, until] = [this.anchor, to].sort((a, b) => a - b).map((step) => this.share(step)) as Domain;
    this.band.style.left = placeOf(from);
    this.band.style.width = `calc(${until - from} * (100% - ${MARGIN.left + MARGIN.right}px))`;
    this.band.hidden = false;
  }

  private zoomIn(to: number): void {
    const [from, until] = [this.anchor ?? to, to].sort((a, b) => a - b).map(Math.round) as Domain;
    this.clear();
    if (until > from) this.zoom([from, until]);
  }

  private unselect(): void {
    this.anchor = this.until = this.pressedAt = null;
    this.band.hidden = true;
  }

  private clear(): void {
    this.unselect();
    this.step = this.hovered = null;
    this.line.hidden = this.readout.hidden = true;
    delete this.stage.dataset["step"];
    setText(this.said, "");
  }

  private width(): number {
    return this.stage.clientWidth - MARGIN.left - MARGIN.right;
  }

  private share(step: number): number {
    return shareOf(step, this.plotted.steps);
  }

  private stepAt({ clientX }: PointerEvent): number {
    const [first, last] = this.plotted.steps;
    const share = (clientX - this.stage.getBoundingClientRect().left - MARGIN.left) / (this.width() || 1);
    return first + Math.min(Math.max(share, 0), 1) * (last - first);
  }
}

function valueAt(line: LinePoints, step: number): string {
  const found = readingAt(line, step);
  if (!found) return "–";
  const { low, high, smooth } = found;
  const range = low === high ? reading(low) : `${reading(low)} to ${reading(high)}`;
  return smooth === null ? range : `${reading(smooth)} (${range})`;
}

/** How far a step stands along the plot, 0 to 1. */
export function shareOf(step: number, [first, last]: Domain): number {
  return Math.min(Math.max((step - first) / (last - first || 1), 0), 1);
}

/** The place of a share of the plot's width, in CSS. */
export function placeOf(share: number): string {
  return `calc(${MARGIN.left}px + ${share} * (100% - ${MARGIN.left + MARGIN.right}px))`;
}
