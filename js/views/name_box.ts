import { element } from "../elements";

/** A text box over something that is being renamed: Enter or a click elsewhere takes the name, Escape does not. */
export class NameBox {
  readonly el = element("input", { type: "text", class: "name-box", maxlength: 60, hidden: true });
  private done: ((name: string) => void) | null = null;
  private before = "";

  /** `back` is told when the box is gone by a key, and should take the focus. */
  constructor(private back: () => void) {
    this.el.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      this.close(event.key === "Enter");
      this.back();
    });
    this.el.addEventListener("blur", () => this.close(true));
  }

  get isOpen(): boolean {
    return !this.el.hidden;
  }

  open(label: string, name: string, placeholder: string, left: number, done: (name: string) => void): void {
    this.done = done;
    this.before = name;
    Object.assign(this.el, { value: name, placeholder, hidden: false });
    this.el.setAttribute("aria-label", label);
    this.el.style.left = `${left}px`;
    this.el.focus();
    this.el.select();
  }

  private close(isTaken: boolean): void {
    const { done } = this;
    this.done = null;
    this.el.hidden = true;
    const name = this.el.value.trim();
    if (isTaken && name !== this.before) done?.(name);
  }
}
