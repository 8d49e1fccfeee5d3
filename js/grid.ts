import { type Placed, arranged } from "./charts/grid_geometry";
import { element } from "./elements";

/** The panels on their grid. The kernel decides where they stand. */
export class Grid {
  readonly el = element("main", { class: "grid" });
  private places: Placed[] = [];
  private panels = new Map<string, HTMLElement>();
  private resizing = new ResizeObserver(() => this.spread());

  constructor() {
    this.resizing.observe(this.el);
  }

  /** Put these panels, and no others, where they belong. */
  arrange(places: Placed[], panels: Map<string, HTMLElement>): void {
    this.places = places;
    this.panels = panels;
    this.spread();
  }

  private spread(): void {
    const order = arranged(this.places, this.el.clientWidth || Infinity);
    for (const { id, x, y, w, h } of order) {
      const el = this.panels.get(id)!;
      el.style.gridArea = `${y + 1} / ${x + 1} / span ${h} / span ${w}`;
    }
    this.sort(order.map(({ id }) => this.panels.get(id)!));
  }

  /** Keep the order of the Tab key that of reading. */
  private sort(order: HTMLElement[]): void {
    const focused = document.activeElement;
    order.forEach((el, i) => {
      if (this.el.children[i] !== el) this.el.insertBefore(el, this.el.children[i] ?? null);
    });
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus();
  }

  dispose(): void {
    this.resizing.disconnect();
  }
}
