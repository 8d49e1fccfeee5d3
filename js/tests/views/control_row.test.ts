import { beforeEach, expect, test, vi } from "vitest";
import type { Requests } from "../../requests";
import { ControlRow } from "../../views/control_row";
import { CONTROL } from "../fake_dashboard";

const l1 = CONTROL;
let asked: ReturnType<typeof vi.fn>;
let set: ReturnType<typeof vi.fn>;
let row: ControlRow;
let slider: HTMLInputElement;
let box: HTMLInputElement;
const find = <T extends Element>(selector: string) => row.el.querySelector(selector) as T & Element;

beforeEach(() => {
  asked = vi.fn();
  set = vi.fn();
  row = new ControlRow(l1, { ask: asked, set } as unknown as Requests);
  slider = find<HTMLInputElement>("input[type=range]");
  box = find<HTMLInputElement>(".box");
  document.body.replaceChildren(row.el);
  row.draw(l1);
});

function drag(position: number, isReleased = true) {
  slider.value = String(position);
  slider.dispatchEvent(new Event("input"));
  if (isReleased) slider.dispatchEvent(new Event("change"));
}

function type(text: string, key = "Enter") {
  box.focus();
  box.value = text;
  box.dispatchEvent(new KeyboardEvent("keydown", { key }));
}

test("a slider shows the value asked for until the session reports it as applied", () => {
  drag(1000);
  expect(set).toHaveBeenCalledWith("l1", 1);
  expect([box.value, row.el.classList.contains("pending")]).toEqual(["1", true]);
  row.draw({ ...l1 });
  expect([box.value, row.el.dataset["value"]]).toEqual(["1", "0"]);
  row.draw({ ...l1, value: 1, applied_step: 7 });
  expect([row.el.dataset["appliedStep"], row.el.classList.contains("pending")]).toEqual(["7", false]);
});

test("an earlier value of the same drag does not end the waiting, somebody else's does", () => {
  vi.useFakeTimers();
  drag(600, false);
  drag(1000);
  row.draw({ ...l1, value: 0.01, applied_step: 4 });
  expect(box.value).toBe("1");
  vi.advanceTimersByTime(1000);
  expect([box.value, row.el.classList.contains("pending")]).toEqual(["0.01", false]);
  vi.useRealTimers();
});

test("frames that come while it is dragged do not move the thumb", () => {
  drag(700, false);
  row.draw({ ...l1, value: 0.0002, applied_step: 3 });
  expect(slider.value).toBe("700");
});

test.each(["pointerup", "pointercancel", "blur"])(
  "a thumb let go where it was taken, by %s, is free again",
  (end) => {
    drag(700, false);
    slider.dispatchEvent(new Event(end));
    row.draw({ ...l1, value: 0.0002, applied_step: 3 });
    row.refused();
    expect(slider.value).not.toBe("700");
  },
);

test("keys of the browser are left to it", () => {
  const event = new KeyboardEvent("keydown", { key: "ArrowLeft", altKey: true, cancelable: true });
  slider.dispatchEvent(event);
  expect([set.mock.calls.length, event.defaultPrevented]).toEqual([0, false]);
});

test("the focus goes on from what goes: a reset, a chip", () => {
  row.draw({ ...l1, value: 0.5, suspended: ["anneal"] });
  for (const selector of [".reset", ".owner"]) {
    row.draw({ ...l1, value: 0.5, suspended: ["anneal"] });
    find<HTMLElement>(selector).focus();
    row.draw(l1);
    expect(document.activeElement, selector).toBe(slider);
  }
});

test("what a policy sets moves the slider", () => {
  row.draw({ ...l1, value: 1, owner: "anneal", applied_step: 9 });
  expect(slider.value).toBe("1000");
  expect(find<HTMLButtonElement>(".owner").textContent).toBe("anneal");
  expect(find<HTMLButtonElement>(".owner").disabled).toBe(true);
  expect(find<HTMLButtonElement>(".owner").title).toBe("Driven by anneal");
});

