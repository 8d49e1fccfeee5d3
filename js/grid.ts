import {
  type Place,
  type Placed,
  type Point,
  NARROW,
  arranged,
  inPlaceOf,
  moved,
  panelAt,
  resized,
  stepped,
  steppedInFlow,
  stretched,
} from "./charts/grid_geometry";
import { follow } from "./drag";
import { element, setChildren } from "./elements";
import "./grid.css";

/** What the grid needs of a panel. */
export interface Item {
  readonly id: string;
  readonly el: HTMLElement;
  /** Moves the panel: by the mouse all of the head, by the keyboard the grip in it. */
  readonly head: HTMLElement;
  readonly grip: HTMLElement;
  /** Resizes the panel, by mouse and keyboard. */
  readonly corner: HTMLElement;
}

/** The panels on their grid. The kernel decides where they stand: a drag, or a key, only asks for a place. */
export class Grid {
  readonly el = element("main", { class: "grid" });
  private places: Placed[] = [];
  private shown: Placed[] = [];
  private items = new Map<string, Item>();
  private ghost = element("div", { class: "ghost", hidden: true });
  private width = Infinity;
  private resizing = new ResizeObserver(() => this.measure());

  constructor(private ask: (place: Placed) => void) {
    this.resizing.observe(this.el);
    this.el.append(this.ghost);
  }

  add(item: Item): void {
    this.items.set(item.id, item);
    item.head.addEventListener("pointerdown", (event) => this.grab(event, item, this.dragMove(item.id)));
    item.corner.addEventListener("pointerdown", (event) => this.grab(event, item, this.dragSize(item.id)));
    item.grip.addEventListener("keydown", (event) => this.press(event, item.id, "move"));
    item.corner.addEventListener("keydown", (event) => this.press(event, item.id, "size"));
  }

  remove(id: string): void {
    this.items.get(id)?.el.remove();
    this.items.delete(id);
  }

  /** Put the panels where they belong. */
  arrange(places: Placed[]): void {
    this.places = places;
    this.width = this.measured();
    this.spread();
  }

  private measure(): void {
    const width = this.measured();
    if (width === this.width) return;
    this.width = width;
    this.spread();
  }

  /** While the page is hidden, perhaps for less than a frame of it, the width is what it was. */
  private measured(): number {
    return this.el.clientWidth || this.width;
  }

  private spread(): void {
    this.shown = arranged(this.places, this.width);
    const items = this.shown.map((place) => {
      const { el } = this.items.get(place.id)!;
      stand(el, place);
      return el;
    });
    this.sort([...items, this.ghost]);
  }

  /** Keep the order of the Tab key that of reading. */
  private sort(order: HTMLElement[]): void {
    const focused = document.activeElement;
    setChildren(this.el, order);
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus();
  }

  private place(id: string, places = this.places): Placed {
    return places.find((place) => place.id === id)!;
  }

  // ---- by the mouse

  /** Show by a ghost where the panel will stand, and ask for that place on drop. */
  private grab(event: PointerEvent, { el }: Item, target: (by: Point, event: PointerEvent) => Aim): void {
    const handle = event.currentTarget as HTMLElement;
    const isOther = (event.target as Element).closest("button, input, select, .menu");
    if (event.button !== 0 || (isOther && isOther !== handle) || this.el.dataset["maximised"]) return;
    if (isOther) event.preventDefault(); // the corner takes the focus only by the keyboard
    let aim: Aim | null = null;
    follow(handle, event, {
      move: (by, at) => {
        aim = target(by, at);
        el.classList.add("dragged");
        this.ghost.hidden = false;
        stand(this.ghost, aim.ghost);
      },
      drop: () => aim?.place && this.request(aim.place),
      end: () => {
        el.classList.remove("dragged");
        this.ghost.hidden = true;
      },
    });
  }

  private dragMove(id: string): (by: Point, event: PointerEvent) => Aim {
    return (by, event) => {
      const place = this.place(id);
      if (this.width >= NARROW) {
        const ghost = moved(place, by, this.width);
        return { ghost, place: { ...ghost, id } };
      }
      const { left, top } = this.el.getBoundingClientRect();
      const point = { left: event.clientX - left, top: event.clientY - top };
      const under = panelAt(this.shown, point, this.width);
      if (!under || under.id === id) return { ghost: this.place(id, this.shown), place: null };
      return { ghost: under, place: { ...inPlaceOf(place, this.place(under.id), this.places), id } };
    };
  }

  private dragSize(id: string): (by: Point) => Aim {
    return (by) => {
      const ghost = resized(this.place(id, this.shown), by, this.width);
      if (this.width >= NARROW) return { ghost, place: { ...ghost, id } };
      const w = this.place(id, this.shown).w;
      return { ghost: { ...ghost, w }, place: { ...this.place(id), h: ghost.h } };
    };
  }

  // ---- by the keyboard

  private press(event: KeyboardEvent, id: string, what: "move" | "size"): void {
    if (!event.key.startsWith("Arrow") || this.el.dataset["maximised"]) return;
    event.preventDefault();
    event.stopPropagation();
    const place = this.place(id);
    const step = this.width >= NARROW ? stepped : steppedInFlow;
    const next = what === "size" ? stretched(place, event.key) : step(place, event.key, this.places);
    if (next) this.request({ ...next, id });
  }

  private request(next: Placed): void {
    const { x, y, w, h } = this.place(next.id);
    if (x !== next.x || y !== next.y || w !== next.w || h !== next.h) this.ask(next);
  }

  dispose(): void {
    this.resizing.disconnect();
  }
}

/** Where a drag would end: what the ghost covers, and what to ask for. */
interface Aim {
  ghost: Place;
  place: Placed | null;
}

function stand(el: HTMLElement, { x, y, w, h }: Place): void {
  el.style.gridArea = `${y + 1} / ${x + 1} / span ${h} / span ${w}`;
}
