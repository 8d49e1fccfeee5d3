import { button, element } from "./elements";
import "./menu.css";

/** One line of a menu. */
export interface MenuItem {
  label: string;
  act(): void;
}

/** A button that opens what it is given, below itself; a click elsewhere or Escape closes it. */
export class Menu {
  readonly button: HTMLButtonElement;
  readonly popup = element("div", { class: "menu", popover: true });
  isOpen = false;
  private wasOpen = false;

  constructor(
    label: string,
    attributes: Record<string, string>,
    private content: () => HTMLElement[],
  ) {
    const haspopup = { "aria-haspopup": "true", "aria-expanded": "false" };
    this.button = button(label, { ...haspopup, ...attributes }, () => this.toggle());
    // A click on the button closes an open popover before it arrives here.
    this.button.addEventListener("pointerdown", () => (this.wasOpen = this.isOpen));
    this.button.addEventListener("keydown", () => (this.wasOpen = false));
    this.popup.addEventListener("toggle", (event) => {
      this.isOpen = (event as ToggleEvent).newState === "open";
      this.button.setAttribute("aria-expanded", String(this.isOpen));
    });
    this.popup.addEventListener("keydown", (event) => this.walk(event));
  }

  /** Fill it anew, as when what it shows has changed meanwhile; the focus stays on what is called the same. */
  refresh(): void {
    const focused = this.popup.querySelector(":focus");
    this.popup.replaceChildren(...this.content());
    if (!focused) return;
    const all = [...this.popup.querySelectorAll<HTMLElement>(FIELDS)];
    (all.find((field) => nameOf(field) === nameOf(focused)) ?? all[0])?.focus();
  }

  close(): void {
    if (this.isOpen) this.popup.togglePopover(false);
  }

  private toggle(): void {
    const isToOpen = !this.wasOpen && !this.isOpen;
    this.wasOpen = false;
    if (!isToOpen) return this.close();
    this.refresh();
    this.popup.togglePopover(true);
    this.stand();
    this.popup.querySelector<HTMLElement>(FIELDS)?.focus();
  }

  /** Below the button, its right end under the button's, inside the window. */
  private stand(): void {
    const { right, bottom } = this.button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.popup;
    const left = Math.max(4, Math.min(right, window.innerWidth - 4) - width);
    const top = Math.max(4, Math.min(bottom + 4, window.innerHeight - 4 - height));
    Object.assign(this.popup.style, { left: `${left}px`, top: `${top}px` });
  }

  private walk(event: KeyboardEvent): void {
    const lines = [...this.popup.querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = lines.indexOf(event.target as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    lines.at(to % lines.length)?.focus();
  }

  /** A list of lines under a heading, which a single one does without; each closes the menu. */
  list(heading: string, items: MenuItem[]): HTMLElement {
    const lines = items.map(({ label, act }) =>
      button(label, { role: "menuitem" }, () => {
        this.close();
        act();
      }),
    );
    const list = element("div", { role: "menu", "aria-label": heading }, ...lines);
    if (items.length === 1) return element("div", { class: "group single" }, list);
    const title = element("div", { class: "heading", "aria-hidden": "true" }, heading);
    return element("div", { class: "group" }, title, list);
  }
}

const FIELDS = "[role=menuitem], input, select";

function nameOf(field: Element): string {
  return field.getAttribute("name") ?? field.textContent ?? "";
}
