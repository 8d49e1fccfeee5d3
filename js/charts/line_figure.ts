import { format } from "../format";
import type { WidgetManager, WidgetModel, WidgetView } from "../widget";
import { type Domain, follow, logTicks, nice, niceLog, tickFormat, ticks } from "./domain";
import { type LinePoints, extent } from "./line_points";

const REFERENCE = "IPY_MODEL_";

export type AxisKind = "linear" | "log";

/**
 * A bqplot figure with lines, fed in the browser: the points come with the dashboard's own frames, so that they are
 * acknowledged and dropped like everything else. On a logarithmic axis it is given logarithms, and labels of its own.
 */
export class LineFigure {
  private domain: Domain | null = null;
  private axisKind: AxisKind = "linear";
  private labelled: AxisKind | null = null;
  private colours = "";
  private hasFaint = true;

  private constructor(
    readonly reference: string,
    private view: WidgetView,
    private marks: { behind: WidgetModel; lines: WidgetModel },
    private axis: WidgetModel | undefined,
    private scales: { x: WidgetModel; y: WidgetModel },
  ) {}

  /** Put the figure that `reference` names into `parent`. */
  static async embed(manager: WidgetManager, reference: string, parent: HTMLElement): Promise<LineFigure> {
    const figure = await manager.get_model(reference.replace(REFERENCE, ""));
    const [behind, lines] = figure.get("marks") as WidgetModel[];
    if (!behind || !lines) throw new Error("the figure holds no lines");
    await laidOut(parent);
    const view = await manager.create_view(figure);
    parent.append(view.el);
    view.trigger("displayed");
    const [axis] = figure.get("axes") as WidgetModel[];
    const scales = lines.get("scales") as { x: WidgetModel; y: WidgetModel };
    return new LineFigure(reference, view, { behind, lines }, axis, scales);
  }

  get el(): HTMLElement {
    return this.view.el;
  }

  /** Forget the range of values shown so far, as when other steps or lines are shown. */
  forget(): void {
    this.domain = null;
  }

  /** Show these lines over steps `first` to `last`. The x scale stays 0..1: moving a scale draws everything twice. */
  show(all: readonly LinePoints[], [first, last]: Domain, kind: AxisKind): void {
    const lines = all.filter(({ steps }) => steps.length); // bqplot fails at a curve without points
    if (kind !== this.axisKind) this.forget();
    this.axisKind = kind;
    this.follow(lines);
    const colours = lines.map(({ colour }) => `var(--series-${colour})`);
    if (colours.join() !== this.colours) {
      this.colours = colours.join();
      for (const mark of Object.values(this.marks)) mark.set({ colors: colours });
    }
    const length = last - first || 1;
    const x = lines.map(({ steps }) => steps.map((step) => (step - first) / length));
    const y = lines.map(({ values }) => this.placed(values));
    const isSmoothed = lines.some(({ smooth }) => smooth.length);
    if (isSmoothed) this.marks.behind.set({ x, y });
    else if (this.hasFaint) this.marks.behind.set({ x: new Float64Array(), y: new Float64Array() });
    this.hasFaint = isSmoothed;
    this.marks.lines.set({ x, y: isSmoothed ? lines.map(({ smooth }) => this.placed(smooth)) : y });
  }

  private follow(lines: readonly LinePoints[]): void {
    const isLog = this.axisKind === "log";
    const values = extent(lines);
    if (values) this.domain = follow(this.domain, values, isLog ? niceLog : nice);
    const domain = this.domain ?? (isLog ? [1, 10] : [0, 1]);
    const [min, max] = this.placed(Float64Array.from(domain)) as unknown as Domain;
    const isMoved = setWhereNew(this.scales.y, { min, max });
    if (!isMoved && this.labelled === this.axisKind) return;
    this.labelled = this.axisKind;
    const shown = isLog ? logTicks(domain) : ticks(domain);
    const places = this.placed(Float64Array.from(shown));
    const labels = Object.fromEntries(shown.map((tick, i) => [String(places[i]), format(tick)]));
    const written = isLog ? { tick_labels: labels } : { tick_labels: null, tick_format: tickFormat(shown) };
    this.axis?.set({ ...written, tick_values: places });
  }

  private placed(values: Float64Array): Float64Array {
    return this.axisKind === "log" ? values.map(Math.log10) : values;
  }

  dispose(): void {
    this.view.remove();
  }
}

/** Wait until an element has a box: JupyterLab hides what is far below, and bqplot draws in nothing at all -60 wide. */
function laidOut(el: Element): Promise<void> {
  return new Promise((done) => {
    if (el.getClientRects().length) return done();
    const resizing = new ResizeObserver(() => {
      if (!el.getClientRects().length) return;
      resizing.disconnect();
      done();
    });
    resizing.observe(el);
  });
}

/** A scale redraws everything on it: leave it alone where nothing changed. */
function setWhereNew(scale: WidgetModel, values: Record<string, number>): boolean {
  const isNew = Object.entries(values).some(([name, value]) => scale.get(name) !== value);
  if (isNew) scale.set(values);
  return isNew;
}
