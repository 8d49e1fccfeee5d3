import {
  type Grid,
  type Size,
  type Window,
  corner,
  draw,
  imageAt,
  imageBeside,
  layout,
  percent,
} from "../charts/image_grid";
import type { Palette } from "../charts/palette";
import { table } from "../csv";
import { element, isCommand, setText } from "../elements";
import { count } from "../format";
import { type PanelFrame, octets } from "../messages";
import { ClusterActions } from "./cluster_actions";
import { ClusterChoice } from "./cluster_choice";
import { ImageSheet } from "./image_sheet";
import type { Surroundings, View } from "./panel";

interface Header extends PanelFrame {
  /** What the images show: a cluster, or a part. */
  noun: string;
  numbers: number[];
  shares: number[];
  /** Clusters without any image in the sample. */
  without: number[];
  /** Height, width and channels. */
  shape: [number, number, number];
  is_ink: boolean;
  /** Whether a cluster is shown by its centre; else by the image nearest to that. */
  has_centres: boolean;
  cluster: number | null;
  n_rows: number;
  unit: string;
  is_editable: boolean;
}

const HELP = "Arrow keys walk through them, Enter chooses one";
const EDIT_HELP = "; the buttons below split, merge, move or drop it";

/** The clusters themselves: an image each, the largest first. */
export class ClusterGridView implements View {
  private sheet = new ImageSheet(this);
  private said = element("span", { class: "spoken", "aria-live": "polite" });
  private actions: ClusterActions;
  private choice: ClusterChoice;
  readonly el: HTMLElement;
  private header: Header | null = null;
  private grid: Grid | null = null;
  /** Place under the pointer or the cursor. */
  private at = -1;

  constructor(
    id: string,
    private around: Surroundings,
  ) {
    const { surface } = this.sheet;
    this.actions = new ClusterActions(
      (name, values) => this.around.requests.ask("edit", { name, ...values }),
      () => this.paint(),
      () => surface.focus(),
    );
    this.el = element("div", { class: "with-actions" }, this.sheet.el, this.actions.el, this.said);
    this.choice = new ClusterChoice(this.el, id, around, () => this.showChoice());
    surface.addEventListener("pointermove", (event) => this.point(this.under(event)));
    surface.addEventListener("pointerleave", () => this.point(-1));
    surface.addEventListener("blur", () => this.point(-1));
    surface.addEventListener("click", (event) => {
      this.point(this.under(event)); // another one may have come since the pointer did
      this.take(this.at);
    });
    surface.addEventListener("keydown", (event) => this.press(event));
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    const [images] = header.buffers;
    if (!images) return;
    const under = this.header?.numbers[this.at];
    this.header = header;
    if (under !== undefined) this.at = header.numbers.indexOf(under);
    const [height, width, channels] = header.shape;
    const help = `${HELP}${header.is_editable ? EDIT_HELP : ""}.`;
    this.sheet.surface.setAttribute("aria-label", `${this.what()}. ${help}`);
    this.actions.el.hidden = !header.is_editable;
    this.choice.follow(header.cluster);
    this.tellActions();
    this.sheet.show({ bytes: octets(images), height, width, channels, isInk: header.is_ink });
    this.describe();
  }

  private showChoice(): void {
    if (!this.header) return;
    this.tellActions();
    this.paint();
    this.describe();
  }

  private tellActions(): void {
    const { numbers, shares, n_rows, unit } = this.header!;
    const { cluster } = this.choice;
    const share = cluster === null ? 0 : (shares[numbers.indexOf(cluster)] ?? 0);
    this.actions.show(cluster === null ? null : { number: cluster, share, nRows: n_rows, unit });
  }

  // ---- what the sheet asks

  layout(room: Size, ratio: number): Size {
    const [height, width] = this.header!.shape;
    this.grid = layout(this.header!.numbers.length, { width, height }, room, ratio);
    return this.grid;
  }

  paintOn(context: CanvasRenderingContext2D, window: Window, palette: Palette, ratio: number): void {
    const { header, grid, at } = this;
    if (!header || !grid) return;
    const { cluster } = this.choice;
    const marks = { at, chosen: cluster === null ? -1 : header.numbers.indexOf(cluster) };
    draw(context, { grid, clusters: header, window, palette, marks, drawTile: this.sheet.drawTile }, ratio);
  }

  private paint(): void {
    if (this.header) this.sheet.paint();
  }

  // ---- pointer and keyboard

  private under(event: MouseEvent): number {
    return this.grid ? imageAt(this.grid, ...this.sheet.at(event)) : -1;
  }

  private point(at: number): void {
    if (at === this.at) return;
    this.at = at;
    this.sheet.surface.style.cursor = at < 0 ? "" : "pointer";
    this.paint();
    this.describe();
  }

  private press(event: KeyboardEvent): void {
    if (isCommand(event) || !this.header || !this.grid) return;
    const to = imageBeside(this.grid, this.at, event.key);
    if (to !== undefined) this.walk(to);
    else if ((event.key === "Enter" || event.key === " ") && this.at >= 0) this.take(this.at);
    else if (event.key !== "Escape" || !this.leave()) return;
    event.preventDefault();
  }

  private walk(to: number): void {
    this.point(to);
    const [, top] = corner(this.grid!, to);
    this.sheet.reveal(top - 8, top + this.grid!.pitch.y);
    setText(this.said, this.about(to));
  }

  /** Give up what was begun, the place, or the choice; returns whether there was anything. */
  private leave(): boolean {
    if (this.actions.isMerging) this.actions.rest();
    else if (this.at >= 0) this.point(-1);
    else if (this.choice.cluster !== null) this.choice.choose(null);
    else return false;
    return true;
  }

  private take(place: number): void {
    const number = this.header?.numbers[place];
    if (number === undefined) return;
    if (this.actions.isMerging) {
      this.actions.mergeInto(number);
      this.choice.choose(number);
    } else this.choice.toggle(number);
  }

  // ---- what is said

  private describe(): void {
    if (!this.header) return;
    const shown = this.header.has_centres ? "" : " · each shown by the image nearest to its centre";
    this.around.say({ note: this.at < 0 ? `${this.what()}${shown}` : this.about(this.at) });
  }

  private what(): string {
    const { numbers, noun } = this.header!;
    return `${numbers.length} ${noun}${numbers.length === 1 ? "" : "s, the largest first"}`;
  }

  private about(place: number): string {
    const { numbers, shares, n_rows, noun } = this.header!;
    const share = shares[place] ?? 0;
    const images = noun === "part" ? "" : `, about ${count(share * n_rows)} images`;
    const size = share > 0 ? `${percent(share)}${images}` : "empty";
    return `${noun} ${numbers[place]}: ${size}${numbers[place] === this.choice.cluster ? ", chosen" : ""}`;
  }

  check(): void {
    if (this.header) this.sheet.check();
  }

  refused(): void {
    this.choice.refused();
    this.actions.rest();
  }

  canvas(): HTMLCanvasElement {
    return this.sheet.whole();
  }

  csv(): string {
    const { numbers = [], shares = [] } = this.header ?? {};
    return table([
      [this.header?.noun ?? "cluster", "share"],
      ...numbers.map((number, i) => [number, shares[i] ?? 0]),
    ]);
  }

  dispose(): void {
    this.sheet.dispose();
  }
}
