import type { Domain } from "../charts/domain";
import { type AxisKind, LineFigure } from "../charts/line_figure";
import { linePicture } from "../charts/line_picture";
import { type LinePoints, csv } from "../charts/line_points";
import { button, element, passFocus, setText } from "../elements";
import { count, reading } from "../format";
import { type PanelFrame, doubles } from "../messages";
import { Crosshair, MARGIN, type Mark, placeOf, shareOf } from "./crosshair";
import "./lines.css";
import { type Surroundings, type View, described, showError } from "./panel";

interface Series {
  metric: string;
  label: string;
  help: string;
  colour: number;
  /** The latest value; NaN and infinity come as text. */
  value: number | string | null;
  failure: { message: string; traceback: string } | null;
}

interface Header extends PanelFrame {
  series: Series[];
  axis: AxisKind;
  first: number;
  last: number;
  is_zoomed: boolean;
  marks: Mark[];
}

/** Metrics over the steps, with a mark wherever a control changed. */
export class Lines implements View {
  readonly el = element("div", { class: "line-view" });
  private legend = element("div", { class: "legend", hidden: true });
  private plot = element("div", { class: "plot" });
  private marks = element("div", { class: "marks" });
  private from = element("span");
  private to = element("span");
  private out = button("zoom out", { hidden: true, title: "Double click or Escape" }, () => this.zoom(null));
  private nothing = element("p", { class: "nothing", hidden: true });
  private failure = element("div", { class: "failure" });
  private stage = element("div", { class: "stage" });
  private crosshair: Crosshair;
  private figure: LineFigure | null = null;
  private newest: Header | null = null;
  private lines: LinePoints[] = [];
  private shown = "";
  private isDisposed = false;
  private embed = () => void this.tryEmbed();

  constructor(
    private id: string,
    private around: Surroundings,
  ) {
    const ends = element("div", { class: "ends" }, this.from, this.out, this.to);
    ends.style.inset = `auto ${MARGIN.right}px 2px ${MARGIN.left}px`;
    this.out.addEventListener("pointerdown", (event) => event.stopPropagation());
    this.stage.append(this.plot, ends, this.marks, this.nothing);
    this.el.append(this.legend, this.stage, this.failure);
    this.crosshair = new Crosshair(this.stage, (steps) => this.zoom(steps));
    around.model.on("change:figures", this.embed);
    this.embed();
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    const { series, first, last } = header;
    this.newest = header;
    this.lines = read(header);
    this.describe(header);
    const failed = series.filter(({ failure }) => failure);
    showError(this.failure, failed[0]?.failure ?? null);
    const isUnmeasured = series.every(({ value }) => value === null);
    this.el.classList.toggle("failed", failed.length > 0 && isUnmeasured);
    this.el.classList.toggle("unmeasured", isUnmeasured);
    this.nothing.hidden = this.lines.some(({ steps }) => steps.length);
    setText(this.nothing, isUnmeasured ? "no data yet" : "nothing to draw at these steps");
    if (!header.is_zoomed) passFocus(this.out, this.stage);
    this.out.hidden = !header.is_zoomed;
    setText(this.from, count(first));
    setText(this.to, count(last));
    this.drawMarks(header);
    this.crosshair.follow({
      lines: this.lines,
      steps: [first, last],
      marks: header.marks,
      isZoomed: header.is_zoomed,
    });
    this.drawLines(header);
  }

  private drawLines({ series, axis, first, last, is_zoomed }: Header): void {
    if (!this.figure || !this.lines.length) return;
    const shown = JSON.stringify([series.map(({ metric }) => metric), is_zoomed && [first, last]]);
    if (shown !== this.shown) this.figure.forget();
    this.shown = shown;
    this.figure.show(this.lines, [first, last], axis);
    this.el.classList.toggle(
      "single",
      this.lines.some(({ steps }) => steps.length === 1),
    );
    this.el.dataset["last"] = String(last);
  }

