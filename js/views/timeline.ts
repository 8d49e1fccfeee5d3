import { type Course, type Kept, at, end, hit, nearest, stepAt } from "../charts/timeline";
import { type Item, itemsOf, labelsOf } from "../charts/timeline_items";
import { follow } from "../drag";
import { button, element, isCommand, setChildren, setText } from "../elements";
import { count } from "../format";
import type { PanelFrame } from "../messages";
import { Destination } from "./destination";
import type { Surroundings, View } from "./panel";
import "./timeline.css";

const REACH_PX = 7;
/** Taken for the width of a line that is not in the page yet. */
const UNSEEN_PX = 800;

/** The whole run on one line: what was changed, what was kept, and where it stands. */
export class Timeline implements View {
  private done = element("i", { class: "done" });
  private left = element("i", { class: "left" });
  private playhead = element("i", { class: "playhead", title: "Drag to go back to a snapshot" });
  private tip = element("span", { class: "tip", hidden: true, "aria-hidden": "true" });
  private labels = element("div", { class: "labels", "aria-hidden": "true" });
  private things = element("div", { class: "things" });
  private rail = element("div", { class: "rail", role: "toolbar" });
  private destination: Destination;
  readonly el = element("div", { class: "timeline" });
  private course: Course = { step: 0, last: 0, snapshots: [], marks: [] };
  private items: Item[] = [];
  private buttons = new Map<string, HTMLButtonElement>();
  private current = "";
  private isDragged = false;
  private width = 0;
  private resized: ResizeObserver | null = null;

  constructor(_id: string, around: Surroundings) {
    this.destination = new Destination(around.requests, () => this.closed());
    const keep = button("Keep a snapshot", { title: "Of the newest step; it is never thinned out" }, () =>
      around.requests.ask("snapshot"),
    );
    const line = element("i", { class: "line" });
    this.rail.append(line, this.done, this.left, this.labels, this.playhead, this.things, this.tip);
    this.el.append(this.rail, keep, this.destination.el);
    this.listen();
  }

  draw(frame: PanelFrame): void {
    this.course = frame as unknown as Course;
    this.arrange();
    this.destination.update(this.course);
  }

  refused(): void {
    this.destination.refused();
  }

  dispose(): void {
    this.resized?.disconnect();
  }

  private get end(): number {
    return end(this.course.last);
  }

  private listen(): void {
    const { rail } = this;
    rail.addEventListener("click", (event) => {
      if (!(event.target as Element).closest("button, .playhead")) this.ask(this.stepUnder(event));
    });
    rail.addEventListener("pointermove", (event) => this.point(event));
    rail.addEventListener("pointerleave", () => this.say(null));
    rail.addEventListener("keydown", (event) => this.walk(event));
    rail.addEventListener("focusin", (event) => this.enter(event.target as Element));
    rail.addEventListener("focusout", () => this.say(null));
    this.playhead.addEventListener("pointerdown", (event) => this.drag(event));
    this.resized = new ResizeObserver(() => {
      const { clientWidth } = rail;
      if (clientWidth === this.width) return;
      this.width = clientWidth;
      this.arrange();
    });
    this.resized.observe(rail);
  }

  // What stands on the line

  private arrange(): void {
    const { step, last } = this.course;
    const now = `${at(step, this.end) * 100}%`;
    this.done.style.width = now;
    if (!this.isDragged) this.playhead.style.left = now;
    Object.assign(this.left.style, { left: now, width: `${at(last - step, this.end) * 100}%` });
    this.left.hidden = last <= step;
    this.rail.setAttribute("aria-label", `Timeline, at step ${count(step)}: snapshots and changes`);
    this.items = itemsOf(this.course, this.width || UNSEEN_PX);
    this.drawItems();
    this.drawLabels();
    this.choose();
  }

  private drawItems(): void {
    const keys = new Set(this.items.map(({ key }) => key));
    let isLost = false;
    for (const [key, shown] of this.buttons) {
      if (keys.has(key)) continue;
      isLost ||= shown.matches(":focus");
      this.buttons.delete(key);
    }
    const order = this.items.map((item) => {
      const shown = this.buttons.get(item.key) ?? this.add(item);
      const { kind, words, place } = item;
      if (shown.className !== kind) shown.className = kind;
      if (shown.getAttribute("aria-label") !== words) shown.setAttribute("aria-label", words);
      const left = `${place * 100}%`;
      if (shown.style.left !== left) shown.style.left = left;
      return shown;
    });
    setChildren(this.things, order);
    this.rove();
    if (!isLost) return;
    const wasTold = !this.tip.hidden;
    this.buttons.get(this.current)?.focus({ preventScroll: true });
    if (!wasTold) this.say(null);
  }

