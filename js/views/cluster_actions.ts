import { percent } from "../charts/image_grid";
import { button, element, setText } from "../elements";
import { count } from "../format";
import "./cluster_actions.css";

/** What is asked of the session: an edit by its name. */
export type Edit = (name: string, values: Record<string, number>) => void;

/** The cluster that is chosen, and how many rows there are in all. */
export interface Chosen {
  number: number;
  share: number;
  nRows: number;
  /** What rows are called, as `images`. */
  unit: string;
}

/** Below the clusters: what is known of the chosen cluster, and what can be done with it by hand. */
export class ClusterActions {
  readonly el = element("div", { class: "cluster-actions" });
  /** Whether the next cluster that is pointed at takes the chosen one. */
  isMerging = false;
  private said = element("span", { class: "about", "aria-live": "polite" });
  private row = element("input", { type: "number", name: "row", min: 0, step: 1, required: true });
  private rowName = element("span");
  private mover = button("", { title: "Puts its centre there" }, () => this.move());
  private buttons: HTMLElement;
  private moving: HTMLElement;
  private cancel = button("Cancel", {}, () => this.giveUp());
  private chosen: Chosen | null = null;

  /** `changed` is told when the next click means something else; `left` when the focus has to go somewhere. */
  constructor(
    private edit: Edit,
    private changed: () => void,
    private left: () => void,
  ) {
    const deed = (label: string, title: string, act: () => void) => button(label, { title }, act);
    this.buttons = element(
      "span",
      { class: "choices", role: "group", "aria-label": "Change the chosen cluster" },
      deed("Split", "Makes two of it; the smallest cluster gives way", () => this.ask("split")),
      deed("Merge into…", "All of it goes to another cluster, and it begins anew", () => this.merge()),
      this.mover,
      deed("Drop", "Others take what is in it; it begins anew elsewhere", () => this.ask("drop")),
    );
    const number = element("label", {}, this.rowName, this.row);
    this.moving = element(
      "span",
      { class: "choices" },
      number,
      button("Move", {}, () => this.moveTo()),
    );
    this.row.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.moveTo();
    });
    this.el.append(this.said, this.buttons, this.moving, this.cancel);
    this.el.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || (!this.isMerging && this.moving.hidden)) return;
      event.stopPropagation();
      this.giveUp();
    });
    this.rest();
  }

  /** Another frame came, or another choice was made. */
  show(chosen: Chosen | null): void {
    if (chosen) this.nameRows(chosen.unit.replace(/s$/, ""));
    const isOther = chosen?.number !== this.chosen?.number;
    this.chosen = chosen;
    if (isOther) this.rest();
    else this.describe();
  }

  private nameRows(noun: string): void {
    setText(this.mover, `Move to ${noun}…`);
    setText(this.rowName, `${noun[0]!.toUpperCase()}${noun.slice(1)} number`);
  }

  /** The cluster that was pointed at takes the chosen one. */
  mergeInto(into: number): void {
    const cluster = this.chosen?.number;
    this.rest();
    if (cluster !== undefined && into !== cluster) this.edit("merge", { cluster, into });
  }

  /** Nothing is under way. */
  rest(): void {
    this.isMerging = false;
    this.moving.hidden = true;
    this.cancel.hidden = true;
    this.buttons.hidden = this.chosen === null;
    this.describe();
    this.changed();
  }

  /** End what was begun, whose buttons and boxes go away. */
  private giveUp(): void {
    this.rest();
    this.left();
  }

  private describe(): void {
    const { chosen } = this;
    if (!chosen) return setText(this.said, "Choose a cluster to split, merge, move or drop it.");
    const { number, share, nRows, unit } = chosen;
    if (this.isMerging) return setText(this.said, `Now choose the cluster that takes cluster ${number}.`);
    setText(this.said, `Cluster ${number} · ${percent(share)} · about ${count(share * nRows)} ${unit}`);
  }

  private merge(): void {
    this.isMerging = true;
    this.buttons.hidden = true;
    this.cancel.hidden = false;
    this.describe();
    this.changed();
    this.left();
  }

  private move(): void {
    this.buttons.hidden = true;
    this.moving.hidden = false;
    this.cancel.hidden = false;
    this.row.max = String(this.chosen!.nRows - 1);
    this.row.value = "";
    this.row.focus();
  }

  private moveTo(): void {
    if (!this.row.reportValidity()) return;
    const row = Number(this.row.value);
    this.giveUp();
    this.ask("move", { row });
  }

  private ask(name: string, values: Record<string, number> = {}): void {
    if (this.chosen) this.edit(name, { cluster: this.chosen.number, ...values });
  }
}
