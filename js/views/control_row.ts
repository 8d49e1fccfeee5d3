import { type Range, TRAVEL, nudge, parse, position, valueAt, words } from "../charts/slider_scale";
import { button, element, isCommand, passFocus, setText } from "../elements";
import { format } from "../format";
import type { Requests } from "../requests";
import "./control_row.css";

/** A control as the session reports it. `applied_step` is the first step that its present value acted on. */
export interface ControlHeader extends Range {
  name: string;
  group: string;
  value: number;
  default: number;
  unit: string;
  help: string;
  owner: string | null;
  suspended: string[];
  applied_step: number | null;
  /** The verb without which its present value takes no effect. */
  waits_for: "start" | "resume" | null;
}

/** What was asked for and is not yet reported as applied. */
interface Pending {
  value: number;
  askedAt: number;
  before: ControlHeader;
}

const OVERRULED_MS = 1000;
/** How long a refusal stays after the box was left. */
const TOLD_MS = 6000;
/** What the run bar's button says. */
const WORDS = { start: "Start", resume: "Resume" };
const ARROWS: Record<string, 1 | -1> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

/**
 * Whether the session applied what was asked for. Where it reports another change instead, that may be an
 * earlier value of the same drag; only after a second it counts as somebody else's.
 */
function isSettled({ value, askedAt, before }: Pending, now: ControlHeader): boolean {
  if (now.value === value) return true;
  const isChanged = now.value !== before.value || now.applied_step !== before.applied_step;
  return isChanged && performance.now() - askedAt >= OVERRULED_MS;
}

/**
 * One control: slider, number box, reset, and who owns it. It shows the value asked for until the session
 * reports that value as applied, then whatever the session reports.
 */
export class ControlRow {
  readonly el: HTMLElement;
  readonly slider: HTMLInputElement;
  private box: HTMLInputElement;
  private reset: HTMLButtonElement;
  private owner: HTMLButtonElement;
  private hint = element("p", { class: "hint", role: "status", hidden: true });
  private refusal = "";
  private pending: Pending | null = null;
  private isHeld = false;

  constructor(
    private control: ControlHeader,
    private requests: Requests,
  ) {
    const { name, help, default: usual } = control;
    const label = name.replaceAll("_", " ");
    const id = `mixviz-${name}-${Math.random().toString(36).slice(2, 8)}`;
    const described = { "aria-description": help || false };
    this.slider = element("input", { type: "range", id, min: 0, max: TRAVEL, step: 1, ...described });
    this.box = element("input", {
      class: "box",
      inputmode: "decimal",
      "aria-label": `${label}, as a number`,
    });
    this.reset = button("↺", { class: "reset", title: `Back to ${format(usual)}` }, () => this.ask(usual));
    this.reset.setAttribute("aria-label", `Reset ${label} to ${format(usual)}`);
    this.owner = button("", { class: "owner", hidden: true }, () =>
      this.requests.ask("resume_policies", { control: name }),
    );
    const hide = button("×", { class: "hide", title: `Hide ${label}; it keeps its value` }, () =>
      this.requests.ask("hide_control", { control: name }),
    );
    hide.setAttribute("aria-label", `Hide ${label}`);
    const title = element("label", { for: id, title: help || words(control) }, label);
    const tick = element("i", { class: "tick", style: `--at:${position(usual, control) / TRAVEL}` });
    const effect = element("span", { class: "effect" });
    const heading = element("div", { class: "heading" }, title, effect, hide, this.box);
    const way = element("div", { class: "way" }, tick, this.slider);
    const track = element("div", { class: "track" }, way, this.reset);
    const lines = [heading, track, this.hint, this.owner];
    this.el = element("div", { class: "control", "data-control": name }, ...lines);
    this.listen();
  }

  draw(control: ControlHeader): void {
    this.control = control;
    if (this.pending && isSettled(this.pending, control)) this.pending = null;
    this.el.dataset["value"] = String(control.value);
    this.el.dataset["appliedStep"] = String(control.applied_step ?? "");
    this.show();
    this.showOwner();
  }

