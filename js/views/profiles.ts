import { type Domain, followBoth } from "../charts/domain";
import { percent } from "../charts/image_grid";
import { type Geometry, type Profiles, barAt, barBeside, draw, layout, range } from "../charts/profiles";
import { table } from "../csv";
import { element } from "../elements";
import { format } from "../format";
import { type PanelFrame, floats } from "../messages";
import { ClusterActions } from "./cluster_actions";
import { ClusterChoice } from "./cluster_choice";
import { PixelView } from "./figure";
import type { Surroundings } from "./panel";

interface Header extends PanelFrame, Omit<Profiles, "bars"> {
  is_relative: boolean;
  note: string;
  cluster: number | null;
  n_rows: number;
  unit: string;
  is_editable: boolean;
}

const NOTHING: Profiles = {
  what: "cluster",
  numbers: [],
  shares: [],
  labels: [],
  starts: [],
  bars: new Float32Array(),
};

/** What is high and what is low in each cluster: bars of all features, a tile for each cluster. */
export class ProfilesView extends PixelView {
  private shown = NOTHING;
  private isRelative = true;
  /** Of each feature, where a bar is one; else empty. */
  private means = new Float32Array();
  private spreads = new Float32Array();
  private domain: Domain | null = null;
  private geometry: Geometry | null = null;

  private header: Header | null = null;
  private choice: ClusterChoice;
  private actions: ClusterActions;

  constructor(
    id: string,
    private around: Surroundings,
  ) {
    super(around, "profiles");
    const canvas = this.canvas();
    this.actions = new ClusterActions(
      (name, values) => this.around.requests.ask("edit", { name, ...values }),
      () => undefined,
      () => canvas.focus(),
    );
    canvas.addEventListener("keydown", (event) => this.giveUp(event), { capture: true });
    this.el = element("div", { class: "with-actions" }, this.figure.el, this.actions.el);
    this.choice = new ClusterChoice(this.el, id, around, () => this.showChoice());
  }

  draw(frame: PanelFrame): void {
    const { what, numbers, shares, labels, starts, is_relative, note, cluster, buffers } = frame as Header;
    const [bars, means, spreads] = buffers;
    if (!bars) return;
    if (is_relative !== this.isRelative) this.domain = null;
    this.isRelative = is_relative;
    this.header = frame as Header;
    this.choice.follow(cluster);
    this.figure.moved((bar) => this.placeIn(numbers, labels.length, bar));
    this.shown = { what, numbers, shares, labels, starts, bars: floats(bars) };
    [this.means, this.spreads] = [means, spreads].map((part) =>
      part ? floats(part) : new Float32Array(),
    ) as [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
    this.domain = followBoth(this.domain, range(this.shown), ([low, high]) => [1.05 * low, 1.05 * high]);
    const keys = `Arrow keys walk through features and ${what}s, Enter chooses a ${what}.`;
    const label = `Profiles of ${numbers.length} ${what}s, ${note}. ${keys}`;
    this.figure.show(note, label);
    this.tellActions();
  }

  private showChoice(): void {
    if (!this.header) return;
    this.tellActions();
    this.figure.repaint();
  }

  private tellActions(): void {
    const { numbers, shares, n_rows, unit, is_editable } = this.header!;
    const { cluster } = this.choice;
    const share = cluster === null ? 0 : (shares[numbers.indexOf(cluster)] ?? 0);
    this.actions.el.hidden = !is_editable;
    this.actions.show(cluster === null ? null : { number: cluster, share, nRows: n_rows, unit });
  }

  /** Escape ends a merge that was begun before it means anything else. */
  private giveUp(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.actions.isMerging) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.actions.rest();
  }

  refused(): void {
    this.choice.refused();
    this.actions.rest();
  }

  paint(width: number, height: number): void {
    if (!this.domain) return;
    this.geometry = layout(this.shown, width, height);
    const { context, palette } = this.surface.ready(width, height);
    draw(context, this.shown, this.geometry, this.domain, palette, this.figure.chosen, this.marked());
  }

  /** Where a bar stands once the clusters are these; -1 where it is gone. */
  private placeIn(numbers: number[], n: number, bar: number): number {
    if (n !== this.shown.labels.length) return -1;
    const place = numbers.indexOf(this.shown.numbers[Math.floor(bar / n)]!);
    return place < 0 ? -1 : place * n + (bar % n);
  }

  /** The tile of the chosen cluster, or -1. */
  private marked(): number {
    const { cluster } = this.choice;
    return cluster === null ? -1 : this.shown.numbers.indexOf(cluster);
  }

  open(bar: number): void {
    const cluster = this.shown.numbers[Math.floor(bar / this.shown.labels.length)]!;
    if (this.actions.isMerging) {
      this.actions.mergeInto(cluster);
      this.choice.choose(cluster);
    } else this.choice.toggle(cluster);
  }

  count(): number {
    return this.shown.bars.length;
  }

  at(x: number, y: number): number {
    return this.geometry ? barAt(this.shown, this.geometry, x, y) : -1;
  }

  override beside(bar: number, key: string): number | undefined {
    return barBeside(this.shown, bar, key);
  }

  text(bar: number): string {
    const { what, numbers, labels, shares, bars } = this.shown;
    const [k, i] = [Math.floor(bar / labels.length), bar % labels.length];
    const who = `${what} ${numbers[k]} (${percent(shares[k]!)})`;
    return `${who} · ${labels[i]}: ${this.reading(bars[bar]!, i)}`;
  }

  private reading(value: number, i: number): string {
    if (!this.isRelative) return format(value);
    const side = value < 0 ? "below" : "above";
    const away = `${format(Math.abs(value), 2)} standard deviations ${side} the average`;
    const spread = this.spreads[i];
    return spread === undefined ? away : `${format(this.means[i]! + value * spread)}, ${away}`;
  }

  csv(): string {
    const { what, numbers, shares, labels, bars } = this.shown;
    const n = labels.length;
    const rows = numbers.map((number, k) => [number, shares[k]!, ...bars.subarray(k * n, (k + 1) * n)]);
    return table([[what, "share", ...labels], ...rows]);
  }
}
