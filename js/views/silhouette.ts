import { type Domain, followBoth } from "../charts/domain";
import {
  type Geometry,
  type Silhouettes,
  bandAt,
  belowZero,
  draw,
  layout,
  range,
} from "../charts/silhouette";
import { table } from "../csv";
import { count, format } from "../format";
import { type PanelFrame, floats } from "../messages";
import { ClusterChoice } from "./cluster_choice";
import { PixelView } from "./figure";
import type { Surroundings } from "./panel";

interface Header extends PanelFrame, Omit<Silhouettes, "values"> {
  unit: string;
  /** Which rows: all, or so many of how many. */
  sample: string;
  note: string;
  cluster: number | null;
}

const HELP = "Arrow keys walk through the clusters, Enter chooses one.";

/** Whether rows are nearer to their own cluster than to the next one: a hill for each cluster, below 0 what is not. */
export class SilhouetteView extends PixelView {
  private shown: Silhouettes = { clusters: [], counts: [], means: [], values: new Float32Array(), mean: 0 };
  private unit = "rows";
  private domain: Domain = [-0.1, 0.1];
  private geometry: Geometry | null = null;

  private note = "";
  private sample = "";
  private choice: ClusterChoice;

  constructor(id: string, around: Surroundings) {
    super(around, "silhouette");
    this.choice = new ClusterChoice(this.el, id, around, () => this.showFigure());
  }

  draw(frame: PanelFrame): void {
    const { clusters, counts, means, mean, unit, sample, note, cluster, buffers } = frame as Header;
    const [values] = buffers;
    if (!values) return;
    this.figure.moved((band) => clusters.indexOf(this.shown.clusters[band]!));
    this.shown = { clusters, counts, means, mean, values: floats(values) };
    this.unit = unit;
    this.note = note;
    this.choice.follow(cluster);
    this.domain = followBoth(this.domain, range(this.shown.values));
    this.sample = sample;
    this.showFigure();
  }

  private showFigure(): void {
    const { note, sample, shown } = this;
    const what = `Silhouettes of ${sample}: mean ${format(shown.mean, 3)}, ${note}.`;
    const chosen = this.marked();
    this.figure.show(chosen < 0 ? note : this.text(chosen), `${what} ${HELP}`);
  }

  /** The band of the chosen cluster; -1 where none is, or where it has no rows. */
  private marked(): number {
    const { cluster } = this.choice;
    return cluster === null ? -1 : this.shown.clusters.indexOf(cluster);
  }

  open(band: number): void {
    this.choice.toggle(this.shown.clusters[band]!);
  }

  refused(): void {
    this.choice.refused();
  }

  paint(width: number, height: number): void {
    this.geometry = layout(this.shown, width, height);
    const { context, palette } = this.surface.ready(width, height);
    const emphasised = this.figure.chosen < 0 ? this.marked() : this.figure.chosen;
    draw(context, this.shown, this.geometry, this.domain, palette, emphasised);
  }

  count(): number {
    return this.shown.clusters.length;
  }

  at(x: number): number {
    return this.geometry ? bandAt(this.geometry, x) : -1;
  }

  text(band: number): string {
    const { clusters, counts, means, values } = this.shown;
    const below = Math.round(100 * belowZero(this.shown, band));
    const size = `${count(counts[band]!)} of the ${count(values.length)} ${this.unit}`;
    return `cluster ${clusters[band]}: mean ${format(means[band]!, 3)}, ${below} % below 0, ${size}`;
  }

  csv(): string {
    const { clusters, counts, values } = this.shown;
    const owners = counts.flatMap((n, k) => Array.from({ length: n }, () => clusters[k]!));
    return table([["cluster", "silhouette"], ...owners.map((cluster, i) => [cluster, values[i]!])]);
  }
}
