import { button, element, setText } from "../elements";
import { count, rate } from "../format";
import type { PanelFrame } from "../messages";
import { type Surroundings, type View, showError } from "./panel";

type State = "idle" | "running" | "paused" | "stopped" | "failed";

interface SnapshotLine {
  id: number;
  step: number;
  name: string;
}

interface Header extends PanelFrame {
  state: State;
  step: number;
  epoch: number;
  items_per_second: number;
  items: string;
  message: string;
  traceback: string | null;
  snapshots: SnapshotLine[];
}

/** What the main button says and asks for, by state. */
const MAIN: Record<State, [label: string, verb: string]> = {
  idle: ["▶ Start", "start"],
  running: ["❚❚ Pause", "pause"],
  paused: ["▶ Resume", "resume"],
  stopped: ["▶ Resume", "resume"],
  failed: ["▶ Resume", "resume"],
};
const WORDS: Record<State, string> = {
  idle: "ready",
  running: "running",
  paused: "paused",
  stopped: "stopped",
  failed: "failed",
};

/** Verbs, where the run stands, and what went wrong. */
export class RunBar implements View {
  readonly el = element("div", { class: "bar" });
  private state: State = "idle";
  private main: HTMLButtonElement;
  private step: HTMLButtonElement;
  private stop: HTMLButtonElement;
  private menu = element("div", { class: "menu", popover: true, "aria-label": "Snapshots" });
  private word = element("b", { role: "status", "aria-live": "polite" }, "connecting");
  private figures = { step: element("b"), epoch: element("b"), rate: element("b") };
  private between = element("span");
  private unit = element("span");
  private note = element("span");
  private failure = element("div");
  private snapshots: SnapshotLine[] = [];

  constructor(
    _id: string,
    private around: Surroundings,
  ) {
    const ask = (verb: string) => () => around.requests.ask(verb);
    this.main = button(MAIN.idle[0], { class: "main" }, () => around.requests.ask(MAIN[this.state][1]));
    this.step = button("Step", { title: "One step, then pause" }, ask("step"));
    this.stop = button("Stop", { title: "End the run; it can be resumed" }, ask("stop"));
    const rewind = button("↶ Rewind", { "aria-haspopup": "menu", title: "Go back to a snapshot" }, () =>
      this.toggleMenu(rewind),
    );
    const { step, epoch, rate } = this.figures;
    const numbers = element("span", { class: "numbers" });
    numbers.append(" · step ", step, " · epoch ", epoch, this.between, rate, this.unit, this.note);
    const words = element("span", { class: "stat" }, this.word, numbers);
    const row = element("div", { class: "row" }, this.main, this.step, this.stop, rewind, words);
    this.el.append(row, this.failure, this.menu);
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    this.state = header.state;
    if (this.el.dataset["state"] !== header.state) this.drawState(header.state);
    this.drawNumbers(header);
    this.snapshots = header.snapshots;
    const isFailed = header.state === "failed";
    const message = header.message || "The run failed.";
    showError(this.failure, isFailed ? { message, traceback: header.traceback ?? "" } : null);
  }

  private drawState(state: State): void {
    this.el.dataset["state"] = state;
    setText(this.main, MAIN[state][0]);
    this.step.disabled = state === "running";
    this.stop.disabled = state === "stopped" || state === "idle";
    setText(this.word, WORDS[state]);
  }

  private drawNumbers({ step, epoch, items_per_second, items, message, state }: Header): void {
    setText(this.figures.step, count(step));
    setText(this.figures.epoch, count(epoch));
    const isRunning = state === "running";
    setText(this.figures.rate, isRunning ? rate(items_per_second) : "");
    setText(this.between, isRunning ? " · " : "");
    setText(this.unit, isRunning ? ` ${items}/s` : "");
    setText(this.note, message && state !== "failed" ? ` · ${message}` : "");
  }

  private listSnapshots(): void {
    const snapshots = this.snapshots;
    const choose = (verb: string, values: Record<string, unknown>) => () => {
      this.menu.hidePopover();
      this.around.requests.ask(verb, values);
    };
    const lines = snapshots.map(({ id }) =>
      button("", { "data-snapshot": id }, choose("rewind", { snapshot: id })),
    );
    lines.forEach((line, i) => {
      const { step, name } = snapshots[i]!;
      line.append(element("span", { class: "at" }, `step ${count(step)}`), name || "automatic");
    });
    const keep = button("Keep a snapshot now", { class: "keep" }, choose("snapshot", {}));
    this.menu.replaceChildren(keep, ...lines);
  }

  private toggleMenu(anchor: HTMLElement): void {
    this.listSnapshots();
    this.menu.togglePopover();
    const { left, bottom } = anchor.getBoundingClientRect();
    Object.assign(this.menu.style, { left: `${left}px`, top: `${bottom + 4}px` });
  }
}
