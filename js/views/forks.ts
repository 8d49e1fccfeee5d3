import { button, element, present } from "../elements";
import { count } from "../format";
import "./forks.css";
import type { WidgetView } from "../widget";
import { type Surroundings, described, showError } from "./panel";

/** Sessions that were split off this one: each a dashboard of its own, below. */
export class Forks {
  readonly el = element("div", { class: "forks" });
  private shown = new Map<string, { el: HTMLElement; view: Promise<WidgetView | null> }>();
  /** Somebody here asked for a fork, and will want to see it. */
  private isAwaiting = false;
  private update = () => this.draw();

  constructor(private around: Omit<Surroundings, "say">) {
    around.model.on("change:forks", this.update);
    this.draw();
  }

  await(isAwaiting: boolean): void {
    this.isAwaiting = isAwaiting;
  }

  private draw(): void {
    const references = (this.around.model.get("forks") ?? []) as string[];
    for (const reference of this.shown.keys()) if (!references.includes(reference)) this.drop(reference);
    for (const reference of references) if (!this.shown.has(reference)) this.add(reference);
  }

  private add(reference: string): void {
    const el = element("section", { class: "fork", "aria-label": "Fork" });
    this.el.append(el);
    this.shown.set(reference, { el, view: this.embed(reference, el) });
  }

  private async embed(reference: string, el: HTMLElement): Promise<WidgetView | null> {
    try {
      const { manager } = this.around;
      if (!manager) throw new Error("this front end cannot show a dashboard in another");
      const model = await manager.get_model(reference.replace("IPY_MODEL_", ""));
      el.append(this.heading(reference, model.get("forked_at")));
      const view = await manager.create_view(model);
      el.append(view.el);
      view.trigger("displayed");
      if (this.isAwaiting) present(el, "start");
      this.isAwaiting = false;
      return view;
    } catch (error) {
      showError(el, described(error, "No fork here: "));
      return null;
    }
  }

  private heading(reference: string, step: unknown): HTMLElement {
    const close = button(
      "✕",
      { "aria-label": "Close this fork", title: "Stop this fork and take it away" },
      () => this.around.requests.ask("close_fork", { index: [...this.shown.keys()].indexOf(reference) }),
    );
    const words = typeof step === "number" ? `fork of step ${count(step)}` : "fork";
    return element("header", {}, element("h2", {}, words), close);
  }

  private drop(reference: string): void {
    const { el, view } = this.shown.get(reference)!;
    this.shown.delete(reference);
    el.remove();
    void view.then((shown) => shown?.remove());
  }

  dispose(): void {
    this.around.model.off("change:forks", this.update);
    for (const reference of [...this.shown.keys()]) this.drop(reference);
  }
}