  /** Names and latest values: in the panel's head where there is one line, else in a legend. */
  private describe({ series }: Header): void {
    const isAlone = series.length === 1;
    this.el.dataset["metric"] = series.map(({ metric }) => metric).join(" ");
    this.stage.setAttribute("aria-label", `Plot of ${series.map(({ label }) => label).join(", ")}`);
    this.legend.hidden = isAlone;
    const colour = `var(--series-${series[0]!.colour})`;
    const alone = { value: latest(series[0]!), help: series[0]!.help };
    this.around.say({ colour, ...(isAlone ? alone : { value: "", help: "" }) });
    if (!isAlone) this.drawLegend(series);
  }

  private drawLegend(series: Series[]): void {
    if (this.legend.childElementCount !== series.length) {
      this.legend.replaceChildren(...series.map(() => element("span", {}, element("i"), "", element("b"))));
    }
    series.forEach((one, i) => {
      const entry = this.legend.children[i] as HTMLElement;
      const [swatch, value] = entry.children as unknown as HTMLElement[];
      const colour = `var(--series-${one.colour})`;
      if (entry.dataset["metric"] !== one.metric) {
        entry.replaceChildren(swatch!, one.label, value!);
        entry.dataset["metric"] = one.metric;
        entry.title = one.help;
      }
      swatch!.style.background = value!.style.color = colour;
      setText(value!, latest(one));
    });
  }

  private drawMarks(header: Header): void {
    const spans = marksIn(header).map(({ step, title, share }) =>
      element("i", { style: `left:${placeOf(share)}`, title, "data-step": step }),
    );
    if (spans.length || this.marks.childElementCount) this.marks.replaceChildren(...spans);
  }

  private zoom(steps: Domain | null): void {
    const [first, last] = steps ?? [null, null];
    this.around.requests.ask("configure", { panel: this.id, options: { first, last } });
  }

  /** The figure that the kernel gives this panel now. */
  private get reference(): string | undefined {
    return (this.around.model.get("figures") as Record<string, string>)[this.id];
  }

  private async tryEmbed(): Promise<void> {
    const reference = this.reference;
    if (!reference || this.figure?.reference === reference) return;
    try {
      if (!this.around.manager) throw new Error("this front end cannot show bqplot figures");
      const figure = await LineFigure.embed(this.around.manager, reference, this.plot);
      const isLate = this.reference !== reference || this.figure?.reference === reference;
      if (this.isDisposed || isLate) return figure.dispose();
      this.figure?.dispose();
      this.figure = figure;
      showError(this.plot, null);
      if (this.newest) this.drawLines(this.newest);
    } catch (error) {
      showError(this.plot, described(error, "No line here: "));
    }
  }

  csv(): string {
    return csv(this.lines);
  }

  /** The plot with its legend, marks and steps, in one drawing that stands in the page unseen until the next. */
  svg(): SVGSVGElement | null {
    const { figure, newest } = this;
    if (!figure || !newest || !this.nothing.hidden) return null;
    const { series, first, last } = newest;
    const legend = series.map((one) => ({ text: `${one.label} ${latest(one)}`, colour: one.colour }));
    const around = { legend, marks: marksIn(newest), ends: [count(first), count(last)] as [string, string] };
    const picture = linePicture(figure.el, around, MARGIN);
    this.el.querySelector(":scope > .picture")?.remove();
    this.el.append(picture);
    return picture.querySelector("svg");
  }

  dispose(): void {
    this.isDisposed = true;
    this.around.model.off("change:figures", this.embed);
    this.figure?.dispose();
  }
}

/** The lines of a frame: three buffers each. */
function read({ series, buffers }: Header): LinePoints[] {
  if (buffers.length < 3 * series.length) return [];
  return series.map(({ label, colour }, i) => {
    const [steps, values, smooth] = buffers.slice(3 * i, 3 * i + 3).map(doubles);
    return { name: label, colour, steps: steps!, values: values!, smooth: smooth! };
  });
}

/** The changes among the steps shown, and where they stand. */
function marksIn({ marks, first, last }: Header): (Mark & { share: number })[] {
  const shown = marks.filter(({ step }) => step >= first && step <= last);
  return shown.map((mark) => ({ ...mark, share: shareOf(mark.step, [first, last]) }));
}

function latest({ value }: Series): string {
  return value === null ? "–" : reading(Number(value));
}
