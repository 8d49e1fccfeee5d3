import { beforeEach, expect, test } from "vitest";
import type { Surroundings } from "../../views/panel";
import { Timeline } from "../../views/timeline";
import { addPopovers, frame, surroundings } from "../fake_dashboard";

const kept = (id: number, step: number, name = "") => ({
  id,
  step,
  name,
  is_pinned: name !== "",
  shared: step,
});
const mark = (step: number, title: string, more = {}) => ({
  first: step,
  step,
  title,
  kind: "set",
  who: "you",
  n: 1,
  n_by_hand: 1,
  ...more,
});
const RUN = {
  step: 400,
  last: 400,
  snapshots: [kept(1, 0), kept(2, 100, "before l1"), kept(3, 300)],
  marks: [mark(101, "l1 0 → 0.1"), mark(250, "alpha 1 → 2"), mark(252, "alpha 2 → 3")],
};

let timeline: Timeline;
let ask: ReturnType<typeof surroundings>["ask"];
const all = (selector: string) => [...timeline.el.querySelectorAll<HTMLElement>(selector)];
const one = (selector: string) => timeline.el.querySelector<HTMLElement>(selector)!;
const items = () => all(".things button");
const says = (text: string) => items().find((item) => item.getAttribute("aria-label")!.includes(text))!;
const press = (label: string) =>
  (all("button") as HTMLButtonElement[]).find((found) => found.textContent === label)!.click();
const isOpen = () => one(".destination").hasAttribute("data-open");
const popup = (selector: string) => one(`.destination ${selector}`);

beforeEach(() => {
  addPopovers();
  const fake = surroundings();
  ask = fake.ask;
  timeline = new Timeline("timeline", fake.around as Surroundings);
  document.body.replaceChildren(timeline.el);
  timeline.draw(frame("timeline", RUN));
});

test("what was kept and changed stands on the line in order, with words", () => {
  expect(items().map((item) => item.getAttribute("aria-label"))).toEqual([
    "step 0: automatic snapshot",
    "step 100: snapshot “before l1”",
    "step 101: l1 0 → 0.1 (you)",
    "step 250 to 252: 2 changes: alpha 1 → 2 (you); alpha 2 → 3 (you)",
    "step 300: automatic snapshot",
  ]);
  expect(says("before l1").style.left).toBe("25%");
  expect(all(".labels span").map((label) => label.textContent)).toEqual([
    "2 changes",
    "l1 0 → 0.1",
    "before l1",
  ]);
  expect(one(".playhead").style.left).toBe("100%");
});

test("a snapshot opens what going there means, and goes there only then", () => {
  says("before l1").click();
  expect(isOpen()).toBe(true);
  expect(popup("h3").textContent).toBe("Snapshot “before l1” · step 100");
  expect(one(".destination").textContent).toContain("Leaves 300 steps and 3 changes");
  expect(document.activeElement?.textContent).toBe("Rewind");
  expect(ask).not.toHaveBeenCalled();
  says("before l1").focus(); // as the browser does when the question closes
  expect(one(".tip").hidden).toBe(false);
  press("Rewind");
  expect(one(".tip").hidden).toBe(true);
  expect(ask).toHaveBeenCalledWith("rewind", { snapshot: 2 });
  expect(isOpen()).toBe(false);
});

test("fork and cancel", () => {
  says("before l1").click();
  press("Cancel");
  expect(isOpen()).toBe(false);
  expect(ask).not.toHaveBeenCalled();
  says("before l1").click();
  press("Fork");
  expect(ask).toHaveBeenCalledWith("fork", { snapshot: 2 });
});

test("a change opens the snapshot before it", () => {
  says("alpha").click();
  expect(popup("h3").textContent).toBe("Snapshot “before l1” · step 100");
  expect(popup(".asked").textContent).toBe("nearest before step 249");
});

test("a click on the line names the snapshot it would go to", () => {
  const rail = one(".rail");
  rail.getBoundingClientRect = () => ({ left: 0, width: 400, bottom: 50 }) as DOMRect;
  rail.dispatchEvent(new MouseEvent("click", { clientX: 380, bubbles: true }));
  expect(popup("h3").textContent).toBe("Automatic snapshot · step 300");
  expect(popup(".asked").textContent).toBe("nearest before step 380");
});

