import type { Placed } from "../charts/grid_geometry";
import { button, element, passFocus, setText } from "../elements";
import type { Menu } from "../menu";
import type { PanelFrame } from "../messages";
import type { Requests } from "../requests";
import type { WidgetManager, WidgetModel } from "../widget";
import "./panel.css";
import { panelMenu } from "./panel_menu";
import type { Setting } from "./setting_form";

/** What a view may use of the dashboard around it. */
export interface Surroundings {
  requests: Requests;
  model: WidgetModel;
  manager: WidgetManager | undefined;
  /** Change the panel's head between frames, for what follows the pointer; a frame's own fields need no call. */
  say(head: Head): void;
  /** Show, in the notice at the top, why something a person asked for failed. */
  report(error: unknown): void;
}

/** What stands in the head of a panel; what is left out stays. */
export interface Head {
  title?: string;
  note?: string;
  value?: string;
  /** Of the value, in CSS. */
  colour?: string;
  /** What the title means, shown on hover. */
  help?: string;
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

/** A panel as the kernel describes it. */
export interface PanelLine extends Placed {
  kind: string;
  title: string;
  settings: Setting[];
}

/** A panel of the grid: a head with title, quiet note, number and menu, and below it the body that a view draws. */
export class Panel {
  readonly id: string;
  readonly kind: string;
  readonly el: HTMLElement;
  readonly head: HTMLElement;
  readonly grip = element("button", { type: "button", class: "grip" }, "⠿");
  readonly corner = element("button", { type: "button", class: "corner" });
  readonly view: View;
  title = "";
  settings: Setting[] = [];
  isMaximised = false;
  /** Somebody here asked for another size, and will want to see it. */
  private isAwaited = false;
  private heading = element("h3");
  private note = element("span", { class: "note" });
  private value = element("span", { class: "value" });
  private restore = button("Restore", { class: "restore", hidden: true }, () => this.toggleMaximised());
  private menu: Menu;

  constructor(
    { id, kind, title }: Pick<PanelLine, "id" | "kind" | "title">,
    Body: ViewClass,
    private around: Omit<Surroundings, "say">,
  ) {
    this.id = id;
    this.kind = kind;
    this.menu = panelMenu(this);
    const tools = element("span", { class: "tools" }, this.restore, this.grip, this.menu.button);
    this.head = element("header", {}, this.heading, this.note, this.value, tools, this.menu.popup);
    this.el = element("section", { class: `card ${kind.replaceAll("_", "-")}`, "data-panel": id });
    this.el.dataset["kind"] = kind;
    this.say({ title });
    this.view = new Body(id, { ...around, say: (head) => this.say(head) });
    this.el.append(this.head, element("div", { class: "body" }, this.view.el), this.corner);
  }

  /** Take over what the kernel says of the panel; a menu that is open follows. */
  describe({ title, settings }: PanelLine, isMaximised: boolean): void {
    this.say({ title });
    const hasChanged = JSON.stringify(settings) !== JSON.stringify(this.settings);
    this.settings = settings;
    const hasGrown = isMaximised && !this.isMaximised;
    this.isMaximised = isMaximised;
    if (!isMaximised) passFocus(this.restore, this.menu.button);
    this.restore.hidden = !isMaximised;
    this.el.classList.toggle("maximised", isMaximised);
    if (hasGrown && this.isAwaited) this.el.scrollIntoView({ block: "nearest" });
    this.isAwaited = false;
    if (hasChanged && this.menu.isOpen) this.menu.refresh();
  }

  say({ title, note, value, colour, help }: Head): void {
    if (title !== undefined && title !== this.title) this.name(title);
    if (note !== undefined) setText(this.note, note);
    if (value !== undefined) setText(this.value, value);
    if (colour !== undefined) this.value.style.color = colour;
    if (help !== undefined) this.heading.title = help;
  }

  private name(title: string): void {
    this.title = title;
    setText(this.heading, title);
    this.el.setAttribute("aria-label", title);
    this.menu.button.setAttribute("aria-label", `Menu of ${title}`);
    this.menu.button.title = "Settings, save, remove";
    for (const [handle, verb] of [
      [this.grip, "Move"],
      [this.corner, "Resize"],
    ] as const) {
      handle.setAttribute("aria-label", `${verb} ${title} with the arrow keys`);
      handle.title = `${verb}: drag, or use the arrow keys`;
    }
  }

  /** Draw a frame; one that throws says so in the panel, and the drawing stays as it last was. */
  draw(frame: PanelFrame): void {
    const head = ["title", "note", "value"].filter((part) => typeof frame[part] === "string");
    this.say(Object.fromEntries(head.map((part) => [part, frame[part]])));
    drawOrSay(this.view, frame, this.el);
  }

  get menuButton(): HTMLElement {
    return this.menu.button;
  }

  /** Ask the session for something about this panel. */
  ask(verb: string, values: Record<string, unknown> = {}): void {
    this.around.requests.ask(verb, { panel: this.id, ...values });
  }

  toggleMaximised(): void {
    this.isAwaited = true;
    this.around.requests.ask("maximise", { panel: this.isMaximised ? null : this.id });
  }

  report(error: unknown): void {
    this.around.report(error);
  }

  /** A setting was refused: show again what holds. */
  refused(): void {
    if (this.menu.isOpen) this.menu.refresh();
    this.view.refused?.();
  }

  /** What goes wrong here must not keep the other panels from their turn. */
  check(): void {
    try {
      this.view.check?.();
    } catch (error) {
      showError(this.el, described(error));
    }
  }

  dispose(): void {
    this.view.dispose?.();
  }
}

/** The first panel of a kind on the same grid, by its id. */
export function neighbour(el: HTMLElement, kind: string): string | undefined {
  return el.closest(".grid")?.querySelector<HTMLElement>(`[data-kind="${kind}"]`)?.dataset["panel"];
}

/** Draw a frame, or show in `place` what went wrong, in the kernel or here. */
export function drawOrSay(view: View, frame: PanelFrame, place: HTMLElement): void {
  if (frame.error) return showError(place, frame.error);
  try {
    view.draw(frame);
    showError(place, null);
  } catch (error) {
    showError(place, described(error));
  }
}

/** What was thrown, as `showError` takes it; `before` says what could not be done. */
export function described(error: unknown, before = ""): { message: string; traceback: string } {
  return { message: `${before}${String(error)}`, traceback: (error as Error).stack ?? "" };
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
