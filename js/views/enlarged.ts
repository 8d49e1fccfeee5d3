import { NO_TILES, type Tiles } from "../charts/tiles";
import { button, element, setText } from "../elements";
import { count, format } from "../format";
import "./enlarged.css";
import { ImageSheet } from "./image_sheet";

/** What is known of an image. */
export interface Described {
  row: number;
  label: string;
  cluster: number | null;
  distance: number | null;
}

/** Shows one image in full, and lets a person put the centre of a cluster on it. */
export class Enlarged {
  readonly el = element("div", { class: "menu enlarged", popover: true, role: "dialog" });
  /** The image that is shown, while open. */
  row: number | null = null;
  private sheet = new ImageSheet({
    layout: (room) => room,
    paintOn: (context, window) => this.sheet.drawTile(context, 0, 0, 0, window),
  });
  private heading = element("h3");
  private details = element("p");
  private cluster = element("select", { name: "cluster", "aria-label": "Cluster" });
  private closeButton = button("Close", {}, () => this.close());

  /** `move` puts the centre of a cluster on a row. */
  constructor(
    move: (cluster: number, row: number) => void,
    private closed: () => void,
  ) {
    this.sheet.surface.removeAttribute("tabindex");
    this.sheet.surface.setAttribute("role", "img");
    const moveHere = button(
      "Move",
      { class: "main", title: "Puts the centre of the cluster on this image" },
      () => {
        const { row } = this;
        this.close();
        if (row !== null) move(Number(this.cluster.value), row);
      },
    );
    const choices = element("div", { class: "choices" }, moveHere, this.closeButton);
    const chosen = element("label", {}, "Move the centre of", this.cluster, "here");
    const text = element("div", { class: "text" }, this.heading, this.details, chosen, choices);
    this.el.append(this.sheet.el, text);
    this.el.addEventListener("toggle", (event) => {
      if ((event as ToggleEvent).newState === "open") return;
      this.row = null;
      this.closed();
    });
  }

  /** Open it beside `x` and `y`, where the window has room. */
  open(image: Described, nClusters: number, x: number, y: number): void {
    this.row = image.row;
    const numbers = Array.from({ length: nClusters }, (_, number) =>
      element("option", { value: number, selected: number === image.cluster }, `cluster ${number}`),
    );
    this.cluster.replaceChildren(...numbers);
    this.describe(image);
    this.el.togglePopover(true);
    const { offsetWidth: width, offsetHeight: height } = this.el;
    const left = Math.max(4, Math.min(x - width / 2, window.innerWidth - 4 - width));
    const top = Math.max(4, Math.min(y, window.innerHeight - 4 - height));
    Object.assign(this.el.style, { left: `${left}px`, top: `${top}px` });
    this.closeButton.focus();
  }

  show(tiles: Tiles): void {
    if (tiles === NO_TILES) return;
    const { width, height } = tiles;
    this.sheet.el.style.aspectRatio = `${width} / ${height}`;
    this.sheet.show(tiles);
  }

  describe({ row, label, cluster, distance }: Described): void {
    const title = `Image ${count(row)}${label && ` · ${label}`}`;
    setText(this.heading, title);
    this.el.setAttribute("aria-label", title);
    this.sheet.surface.setAttribute("aria-label", title);
    const where = cluster === null ? "" : `cluster ${cluster} · distance ${format(distance ?? NaN, 3)}`;
    setText(this.details, where);
  }

  check(): void {
    if (this.row !== null) this.sheet.check();
  }

  close(): void {
    this.el.togglePopover(false);
  }

  dispose(): void {
    this.sheet.dispose();
  }
}
