import type { WidgetManager, WidgetModel, WidgetView } from "../widget";
import { type Domain, follow, tickFormat, ticks } from "./domain";

const REFERENCE = "IPY_MODEL_";

/**
 * A bqplot figure with one line, fed in the browser: the points come with the dashboard's own frames, so that
 * they are acknowledged and dropped like everything else.
 */
export class LineFigure {
  private domain: Domain | null = null;

  private constructor(
    private view: WidgetView,
    private mark: WidgetModel,
    private axis: WidgetModel | undefined,
    private scales: { x: WidgetModel; y: WidgetModel },
  ) {}

  /** Put the figure that `reference` names into `parent`. */
  static async embed(manager: WidgetManager, reference: string, parent: HTMLElement): Promise<LineFigure> {
    const figure = await manager.get_model(reference.replace(REFERENCE, ""));
    const [mark] = figure.get("marks") as WidgetModel[];
    if (!mark) throw new Error("the figure holds no line");
    const view = await manager.create_view(figure);
    parent.append(view.el);
    view.trigger("displayed");
    const [axis] = figure.get("axes") as WidgetModel[];
    return new LineFigure(view, mark, axis, mark.get("scales") as { x: WidgetModel; y: WidgetModel });
  }

  /** Show these points over steps `first` to `last`. The x scale stays 0..1: moving a scale draws everything twice. */
  show(x: Float64Array, y: Float64Array, [first, last]: Domain): void {
    let [low, high] = [Infinity, -Infinity];
    for (const value of y) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (low <= high) this.domain = follow(this.domain, [low, high]);
    const [min, max] = this.domain ?? [0, 1];
    const isNew = setWhereNew(this.scales.y, { min, max });
    if (isNew) {
      const shown = ticks([min, max]);
      this.axis?.set({ tick_values: Float64Array.from(shown), tick_format: tickFormat(shown) });
    }
    const length = last - first || 1;
    this.mark.set({ x: x.map((step) => (step - first) / length), y });
  }

  dispose(): void {
    this.view.remove();
  }
}

/** A scale redraws everything on it: leave it alone where nothing changed. */
function setWhereNew(scale: WidgetModel, values: Record<string, number>): boolean {
  const isNew = Object.entries(values).some(([name, value]) => scale.get(name) !== value);
  if (isNew) scale.set(values);
  return isNew;
}
