import { button, element, passFocus, setText } from "../elements";
import { count, rate } from "../format";
import { Menu } from "../menu";
import type { PanelFrame } from "../messages";
import "./run_bar.css";
import { type Surroundings, type View, showError } from "./panel";

type State = "idle" | "running" | "paused" | "stopped" | "failed";

interface Header extends PanelFrame {
  state: State;
  step: number;
  epoch: number;
  items_per_second: number;
  items: string;
  device: string;
  message: string;
  traceback: string | null;
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
  private restart: Menu;
  private word = element("b", { role: "status", "aria-live": "polite" }, "connecting");
  private figures = { step: element("b"), epoch: element("b"), rate: element("b") };
  private between = element("span");
  private unit = element("span");
  private note = element("span");
  private failure = element("div");
  private device = element("span", { class: "device" });

  constructor(_id: string, around: Surroundings) {
    const ask = (verb: string) => () => around.requests.ask(verb);
    this.main = button(MAIN.idle[0], { class: "main" }, () => around.requests.ask(MAIN[this.state][1]));
    this.step = button("Step", { title: "One step, then pause" }, ask("step"));
    this.stop = button("Stop", { title: "End the run; it can be resumed" }, ask("stop"));
    this.restart = new Menu("↺ Restart", { title: "From the beginning, with the same random numbers" }, () =>
      this.confirmation(ask("restart")),
    );
    this.restart.popup.classList.add("confirmation");
    this.restart.button.hidden = true;
    const { step, epoch, rate } = this.figures;
    const numbers = element("span", { class: "numbers" });
    numbers.append(
      " · step ",
      step,
      " · epoch ",
      epoch,
      this.between,
      rate,
      this.unit,
      this.device,
      this.note,
    );
    const words = element("span", { class: "stat" }, this.word, numbers);
    const { button: again, popup } = this.restart;
    const row = element("div", { class: "row" }, this.main, again, this.step, this.stop, words);
    this.el.append(row, this.failure, popup);
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    this.state = header.state;
    if (this.el.dataset["state"] !== header.state) this.drawState(header.state);
    this.drawNumbers(header);
    const isFailed = header.state === "failed";
    const message = header.message || "The run failed.";
    showError(this.failure, isFailed ? { message, traceback: header.traceback ?? "" } : null);
  }

  private drawState(state: State): void {
    this.el.dataset["state"] = state;
    setText(this.main, MAIN[state][0]);
    this.step.ariaDisabled = String(state === "running");
    this.stop.ariaDisabled = String(state === "stopped" || state === "idle");
    if (state !== "failed") this.restart.close();
    if (state !== "failed") passFocus(this.restart.button, this.main);
    this.restart.button.hidden = state !== "failed";
    setText(this.word, WORDS[state]);
  }

  private drawNumbers({ step, epoch, items_per_second, items, device, message, state }: Header): void {
    setText(this.figures.step, count(step));
    setText(this.figures.epoch, count(epoch));
    const isRunning = state === "running";
    setText(this.figures.rate, isRunning ? rate(items_per_second) : "");
    setText(this.between, isRunning ? " · " : "");
    setText(this.unit, isRunning ? ` ${items}/s` : "");
    setText(this.device, device ? ` · ${device}` : "");
    setText(this.note, message && state !== "failed" ? ` · ${message}` : "");
  }

  private confirmation(restart: () => void): HTMLElement[] {
    const text = "Begins anew at the first step. What was trained so far stays in the history.";
    const confirm = button("Restart", { class: "main" }, () => {
      this.restart.close();
      restart();
    });
    const cancel = button("Cancel", {}, () => this.restart.close());
    return [element("p", {}, text), element("div", { class: "choices" }, confirm, cancel)];
  }
}
