import { passFocus, present } from "../elements";
import { Grid } from "../grid";
import { Menu } from "../menu";
import type { PanelFrame } from "../messages";
import { Panel, type PanelLine, type Surroundings, Unknown, type View, type ViewClass } from "./panel";

/** A panel that may be added. */
interface Offer {
  group: string;
  label: string;
  kind: string;
  options: Record<string, unknown>;
}

interface Header extends PanelFrame {
  panels: PanelLine[];
  maximised: string | null;
  menu: Offer[];
}

/** Which panels there are, and where. Frames of a panel that is not there yet wait for it. */
export class Layout implements View {
  private grid: Grid;
  readonly el: HTMLElement;
  /** The menu of panels to add; it stands in the top bar. */
  readonly menu = new Menu("+ Panel ▾", { class: "add" }, () => this.listOffers());
  private panels = new Map<string, Panel>();
  private waiting = new Map<string, PanelFrame>();
  private offers: Offer[] = [];
  /** Somebody here asked for another panel, and will want to see it. */
  private isAwaiting = false;

  constructor(
    private around: Omit<Surroundings, "say">,
    private views: Record<string, ViewClass>,
    private savePicture: () => void,
  ) {
    this.grid = new Grid(({ id, x, y, w, h }) => around.requests.ask("place", { panel: id, x, y, w, h }));
    this.el = this.grid.el;
    this.el.addEventListener("keydown", (event) => this.restore(event));
  }

  draw(frame: PanelFrame): void {
    const { panels, maximised, menu } = frame as Header;
    const kinds = new Map(panels.map(({ id, kind }) => [id, kind]));
    for (const panel of this.panels.values()) if (kinds.get(panel.id) !== panel.kind) this.remove(panel);
    const added = panels.filter(({ id }) => !this.panels.has(id)).map((line) => this.add(line));
    for (const line of panels) this.panels.get(line.id)!.describe(line, line.id === maximised);
    if (maximised && kinds.has(maximised)) this.el.dataset["maximised"] = maximised;
    else delete this.el.dataset["maximised"];
    this.grid.arrange(panels);
    const hasChanged = JSON.stringify(menu) !== JSON.stringify(this.offers);
    this.offers = menu;
    if (hasChanged && this.menu.isOpen) this.menu.refresh();
    this.drawWaiting();
    if (!this.isAwaiting || !added.length) return;
    this.isAwaiting = false;
    present(added.at(-1)!.el);
  }

  drawPanel(frame: PanelFrame): void {
    const panel = this.panels.get(frame.id);
    if (panel) panel.draw(frame);
    else this.waiting.set(frame.id, frame);
  }

  private drawWaiting(): void {
    const frames = [...this.waiting.values()];
    this.waiting.clear();
    for (const frame of frames) this.panels.get(frame.id)?.draw(frame);
  }

  check(): void {
    for (const panel of this.panels.values()) panel.check();
  }

  refused(): void {
    this.isAwaiting = false;
    for (const panel of this.panels.values()) panel.refused();
  }

  private add(line: PanelLine): Panel {
    const panel = new Panel(line, this.views[line.kind] ?? Unknown, this.around);
    this.panels.set(line.id, panel);
    this.grid.add(panel);
    return panel;
  }

  private remove(panel: Panel): void {
    const cards = [...this.el.querySelectorAll<HTMLElement>(".card")];
    const at = cards.indexOf(panel.el);
    const beside = this.panels.get((cards[at + 1] ?? cards[at - 1])?.dataset["panel"] ?? "");
    passFocus(panel.el, beside?.menuButton ?? this.menu.button);
    panel.dispose();
    this.grid.remove(panel.id);
    this.panels.delete(panel.id);
  }

  private restore(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented || !this.el.dataset["maximised"]) return;
    if ((event.target as Element).closest(".menu")) return;
    event.stopPropagation();
    this.around.requests.ask("maximise", { panel: null });
  }

  private listOffers(): HTMLElement[] {
    const groups = [...new Set(this.offers.map(({ group }) => group))].map((group) => {
      const offers = this.offers.filter((offer) => offer.group === group);
      const items = offers.map((offer) => ({
        label: offers.length > 1 ? offer.label : this.labelAlone(offer),
        act: () => this.request(offer),
      }));
      return this.menu.list(group, items);
    });
    const whole = { label: "Save all as PNG", act: this.savePicture };
    return [...groups, this.menu.list("Dashboard", [whole])];
  }

  /** What stands without a heading says what it is where another line is called the same. */
  private labelAlone({ label, group }: Offer): string {
    const isOnly = this.offers.filter((offer) => offer.label === label).length === 1;
    return isOnly || label === group ? label : `${label} (${group})`;
  }

  private request({ kind, options }: Offer): void {
    this.isAwaiting = true;
    this.around.requests.ask("add", { kind, options });
  }

  dispose(): void {
    this.grid.dispose();
    for (const panel of this.panels.values()) panel.dispose();
  }
}
