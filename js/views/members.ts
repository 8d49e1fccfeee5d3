import type { Size, Window } from "../charts/image_grid";
import { percent } from "../charts/image_grid";
import {
  type Group,
  type Hit,
  NOTHING,
  type Rows,
  draw,
  hit,
  imageBeside,
  layout,
  lineOf,
} from "../charts/image_rows";
import type { Palette } from "../charts/palette";
import type { Tiles } from "../charts/tiles";
import { table } from "../csv";
import { button, element, isCommand, setText } from "../elements";
import { count, format } from "../format";
import { type Buffer, type PanelFrame, octets } from "../messages";
import { chooseCluster } from "./cluster_choice";
import { type Described, Enlarged } from "./enlarged";
import { ImageSheet } from "./image_sheet";
import "./members.css";
import type { Surroundings, View } from "./panel";

interface Members extends Group {
  labels: string[];
  distances: number[];
}

/** Height, width and channels. */
type Shape = [number, number, number];

interface Header extends PanelFrame {
  groups: Members[];
  shape: Shape;
  is_ink: boolean;
  /** Images beside each other; null where one cluster fills the panel. */
  n_columns: number | null;
  n_clusters: number;
  caption: string;
  enlarged: (Described & { shape: Shape }) | null;
}

const HELP =
  "Arrow keys walk through the images. Enter shows one in full; Shift and Enter all of its cluster.";

/** Images of each cluster, in rows, or many of a chosen one. */
export class MembersView implements View {
  private sheet = new ImageSheet(this);
  private said = element("span", { class: "spoken", "aria-live": "polite" });
  private caption = element("span");
  private all = button("All clusters", {}, () => this.choose(null));
  private enlarged = new Enlarged(
    (cluster, row) => this.around.requests.ask("edit", { name: "move", cluster, row }),
    () => this.showInFull(null),
  );
  readonly el: HTMLElement;
  private header: Header | null = null;
  private images: Described[] = [];
  private rows: Rows | null = null;
  private at: Hit = NOTHING;

  constructor(
    private id: string,
    private around: Surroundings,
  ) {
    const foot = element("p", { class: "caption" }, this.caption, this.all);
    this.el = element("div", { class: "members-view" }, this.sheet.el, foot, this.said, this.enlarged.el);
    const { surface } = this.sheet;
    surface.addEventListener("pointermove", (event) => this.point(this.under(event)));
    surface.addEventListener("pointerleave", () => this.point(NOTHING));
    surface.addEventListener("blur", () => this.point(NOTHING));
    surface.addEventListener("click", (event) => this.click(this.under(event), event.clientX, event.clientY));
    surface.addEventListener("keydown", (event) => this.press(event));
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    const [pictures, full] = header.buffers;
    if (!pictures) return;
    const under = this.images[this.at.image]?.row;
    this.header = header;
    this.images = header.groups.flatMap(({ number, rows, labels, distances }) =>
      rows.map((row, i) => ({ row, label: labels[i]!, cluster: number, distance: distances[i]! })),
    );
    if (under !== undefined) this.at = this.placeOf(under);
    setText(this.caption, header.caption);
    this.all.hidden = header.n_columns !== null;
    this.sheet.surface.setAttribute("aria-label", `${this.images.length} images. ${HELP}`);
    this.sheet.show(this.tiles(pictures, header.shape));
    this.drawEnlarged(header, full);
    this.describe();
  }

  private placeOf(row: number): Hit {
    const image = this.images.findIndex((one) => one.row === row);
    if (image < 0) return NOTHING;
    return { image, group: this.header!.groups.findIndex(({ rows }) => rows.includes(row)) };
  }

  private tiles(bytes: Buffer, [height, width, channels]: Shape): Tiles {
    return { bytes: octets(bytes), height, width, channels, isInk: this.header!.is_ink };
  }

  /** Where the image that was asked for has come, show it in place of the small one. */
  private drawEnlarged({ enlarged }: Header, full: Buffer | undefined): void {
    if (!enlarged || !full || enlarged.row !== this.enlarged.row) return;
    this.enlarged.describe(enlarged);
    this.enlarged.show(this.tiles(full, enlarged.shape));
  }

  // ---- what the sheet asks

