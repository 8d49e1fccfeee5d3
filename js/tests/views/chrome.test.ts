import { beforeEach, expect, test } from "vitest";
import { table } from "../../csv";
import { Controls } from "../../views/controls";
import { Log } from "../../views/log";
import type { Surroundings } from "../../views/panel";
import { RunBar } from "../../views/run_bar";
import { CONTROL, addPopovers, frame, surroundings } from "../fake_dashboard";

const BAR = {
  state: "running",
  step: 12,
  epoch: 2,
  items_per_second: 98400,
  items: "docs",
  device: "cpu ×2",
  message: "",
  traceback: null,
};
const ALPHA = { ...CONTROL, name: "alpha", group: "priors" };

let around: Surroundings;
let ask: ReturnType<typeof surroundings>["ask"];
const buttons = (el: HTMLElement) => [...el.querySelectorAll("button")];
const named = (el: HTMLElement, label: string) =>
  buttons(el).filter((found) => found.textContent!.includes(label));

beforeEach(() => {
  addPopovers();
  const fake = surroundings();
  ask = fake.ask;
  around = fake.around as Surroundings;
});

test("the run bar says what it computes on", () => {
  const bar = new RunBar("run_bar", around);
  bar.draw(frame("run_bar", BAR));
  expect(bar.el.querySelector(".numbers")!.textContent).toBe(" · step 12 · epoch 2 · 98,400 docs/s · cpu ×2");
  expect(bar.el.querySelectorAll("[aria-live], [role=status]")).toHaveLength(1);
});

test("after a failure a person may resume, or restart once that is confirmed", () => {
  const bar = new RunBar("run_bar", around);
  document.body.replaceChildren(bar.el);
  bar.draw(frame("run_bar", BAR));
  expect(named(bar.el, "Restart")[0]!.hidden).toBe(true);
  bar.draw(frame("run_bar", { ...BAR, state: "failed", message: "step 13 failed", traceback: "Traceback" }));
  expect(named(bar.el, "Resume")).toHaveLength(1);
  named(bar.el, "Restart")[0]!.click();
  expect(ask).not.toHaveBeenCalled();
  named(bar.el, "Restart").at(-1)!.click();
  expect(ask).toHaveBeenCalledWith("restart");
  expect(bar.el.querySelector(".confirmation")!.hasAttribute("data-open")).toBe(false);
});

test("hidden controls are listed below the others and come back", () => {
  const controls = new Controls("controls", around);
  document.body.replaceChildren(controls.el);
  const draw = (shown: object[], hidden: object[]) =>
    controls.draw(frame("controls", { controls: shown, hidden }));
  draw([CONTROL, ALPHA], []);
  const [more] = named(controls.el, "+ control");
  expect(more!.hidden).toBe(true);
  const before = controls.el.querySelector("[data-control=alpha]");
  controls.el.querySelector<HTMLElement>("[data-control=l1] .hide")!.focus();
  draw([ALPHA], [{ name: "l1", help: "" }]);
  expect(controls.el.querySelector("[data-control=alpha]")).toBe(before);
  expect(more!.hidden).toBe(false);
  expect(document.activeElement).toBe(before!.querySelector("input[type=range]"));
  draw([], [CONTROL, ALPHA]);
  expect(document.activeElement).toBe(more);
  draw([ALPHA], [{ name: "l1", help: "" }]);
  more!.click();
  named(controls.el, "l1").at(-1)!.click();
  expect(ask).toHaveBeenCalledWith("show_control", { control: "l1" });
});

test("an open list of hidden controls keeps the focus while frames come", () => {
  const controls = new Controls("controls", around);
  document.body.replaceChildren(controls.el);
  const draw = (value: number, names: string[]) => {
    const hidden = names.map((name) => ({ name, help: "" }));
    controls.draw(frame("controls", { controls: [{ ...ALPHA, value }], hidden }));
  };
  draw(0, ["l1", "l2"]);
  named(controls.el, "+ control")[0]!.click();
  const line = named(controls.el, "l2").at(-1)!;
  line.focus();
  draw(0.5, ["l1", "l2"]); // a policy at work
  expect([line.isConnected, document.activeElement]).toEqual([true, line]);
  draw(0.5, ["cosine", "l2"]);
  expect(document.activeElement!.textContent).toBe("l2");
  draw(0.5, ["cosine"]);
  expect(document.activeElement!.textContent).toBe("cosine");
});

test("Step and Stop keep the focus while they mean nothing, and ask for nothing", () => {
  const bar = new RunBar("run_bar", around);
  document.body.replaceChildren(bar.el);
  bar.draw(frame("run_bar", { ...BAR, state: "paused" }));
  const [step] = named(bar.el, "Step");
  step!.focus();
  step!.click();
  bar.draw(frame("run_bar", BAR));
  step!.click();
  expect([document.activeElement, step!.ariaDisabled]).toEqual([step, "true"]);
  bar.draw(frame("run_bar", { ...BAR, state: "paused" }));
  step!.click();
  expect(ask.mock.calls).toEqual([["step"], ["step"]]);
});

test("the focus goes on from Restart when it goes", () => {
  const bar = new RunBar("run_bar", around);
  document.body.replaceChildren(bar.el);
  bar.draw(frame("run_bar", { ...BAR, state: "failed" }));
  named(bar.el, "Restart")[0]!.focus();
  bar.draw(frame("run_bar", BAR));
  expect(document.activeElement!.textContent).toBe("❚❚ Pause");
});

test("a traceback that is being read keeps the focus when another line comes", () => {
  const log = new Log();
  document.body.replaceChildren(log.el);
  const error = { step: 3, kind: "error", text: "metric x disabled", who: "", traceback: "Traceback: here" };
  log.draw(frame("log", { lines: [error] }));
  const moved = new MutationObserver(() => undefined);
  moved.observe(log.el, { childList: true });
  log.draw(frame("log", { lines: [{ step: 4, kind: "set", text: "l1 0 → 1", who: "you" }, error] }));
  expect(moved.takeRecords().flatMap(({ removedNodes }) => [...removedNodes])).toEqual([]);
});

test("the log shows tracebacks, keeps an open one open, and can be saved", () => {
  const log = new Log();
  const none = { name: "", old: null, new: null };
  const text = "metric x disabled";
  const first = { ...none, step: 3, kind: "error", text, who: "", traceback: "Traceback: here" };
  log.draw(frame("log", { lines: [first] }));
  const details = log.el.querySelector("details")!;
  expect(details.textContent).toContain("Traceback: here");
  details.open = true;
  const change = {
    step: 1204,
    kind: "set",
    text: "l1 0 → 1, really",
    who: "you",
    name: "l1",
    old: 0,
    new: 1,
  };
  const lines = [change, first];
  log.draw(frame("log", { lines }));
  expect([...log.el.children].map((row) => row.querySelector(".at")!.textContent)).toEqual(["1,204", "3"]);
  expect(log.el.querySelector("details")).toBe(details);
  expect(log.csv().split("\r\n")).toEqual([
    "step,who,kind,name,old,new,text",
    '1204,you,set,l1,0,1,"l1 0 → 1, really"',
    "3,,error,,,,metric x disabled",
    "",
  ]);
  log.draw(frame("log", { lines: [first, first] }));
  expect(log.el.children).toHaveLength(2);
});

test("CSV cells are quoted where they must be", () => {
  expect(table([["a", 1, null, 'say "x"', "two\nlines"]])).toBe('a,1,,"say ""x""","two\nlines"\r\n');
});
