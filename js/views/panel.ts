import { element, setText } from "../elements";
import type { PanelFrame } from "../messages";
import type { Requests } from "../requests";
import type { WidgetManager, WidgetModel } from "../widget";

/** What a view may use of the dashboard around it. */
export interface Surroundings {
  requests: Requests;
  model: WidgetModel;
  manager: WidgetManager | undefined;
  /** Change the panel's head between frames, for what follows the pointer; a frame's own fields need no call. */
  say(head: Head): void;
}

/** What stands in the head of a panel; what is left out stays. */
export interface Head {
  title?: string;
  note?: string;
  value?: string;
}

/** What stands inside a panel, or one of the fixed parts of the dashboard. */
export interface View {
  /** The body alone: head and border belong to the panel. It fills its box, whose size the grid decides. */
  readonly el: HTMLElement;
  draw(frame: PanelFrame): void;
  /** Called twice a second, frames or not. */
  check?(): void;
  /** The session refused something: forget what was asked for. */
  refused?(): void;
  dispose?(): void;
  /** What the panel shows, as CSV text with a line of names. */
  csv?(): string;
  /** The drawing, if it is vector. */
  svg?(): SVGSVGElement | null;
  /** The drawing, if it is pixels. */
  canvas?(): HTMLCanvasElement | null;
}

export type ViewClass = new (id: string, around: Surroundings) => View;

/** Stands in for a view this bundle does not have, such as that of a newer kernel. */
export class Unknown implements View {
  readonly el = element("div");

  draw(frame: PanelFrame): void {
    throw new Error(`no view draws “${frame.kind}” here`);
  }
}

/** A panel of the grid: a head with title, quiet note and number, and below it the body that a view draws. */
export class Panel {
  readonly el: HTMLElement;
  readonly head: HTMLElement;
  private heading = element("h3");
  private note = element("span", { class: "note" });
  private value = element("span", { class: "value" });
  private body = element("div", { class: "body" });
  readonly view: View;

  constructor(
    readonly id: string,
    readonly kind: string,
    Body: ViewClass,
    around: Omit<Surroundings, "say">,
  ) {
    const attributes = { "data-panel": id, "data-kind": kind, "aria-label": id };
    this.el = element("section", { class: `card ${kind.replaceAll("_", "-")}`, ...attributes });
    this.head = element("header", {}, this.heading, this.note, this.value);
    this.el.append(this.head, this.body);
    this.say({ title: id });
    this.view = new Body(id, { ...around, say: (head) => this.say(head) });
    this.body.append(this.view.el);
  }

  say({ title, note, value }: Head): void {
    if (title !== undefined) {
      setText(this.heading, title);
      this.el.setAttribute("aria-label", title);
    }
    if (note !== undefined) setText(this.note, note);
    if (value !== undefined) setText(this.value, value);
  }

  /** Draw a frame; one that throws says so in the panel, and the drawing stays as it last was. */
  draw(frame: PanelFrame): void {
    const head = ["title", "note", "value"].filter((part) => typeof frame[part] === "string");
    this.say(Object.fromEntries(head.map((part) => [part, frame[part]])));
    drawOrSay(this.view, frame, this.el);
  }

  dispose(): void {
    this.view.dispose?.();
  }
}

/** Draw a frame, or show in `place` what went wrong, in the kernel or here. */
export function drawOrSay(view: View, frame: PanelFrame, place: HTMLElement): void {
  if (frame.error) return showError(place, frame.error);
  try {
    view.draw(frame);
    showError(place, null);
  } catch (error) {
    showError(place, { message: String(error), traceback: (error as Error).stack ?? "" });
  }
}

/** Show or clear an element's own error; the drawing above stays as it last was. */
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