  layout(room: Size, ratio: number): Size {
    const { groups, n_columns, shape } = this.header!;
    const [height, width] = shape;
    this.rows = layout(groups, n_columns, { width, height }, room, ratio);
    return this.rows;
  }

  paintOn(context: CanvasRenderingContext2D, window: Window, palette: Palette, ratio: number): void {
    const { header, rows, at } = this;
    if (!header || !rows) return;
    const { drawTile } = this.sheet;
    draw(context, { rows, groups: header.groups, window, palette, at, drawTile }, ratio);
  }

  // ---- pointer and keyboard

  private under(event: MouseEvent): Hit {
    return this.rows ? hit(this.rows, ...this.sheet.at(event)) : NOTHING;
  }

  private point(at: Hit): void {
    if (at.image === this.at.image && at.group === this.at.group) return;
    this.at = at;
    this.sheet.surface.style.cursor = at === NOTHING ? "" : "pointer";
    this.sheet.surface.title = at.image < 0 ? "" : this.about(at.image);
    this.sheet.paint();
    this.describe();
  }

  private click({ image, group }: Hit, x: number, y: number): void {
    if (image >= 0) this.enlarge(image, x, y);
    else if (group >= 0) this.choose(this.header!.groups[group]!.number);
  }

  private press(event: KeyboardEvent): void {
    if (isCommand(event) || !this.header || !this.rows) return;
    const { image } = this.at;
    const to = imageBeside(this.rows, image, event.key);
    if (to !== undefined) this.walk(to);
    else if (event.key === "Enter" && event.shiftKey && image >= 0) this.choose(this.images[image]!.cluster);
    else if ((event.key === "Enter" || event.key === " ") && image >= 0) this.enlargeHere(image);
    else if (event.key === "Escape" && image >= 0) this.point(NOTHING);
    else return;
    event.preventDefault();
  }

  private walk(to: number): void {
    const { lines, pitch } = this.rows!;
    const line = lines[lineOf(this.rows!, to)]!;
    this.point({ image: to, group: line.group });
    this.sheet.reveal(line.top - 8, line.top + pitch.y + 8);
    setText(this.said, this.about(to));
  }

  private enlargeHere(image: number): void {
    const { left, top } = this.sheet.surface.getBoundingClientRect();
    this.enlarge(image, left + this.rows!.left, top + 20);
  }

  // ---- what a person asks for

  private enlarge(image: number, x: number, y: number): void {
    const { shape, n_clusters, buffers } = this.header!;
    const n = shape[0] * shape[1] * shape[2];
    const bytes = octets(buffers[0]!).slice(image * n, (image + 1) * n);
    this.enlarged.open(this.images[image]!, n_clusters, x, y);
    this.enlarged.show(this.tiles(bytes.buffer, shape));
    this.showInFull(this.images[image]!.row);
  }

  private choose(cluster: number | null): void {
    chooseCluster(this.el, this.id, this.around, cluster);
  }

  private showInFull(enlarged: number | null): void {
    this.around.requests.ask("configure", { panel: this.id, options: { enlarged } });
  }

  // ---- what is said

  private describe(): void {
    const { header, at } = this;
    if (!header) return;
    const group = header.groups[at.group];
    if (at.image >= 0) return this.around.say({ note: this.about(at.image) });
    const n = header.groups.length;
    const which = n < header.n_clusters ? `${n} of ${header.n_clusters} clusters` : `${n} clusters`;
    const what = header.n_columns === null ? `${this.images.length} images` : `${which}, the largest first`;
    this.around.say({ note: group ? `cluster ${group.number}: ${percent(group.share)}` : what });
  }

  private about(image: number): string {
    const { row, label, cluster, distance } = this.images[image]!;
    const called = label ? `${label} · image ${count(row)}` : `image ${count(row)}`;
    return `${called} · cluster ${cluster} · distance ${format(distance ?? NaN, 3)}`;
  }

  check(): void {
    if (!this.header) return;
    this.sheet.check();
    this.enlarged.check();
  }

  canvas(): HTMLCanvasElement {
    return this.sheet.whole();
  }

  csv(): string {
    const lines = this.images.map(({ cluster, row, label, distance }) => [cluster, row, label, distance]);
    return table([["cluster", "image", "label", "distance"], ...lines]);
  }

  dispose(): void {
    this.sheet.dispose();
    this.enlarged.dispose();
  }
}
