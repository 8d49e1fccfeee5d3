import { element, setText } from "../elements";
import type { PanelFrame } from "../messages";
import type { Requests } from "../requests";
import type { WidgetManager, WidgetModel } from "../widget";

/** What a view may use of the dashboard around it. */
export interface Surroundings {
  requests: Requests;
  model: WidgetModel;
  manager: WidgetManager | undefined;
}

/** One panel in the browser. */
export interface View {
  readonly el: HTMLElement;
  /** Where in the dashboard it belongs. */
  readonly place: "bar" | "controls" | "streams" | "model" | "side";
  draw(frame: PanelFrame): void;
  /** Called twice a second, frames or not. */
  check?(): void;
  /** The session refused something: forget what was asked for. */
  refused?(): void;
  dispose?(): void;
}

/** A titled box: heading, quiet note, slot for a number at the right, and the body. */
export class Card {
  readonly el: HTMLElement;
  readonly title = element("h3");
  readonly note = element("span", { class: "note" });
  readonly value = element("span", { class: "value" });
  readonly body = element("div", { class: "body" });

  constructor(kind: string, title: string) {
    this.el = element("section", { class: `card ${kind}`, "aria-label": title });
    setText(this.title, title);
    this.el.append(element("header", {}, this.title, this.note, this.value), this.body);
  }
}

/** Stands in for a view this bundle does not have, such as that of a newer kernel. */
export class Unknown implements View {
  readonly place = "side";
  readonly el: HTMLElement;

  constructor(private kind: string) {
    this.el = new Card("unknown", kind).el;
  }

  draw(): void {
    throw new Error(`no view draws “${this.kind}” here`);
  }
}

/** Show or clear a panel's own error; the drawing below stays as it last was. */
export function showError(el: HTMLElement, error: { message: string; traceback: string } | null): void {
  const shown = el.querySelector(":scope > .error");
  if (!error) return shown?.remove();
  if (shown?.getAttribute("data-message") === error.message) return;
  const box = element("div", { class: "error", role: "alert", "data-message": error.message });
  box.append(element("p", {}, error.message));
  if (error.traceback) {
    box.append(
      element("details", {}, element("summary", {}, "Traceback"), element("pre", {}, error.traceback)),
    );
  }
  shown?.remove();
  el.append(box);
}
