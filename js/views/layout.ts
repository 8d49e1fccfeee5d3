import type { Placed } from "../charts/grid_geometry";
import { Grid } from "../grid";
import type { PanelFrame } from "../messages";
import { Panel, type Surroundings, Unknown, type View, type ViewClass } from "./panel";

/** A panel as the kernel describes it. */
export interface PanelLine extends Placed {
  kind: string;
  title: string;
}

interface Header extends PanelFrame {
  panels: PanelLine[];
  maximised: string | null;
}

/** Which panels there are, and where. Frames of a panel that is not there yet wait for it. */
export class Layout implements View {
  private grid = new Grid();
  readonly el = this.grid.el;
  private panels = new Map<string, Panel>();
  private waiting = new Map<string, PanelFrame>();

  constructor(
    private around: Omit<Surroundings, "say">,
    private views: Record<string, ViewClass>,
  ) {}

  draw(frame: PanelFrame): void {
    const { panels } = frame as Header;
    const kinds = new Map(panels.map(({ id, kind }) => [id, kind]));
    for (const panel of this.panels.values()) if (kinds.get(panel.id) !== panel.kind) this.remove(panel);
    for (const { id, kind, title } of panels) {
      const panel = this.panels.get(id) ?? new Panel(id, kind, this.views[kind] ?? Unknown, this.around);
      this.panels.set(id, panel);
      panel.say({ title });
    }
    this.grid.arrange(panels, new Map([...this.panels].map(([id, { el }]) => [id, el])));
    const frames = [...this.waiting.values()];
    this.waiting.clear();
    for (const waiting of frames) this.panels.get(waiting.id)?.draw(waiting);
  }

  drawPanel(frame: PanelFrame): void {
    const panel = this.panels.get(frame.id);
    if (panel) panel.draw(frame);
    else this.waiting.set(frame.id, frame);
  }

  check(): void {
    for (const { view } of this.panels.values()) view.check?.();
  }

  refused(): void {
    for (const { view } of this.panels.values()) view.refused?.();
  }

  private remove(panel: Panel): void {
    panel.dispose();
    panel.el.remove();
    this.panels.delete(panel.id);
  }

  dispose(): void {
    this.grid.dispose();
    for (const panel of this.panels.values()) panel.dispose();
  }
}