test("a control that nobody drives names no owner", () => {
  expect(find<HTMLButtonElement>(".owner").hidden).toBe(true);
  expect(find<HTMLButtonElement>(".owner").title).toBe("");
});

test("a suspended policy is given the control back by a click", () => {
  row.draw({ ...l1, suspended: ["anneal"] });
  const chip = find<HTMLButtonElement>(".owner");
  expect([chip.hidden, chip.textContent]).toEqual([false, "anneal paused by you · resume"]);
  chip.click();
  expect(asked).toHaveBeenCalledWith("resume_policies", { control: "l1" });
});

test("arrow keys move by a step", () => {
  const press = (key: string) =>
    slider.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  press("ArrowRight");
  press("ArrowRight");
  press("ArrowDown");
  expect(set.mock.calls).toEqual([
    ["l1", 0.0001],
    ["l1", 0.000101],
    ["l1", 0.0001],
  ]);
});

test("a number may be typed", () => {
  type("0.02");
  expect(set).toHaveBeenCalledWith("l1", 0.02);
});

test("a number that is not allowed says what is, and is not sent", () => {
  type("7");
  expect(set).not.toHaveBeenCalled();
  const hint = find<HTMLElement>(".hint");
  expect([box.getAttribute("aria-invalid"), hint.textContent]).toEqual([
    "true",
    "7: must be 0 or 0.0001 to 1",
  ]);
  type("7", "Escape");
  expect([box.getAttribute("aria-invalid"), box.value, hint.hidden]).toEqual([null, "0", true]);
});

test("why a number was refused stays for a while when the box is left", () => {
  vi.useFakeTimers();
  type("abc");
  box.blur();
  const hint = find<HTMLElement>(".hint");
  expect([box.value, hint.textContent]).toEqual(["0", "abc: must be 0 or 0.0001 to 1"]);
  vi.advanceTimersByTime(6000);
  expect(hint.hidden).toBe(true);
  vi.useRealTimers();
});

test("a value that waits for a step says which button makes one", () => {
  const hint = find<HTMLElement>(".hint");
  expect(hint.hidden).toBe(true);
  row.draw({ ...l1, value: 0.5, waits_for: "start" });
  expect([hint.hidden, hint.textContent]).toEqual([false, "acts once you press Start"]);
  row.draw({ ...l1, value: 0.5, waits_for: "resume" });
  expect(hint.textContent).toBe("acts once you press Resume");
  row.draw({ ...l1, value: 0.5 });
  expect(hint.hidden).toBe(true);
});

test("reset goes back to the default and is there only when needed", () => {
  const reset = find<HTMLButtonElement>(".reset");
  expect(reset.hidden).toBe(true);
  row.draw({ ...l1, value: 0.5, applied_step: 3 });
  expect(reset.hidden).toBe(false);
  reset.click();
  expect(set).toHaveBeenCalledWith("l1", 0);
});

test("a refused value is forgotten", () => {
  drag(1000);
  row.refused();
  expect([box.value, slider.value]).toEqual(["0", "0"]);
});

test("slider and number have labels, and the slider says its value in words", () => {
  row.draw({ ...l1, value: 0.5, unit: "nats" });
  expect(find<HTMLLabelElement>("label").getAttribute("for")).toBe(slider.id);
  expect(box.getAttribute("aria-label")).toBe("l1, as a number");
  expect(slider.getAttribute("aria-valuetext")).toBe("0.5 nats");
});

test("a control can be hidden, and has a place for what it does", () => {
  find<HTMLButtonElement>(".hide").click();
  expect(asked).toHaveBeenCalledWith("hide_control", { control: "l1" });
  expect(find(".hide").getAttribute("aria-label")).toBe("Hide l1");
  expect(find(".effect").textContent).toBe("");
});