  private add({ key }: Item): HTMLButtonElement {
    const made = button("", { tabindex: -1, "data-item": key }, () => this.choseItem(key));
    this.buttons.set(key, made);
    return made;
  }

  private drawLabels(): void {
    const labels = labelsOf(this.items, this.width || UNSEEN_PX);
    const text = JSON.stringify(labels);
    if (this.labels.dataset["rows"] === text) return;
    this.labels.dataset["rows"] = text;
    const spans = labels.map(({ side, text, left }) =>
      element("span", { class: side, style: `left:${left * 100}%` }, text),
    );
    this.labels.replaceChildren(...spans);
  }

  // Keyboard: one stop for the Tab key, arrows from one to the next

  private rove(): void {
    if (!this.buttons.has(this.current)) this.current = this.items.at(-1)?.key ?? "";
    for (const [key, shown] of this.buttons) shown.tabIndex = key === this.current ? 0 : -1;
  }

  private walk(event: KeyboardEvent): void {
    const from = this.items.findIndex(({ key }) => key === this.current);
    const n = this.items.length;
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: n - 1 }[event.key];
    if (to === undefined || !n || isCommand(event)) return;
    event.preventDefault();
    event.stopPropagation();
    this.buttons.get(this.items[Math.min(Math.max(to, 0), n - 1)]!.key)?.focus();
  }

  private enter(target: Element): void {
    const item = this.items.find(({ key }) => this.buttons.get(key) === target);
    if (!item) return;
    this.current = item.key;
    this.rove();
    this.say(item.place, item.words);
  }

  // Mouse

  private placeUnder({ clientX }: MouseEvent): number {
    const { left, width } = this.rail.getBoundingClientRect();
    return Math.min(Math.max((clientX - left) / (width || UNSEEN_PX), 0), 1);
  }

  private stepUnder(event: MouseEvent): number {
    return stepAt(this.placeUnder(event), this.end);
  }

  private point(event: PointerEvent): void {
    if (this.isDragged) return;
    const place = this.placeUnder(event);
    const item = hit(this.items, place, REACH_PX / (this.width || UNSEEN_PX));
    this.say(item?.place ?? place, item?.words ?? `step ${count(stepAt(place, this.end))}`);
  }

  private say(place: number | null, words = ""): void {
    this.tip.hidden = place === null;
    if (place === null) return;
    setText(this.tip, words);
    this.tip.style.left = `${place * 100}%`;
    this.tip.style.setProperty("--shift", `${-place * 100}%`);
  }

  private drag(down: PointerEvent): void {
    if (down.button !== 0) return;
    down.preventDefault();
    let step = this.course.step;
    follow(this.playhead, down, {
      move: (_by, event) => {
        this.isDragged = true;
        step = this.stepUnder(event);
        this.playhead.style.left = `${at(step, this.end) * 100}%`;
        const kept = nearest(this.course, step);
        const to = kept
          ? `, to ${kept.name ? `“${kept.name}”, ` : "the snapshot of "}step ${count(kept.step)}`
          : "";
        this.say(at(step, this.end), `step ${count(step)}${to}`);
      },
      // Not before the pointer's way up is over: that would close the popover again.
      drop: () => void window.setTimeout(() => this.ask(step)),
      click: () => void window.setTimeout(() => this.ask(step)),
      end: () => {
        this.isDragged = false;
        this.say(null);
        this.arrange();
      },
    });
  }

  // Going somewhere

  private choseItem(key: string): void {
    const item = this.items.find((item) => item.key === key)!;
    const kept = this.course.snapshots.find(({ id }) => id === item.snapshot);
    if (kept) this.open(kept, null);
    else this.ask(item.before);
  }

  /** Ask whether to go to the snapshot that a step means. */
  private ask(step: number): void {
    const kept = nearest(this.course, step);
    if (kept) this.open(kept, step);
  }

  private open(kept: Kept, asked: number | null): void {
    const { left, width, bottom } = this.rail.getBoundingClientRect();
    this.destination.open(this.course, kept, asked, left + at(kept.step, this.end) * width, bottom + 4);
    this.say(null);
    this.choose();
  }

  /** The focus went back to what the question was about; that needs no telling again. */
  private closed(): void {
    this.choose();
    this.say(null);
  }

  /** Show which snapshot is in question. */
  private choose(): void {
    const id = this.destination.kept?.id;
    for (const [key, shown] of this.buttons) shown.classList.toggle("chosen", key === `snapshot ${id}`);
  }
}
