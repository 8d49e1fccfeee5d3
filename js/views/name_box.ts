import { element } from "../elements";

/** A text box over something that is being renamed: Enter or a click elsewhere takes the name, Escape does not. */
export class NameBox {
  readonly el = element("input", { type: "text", class: "name-box", maxlength: 60, hidden: true });
  private done: ((name: string) => void) | null = null;
  private before = "";

  /** `closed` is told when the box is gone, and whether by a key: then the focus has to go somewhere. */
  constructor(private closed: (isByKey: boolean) => void) {
    this.el.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      this.close(event.key === "Enter", true);
    });
    this.el.addEventListener("blur", () => this.close(true, false));
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

  private close(isTaken: boolean, isByKey: boolean): void {
    const { done } = this;
    if (!done) return; // hiding takes the focus away, which closes again
    this.done = null;
    this.el.hidden = true;
    const name = this.el.value.trim();
    if (isTaken && name !== this.before) done(name);
    this.closed(isByKey);
  }
}
