import { element } from "../elements";
import type { PanelFrame } from "../messages";
import { ControlRow, type ControlHeader } from "./control_row";
import type { Surroundings, View } from "./panel";

interface Header extends PanelFrame {
  controls: ControlHeader[];
}

/** The panel generated from what model and mixins declare, in groups. */
export class Controls implements View {
  readonly el = element("div", { class: "controls" });
  private rows = new Map<string, ControlRow>();
  private names = "";

  constructor(
    _id: string,
    private around: Surroundings,
  ) {}

  draw(frame: PanelFrame): void {
    const { controls } = frame as Header;
    const names = controls.map(({ name, group }) => `${group}/${name}`).join();
    if (names !== this.names) this.build(controls);
    this.names = names;
    for (const control of controls) this.rows.get(control.name)?.draw(control);
  }

  refused(): void {
    for (const row of this.rows.values()) row.refused();
  }

  private build(controls: ControlHeader[]): void {
    this.rows = new Map(
      controls.map((control) => [control.name, new ControlRow(control, this.around.requests)]),
    );
    const groups = [...new Set(controls.map(({ group }) => group))].map((group) => {
      const rows = controls
        .filter((control) => control.group === group)
        .map(({ name }) => this.rows.get(name)!.el);
      return element("fieldset", {}, element("legend", {}, group), ...rows);
    });
    this.el.replaceChildren(...groups);
  }
}