  /** Forget what was asked for, after the session refused it. */
  refused(): void {
    this.pending = null;
    this.show();
  }

  private listen(): void {
    const { slider, box } = this;
    slider.addEventListener("input", () => {
      this.isHeld = true;
      this.ask(valueAt(Number(slider.value), this.control));
    });
    slider.addEventListener("keydown", (event) => {
      const direction = ARROWS[event.key];
      if (!direction || isCommand(event)) return;
      event.preventDefault();
      this.ask(nudge(this.value, direction, this.control));
    });
    // A thumb that is let go where it was taken tells of no change.
    for (const end of ["change", "pointerup", "pointercancel", "blur"]) {
      slider.addEventListener(end, () => {
        this.isHeld = false;
        this.show();
      });
    }
    box.addEventListener("change", () => this.read());
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.read();
      if (event.key !== "Escape") return;
      this.refuse("");
      this.show(true);
    });
    box.addEventListener("blur", () => {
      this.show(true);
      window.setTimeout(() => this.refuse(""), TOLD_MS);
    });
    box.addEventListener("focus", () => {
      box.style.width = "9ch";
      box.select();
    });
  }

  private read(): void {
    try {
      const value = parse(this.box.value, this.control);
      this.refuse("");
      this.box.removeAttribute("aria-invalid");
      if (value !== this.control.value || this.pending !== null) this.ask(value);
    } catch (error) {
      this.box.setAttribute("aria-invalid", "true");
      this.refuse(`${this.box.value.trim() || "nothing"}: must be ${(error as Error).message}`);
    }
  }

  /** Say below why a number was refused; "" when that is over. */
  private refuse(refusal: string): void {
    this.refusal = refusal;
    this.showHint();
  }

  private showHint(): void {
    const verb = this.pending === null && this.control.waits_for;
    const waiting = verb ? `acts once you press ${WORDS[verb]}` : "";
    setText(this.hint, this.refusal || waiting);
    this.hint.hidden = !this.hint.textContent;
    this.hint.classList.toggle("refusal", this.refusal !== "");
  }

  private ask(value: number): void {
    this.pending = { value, askedAt: performance.now(), before: this.control };
    window.setTimeout(() => this.draw(this.control), OVERRULED_MS);
    this.requests.set(this.control.name, value);
    this.refusal = "";
    this.show();
  }

  /** What is shown: asked for, or as the session reports it. */
  private get value(): number {
    return this.pending?.value ?? this.control.value;
  }

  private show(evenIfFocused = false): void {
    const value = this.value;
    const at = position(value, this.control);
    const text = `${format(value)}${this.control.unit ? ` ${this.control.unit}` : ""}`;
    if (!this.isHeld) this.slider.value = String(at);
    this.slider.style.setProperty("--at", String(at / TRAVEL));
    this.slider.setAttribute("aria-valuetext", text);
    const isTyping = this.box === this.box.ownerDocument.activeElement && !evenIfFocused;
    if (!isTyping) {
      this.box.value = format(value);
      this.box.style.width = `${Math.max(this.box.value.length, 3) + 0.5}ch`;
      this.box.removeAttribute("aria-invalid");
      this.box.title = this.control.applied_step ? `In effect since step ${this.control.applied_step}` : "";
    }
    const isUsual = value === this.control.default;
    if (isUsual) passFocus(this.reset, this.slider);
    this.reset.hidden = isUsual;
    this.el.classList.toggle("pending", this.pending !== null);
    this.showHint();
  }

  private showOwner(): void {
    const { owner, suspended, name } = this.control;
    const isSuspended = suspended.length > 0;
    if (!isSuspended) passFocus(this.owner, this.slider);
    this.owner.hidden = !owner && !isSuspended;
    this.owner.disabled = !isSuspended;
    this.owner.classList.toggle("suspended", isSuspended);
    setText(this.owner, isSuspended ? `${suspended.join(", ")} paused by you · resume` : (owner ?? ""));
    const driven = owner ? `Driven by ${owner}` : "";
    this.owner.title = isSuspended ? `Give ${name} back to ${suspended.join(", ")}` : driven;
  }
}
