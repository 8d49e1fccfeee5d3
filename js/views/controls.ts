import { element } from "../elements";
import { Menu } from "../menu";
import type { PanelFrame } from "../messages";
import "./controls.css";
import { ControlRow, type ControlHeader } from "./control_row";
import type { Surroundings, View } from "./panel";

interface Header extends PanelFrame {
  controls: ControlHeader[];
  hidden: { name: string; help: string }[];
}

/** The panel generated from what model and mixins declare, in groups. */
export class Controls implements View {
  readonly el = element("div", { class: "controls" });
  private rows = new Map<string, ControlRow>();
  private names = "";
  private groups = element("div");
  private hidden: Header["hidden"] = [];
  private menu = new Menu("+ control", { class: "show", title: "Controls you hid" }, () => this.listHidden());

  constructor(
    _id: string,
    private around: Surroundings,
  ) {
    this.el.append(this.groups, this.menu.button, this.menu.popup);
  }

  draw(frame: PanelFrame): void {
    const { controls, hidden = [] } = frame as Header;
    const names = controls.map(({ name, group }) => `${group}/${name}`).join();
    const focused = this.groups.querySelector<HTMLElement>(":focus");
    const rank = [...this.rows.values()].findIndex(({ el }) => el.contains(focused));
    if (names !== this.names) this.build(controls);
    for (const control of controls) this.rows.get(control.name)?.draw(control);
    const isNew = JSON.stringify(hidden) !== JSON.stringify(this.hidden);
    this.hidden = hidden;
    this.menu.button.hidden = !hidden.length;
    if (names !== this.names && focused) this.focusAgain(focused, rank);
    this.names = names;
    if (isNew && this.menu.isOpen) this.menu.refresh();
  }

  /** Where it was, or at the control that stands there now; the page stays as it is scrolled. */
  private focusAgain(focused: HTMLElement, rank: number): void {
    const rows = [...this.rows.values()];
    const beside = (rows[rank] ?? rows.at(-1))?.slider ?? this.menu.button;
    (focused.isConnected ? focused : beside).focus({ preventScroll: true });
  }

  refused(): void {
    for (const row of this.rows.values()) row.refused();
  }

  private build(controls: ControlHeader[]): void {
    const { requests } = this.around;
    this.rows = new Map(
      controls.map((control) => [
        control.name,
        this.rows.get(control.name) ?? new ControlRow(control, requests),
      ]),
    );
    const groups = [...new Set(controls.map(({ group }) => group))].map((group) => {
      const rows = controls
        .filter((control) => control.group === group)
        .map(({ name }) => this.rows.get(name)!.el);
      return element("fieldset", {}, element("legend", {}, group), ...rows);
    });
    this.groups.replaceChildren(...groups);
  }

  private listHidden(): HTMLElement[] {
    const items = this.hidden.map(({ name }) => ({
      label: name.replaceAll("_", " "),
      act: () => this.around.requests.ask("show_control", { control: name }),
    }));
    return [this.menu.list("Show", items)];
  }
}
