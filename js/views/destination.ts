import { type Course, type Kept, leavesInWords } from "../charts/timeline";
import { button, element, setText, takeAtEnter } from "../elements";
import { count } from "../format";
import type { Requests } from "../requests";

/** Asks whether to go to a snapshot, and lets a person name it, pin it, or fork there. */
export class Destination {
  readonly el = element("div", { class: "menu destination", popover: true, role: "dialog" });
  /** The snapshot in question, while open. */
  kept: Kept | null = null;
  private heading = element("h3");
  private asked = element("p", { class: "asked" });
  private leaves = element("p");
  private name = element("input", { type: "text", name: "name", maxlength: 80, placeholder: "none" });
  private pin = element("input", { type: "checkbox", name: "pin" });
  private rewind: HTMLButtonElement;

  constructor(
    private requests: Pick<Requests, "ask">,
    private closed: () => void,
  ) {
    this.rewind = button("Rewind", { class: "main" }, () => this.go("rewind"));
    const fork = button("Fork", { title: "Opens a second dashboard that goes on from there" }, () =>
      this.go("fork"),
    );
    const cancel = button("Cancel", {}, () => this.close());
    const naming = element("label", { class: "field" }, "Name", this.name);
    const pinning = element("label", {}, this.pin, "Pin: never thinned out");
    const form = element("form", { "aria-label": "Snapshot" }, naming, pinning);
    const choices = element("div", { class: "choices" }, this.rewind, fork, cancel);
    this.el.append(this.heading, this.asked, this.leaves, form, choices);
    this.listen(form);
  }

  private listen(form: HTMLFormElement): void {
    form.addEventListener("submit", (event) => event.preventDefault());
    takeAtEnter(this.name).addEventListener("change", () => this.rename());
    this.pin.addEventListener("change", () => {
      this.requests.ask("pin_snapshot", { snapshot: this.kept?.id, is_pinned: this.pin.checked });
    });
    this.el.addEventListener("toggle", (event) => {
      if ((event as ToggleEvent).newState === "open") return;
      this.kept = null;
      this.closed();
    });
  }

  /** Open it for a snapshot; `asked` is the step a person pointed at, `x` and `y` where the window has room for it. */
  open(course: Course, kept: Kept, asked: number | null, x: number, y: number): void {
    this.kept = kept;
    setText(this.asked, asked === null || asked === kept.step ? "" : `nearest before step ${count(asked)}`);
    this.fill(kept);
    this.describe(course, kept);
    this.el.togglePopover(true);
    const { offsetWidth: width, offsetHeight: height } = this.el;
    const left = Math.max(4, Math.min(x - width / 2, window.innerWidth - 4 - width));
    const top = Math.max(4, Math.min(y, window.innerHeight - 4 - height));
    Object.assign(this.el.style, { left: `${left}px`, top: `${top}px` });
    this.rewind.focus();
  }

  /** The run went on meanwhile, or the snapshot got another name. */
  update(course: Course): void {
    if (!this.kept) return;
    const now = course.snapshots.find(({ id }) => id === this.kept!.id) ?? this.kept;
    const { name, is_pinned } = this.kept;
    this.kept = now;
    if (now.name !== name || now.is_pinned !== is_pinned) this.fill(now);
    this.describe(course, now);
  }

  /** Something was refused: show again what holds. */
  refused(): void {
    if (this.kept) this.fill(this.kept);
  }

  close(): void {
    this.el.togglePopover(false);
  }

  private describe(course: Course, kept: Kept): void {
    const what = kept.name ? `Snapshot “${kept.name}”` : kept.is_pinned ? "Snapshot" : "Automatic snapshot";
    setText(this.heading, `${what} · step ${count(kept.step)}`);
    this.el.setAttribute("aria-label", this.heading.textContent!);
    setText(this.leaves, leavesInWords(course, kept));
  }

  private fill({ name, is_pinned }: Kept): void {
    this.name.value = name;
    this.pin.checked = is_pinned;
    this.pin.disabled = name !== "";
    this.pin.parentElement!.title = name ? "A snapshot with a name stays pinned" : "";
  }

  private rename(): void {
    const name = this.name.value.trim();
    if (this.kept && name !== this.kept.name) {
      this.requests.ask("name_snapshot", { snapshot: this.kept.id, name });
    }
  }

  private go(verb: "rewind" | "fork"): void {
    const snapshot = this.kept?.id;
    this.close();
    this.requests.ask(verb, { snapshot });
  }
}
