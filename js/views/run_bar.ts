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
  readonly place = "bar";
  readonly el = element("div", { class: "bar" });
  private state: State = "idle";
  private main: HTMLButtonElement;
  private step: HTMLButtonElement;
  private stop: HTMLButtonElement;
  private menu = element("div", { class: "menu", popover: true, "aria-label": "Snapshots" });
  private word = element("b", { role: "status", "aria-live": "polite" }, "connecting");
  private numbers = element("span", { class: "numbers" });
  private failure = element("div");
  private listed = "";

  constructor(private around: Surroundings) {
    const ask = (verb: string) => () => around.requests.ask(verb);
    this.main = button(MAIN.idle[0], { class: "main" }, () => around.requests.ask(MAIN[this.state][1]));
    this.step = button("Step", { title: "One step, then pause" }, ask("step"));
    this.stop = button("Stop", { title: "End the run; it can be resumed" }, ask("stop"));
    const rewind = button("↶ Rewind", { "aria-haspopup": "menu", title: "Go back to a snapshot" }, () =>
      this.toggleMenu(rewind),
    );
    const words = element("span", { class: "stat" }, this.word, this.numbers);
    const row = element("div", { class: "row" }, this.main, this.step, this.stop, rewind, words);
    this.el.append(row, this.failure, this.menu);
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    this.state = header.state;
    this.el.dataset["state"] = header.state;
    setText(this.main, MAIN[header.state][0]);
    this.step.disabled = header.state === "running";
    this.stop.disabled = header.state === "stopped" || header.state === "idle";
    setText(this.word, WORDS[header.state]);
    this.drawNumbers(header);
    this.listSnapshots(header.snapshots);
    const isFailed = header.state === "failed";
    const message = header.message || "The run failed.";
    showError(this.failure, isFailed ? { message, traceback: header.traceback ?? "" } : null);
  }

  private drawNumbers({ step, epoch, items_per_second, items, message, state }: Header): void {
    const parts: [before: string, figure: string, after: string][] = [
      ["step ", count(step), ""],
      ["epoch ", count(epoch), ""],
    ];
    if (state === "running") parts.push(["", rate(items_per_second), ` ${items}/s`]);
    const nodes = parts.flatMap(([before, figure, after]) => [
      ` · ${before}`,
      element("b", {}, figure),
      after,
    ]);
    if (message && state !== "failed") nodes.push(` · ${message}`);
    this.numbers.replaceChildren(...nodes);
  }

  private listSnapshots(snapshots: SnapshotLine[]): void {
    const key = JSON.stringify(snapshots);
    if (key === this.listed) return;
    this.listed = key;
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
    this.menu.togglePopover();
    const { left, bottom } = anchor.getBoundingClientRect();
    Object.assign(this.menu.style, { left: `${left}px`, top: `${bottom + 4}px` });
  }
}