test("the open question follows the run", () => {
  says("step 300").click();
  timeline.draw(frame("timeline", { ...RUN, step: 420, last: 420 }));
  expect(one(".destination").textContent).toContain("Leaves 120 steps behind;");
});

test("a snapshot can be named and pinned", () => {
  says("step 300").click();
  const name = popup("input[name=name]") as HTMLInputElement;
  const pin = popup("input[name=pin]") as HTMLInputElement;
  pin.click();
  expect(ask).toHaveBeenCalledWith("pin_snapshot", { snapshot: 3, is_pinned: true });
  name.value = " settled ";
  name.dispatchEvent(new Event("change"));
  expect(ask).toHaveBeenLastCalledWith("name_snapshot", { snapshot: 3, name: "settled" });
  timeline.draw(frame("timeline", { ...RUN, snapshots: [kept(3, 300, "settled")] }));
  expect([name.value, pin.checked, pin.disabled]).toEqual(["settled", true, true]);
  expect(popup("h3").textContent).toBe("Snapshot “settled” · step 300");
});

test("a refused name is shown as it was", () => {
  says("before l1").click();
  const name = popup("input[name=name]") as HTMLInputElement;
  name.value = "x";
  timeline.refused();
  expect(name.value).toBe("before l1");
});

test("one stop for the Tab key; arrows go from one to the next", () => {
  const stops = () => items().filter((item) => item.tabIndex === 0);
  expect(stops()).toHaveLength(1);
  stops()[0]!.focus();
  const key = (key: string) =>
    document.activeElement!.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
    );
  key("ArrowLeft");
  expect(document.activeElement).toBe(says("alpha"));
  expect(one(".tip").textContent).toContain("alpha 1 → 2");
  key("Home");
  expect(document.activeElement).toBe(items()[0]);
  key("ArrowLeft");
  expect(document.activeElement).toBe(items()[0]);
  key("End");
  expect(document.activeElement).toBe(items().at(-1));
  expect(stops()).toEqual([items().at(-1)]);
});

test("the focus stays where it is while the run goes on", () => {
  says("before l1").focus();
  const grown = { ...RUN, step: 600, last: 600, snapshots: [...RUN.snapshots, kept(4, 500)] };
  timeline.draw(frame("timeline", grown));
  expect(document.activeElement).toBe(says("before l1"));
});

test("a course that was left stands beyond the playhead", () => {
  const left = { ...kept(3, 300), shared: 120 };
  timeline.draw(
    frame("timeline", { ...RUN, step: 150, last: 300, snapshots: [...RUN.snapshots.slice(0, 2), left] }),
  );
  expect(one(".left").hidden).toBe(false);
  expect(says("step 300").getAttribute("aria-label")).toContain("on a course that was left");
  says("step 300").click();
  expect(one(".destination").textContent).toContain("Leaves 30 steps and 2 changes");
});

test("a snapshot can be kept now", () => {
  press("Keep a snapshot");
  expect(ask).toHaveBeenCalledWith("snapshot");
});

test("the playhead can be dragged to where a snapshot is asked for; Escape calls it off", async () => {
  const [rail, playhead] = [one(".rail"), one(".playhead")];
  rail.getBoundingClientRect = () => ({ left: 0, width: 400, bottom: 50 }) as DOMRect;
  const point = (type: string, clientX: number) =>
    playhead.dispatchEvent(new PointerEvent(type, { clientX, button: 0, bubbles: true, cancelable: true }));
  const drop = () => new Promise((resolve) => setTimeout(resolve, 5));
  point("pointerdown", 400);
  point("pointermove", 320);
  expect([playhead.style.left, one(".tip").textContent]).toEqual([
    "80%",
    "step 320, to the snapshot of step 300",
  ]);
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  await drop();
  expect([isOpen(), playhead.style.left]).toEqual([false, "100%"]);
  point("pointerdown", 400);
  point("pointermove", 120);
  point("pointerup", 120);
  await drop();
  expect([isOpen(), popup("h3").textContent]).toEqual([true, "Snapshot “before l1” · step 100"]);
  expect(playhead.style.left).toBe("100%");
});
