import {
  type Place,
  type Placed,
  type Point,
  NARROW,
  alike,
  arranged,
  besideInFlow,
  exchanged,
  moved,
  panelAt,
  resized,
  stepped,
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

  /** Whether the page is too narrow for the kernel's places; what is done here then must not upset them. */
  private get isFlowing(): boolean {
    return this.width < NARROW;
  }

  private spread(): void {
    this.el.classList.toggle("flowing", this.isFlowing);
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
      drop: () => aim?.places.forEach((place) => this.request(place)),
      end: () => {
        el.classList.remove("dragged");
        this.ghost.hidden = true;
      },
    });
  }

  /** Onto a panel of the same size, or of any where panels flow, it changes places with that one. */
  private dragMove(id: string): (by: Point, event: PointerEvent) => Aim {
    return (by, event) => {
      const place = this.place(id);
      if (this.isFlowing) {
        const under = panelAt(this.shown, this.pointIn(event), this.width);
        if (!under || under.id === id) return { ghost: this.place(id, this.shown), places: [] };
        return { ghost: under, places: exchanged(place, this.place(under.id)) };
      }
      const ghost = moved(place, by, this.width);
      const other = alike(id, ghost, this.places);
      return other
        ? { ghost: other, places: exchanged(place, other) }
        : { ghost, places: [{ ...ghost, id }] };
    };
  }

  private pointIn({ clientX, clientY }: PointerEvent): Point {
    const { left, top } = this.el.getBoundingClientRect();
    return { left: clientX - left, top: clientY - top };
  }

  private dragSize(id: string): (by: Point) => Aim {
    return (by) => {
      const shown = this.place(id, this.shown);
      const ghost = resized(shown, by, this.width);
      if (!this.isFlowing) return { ghost, places: [{ ...ghost, id }] };
      return { ghost: { ...ghost, w: shown.w }, places: [{ ...this.place(id), h: ghost.h }] };
    };
  }

  // ---- by the keyboard

  private press(event: KeyboardEvent, id: string, what: "move" | "size"): void {
    if (!event.key.startsWith("Arrow") || this.el.dataset["maximised"]) return;
    event.preventDefault();
    event.stopPropagation();
    for (const place of this.pressed(event.key, this.place(id), what)) this.request(place);
  }

  private pressed(key: string, panel: Placed, what: "move" | "size"): Placed[] {
    if (what === "move" && this.isFlowing) {
      const other = besideInFlow(panel.id, key, this.places);
      return other ? exchanged(panel, other) : [];
    }
    const next = what === "size" ? stretched(panel, key) : stepped(panel, key, this.places);
    const isUnseen = this.isFlowing && next?.w !== panel.w;
    return next && !isUnseen ? [{ ...next, id: panel.id }] : [];
  }

  private request(next: Placed): void {
    const { x, y, w, h } = this.place(next.id);
    if (x !== next.x || y !== next.y || w !== next.w || h !== next.h) this.ask(next);
  }

  dispose(): void {
    this.resizing.disconnect();
  }
}

/** Where a drag would end: what the ghost covers, and what to ask for, in this order. */
interface Aim {
  ghost: Place;
  places: Placed[];
}

function stand(el: HTMLElement, { x, y, w, h }: Place): void {
  el.style.gridArea = `${y + 1} / ${x + 1} / span ${h} / span ${w}`;
}
