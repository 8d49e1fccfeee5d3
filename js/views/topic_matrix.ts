import { type Geometry, type Palette, type TopicMatrix, draw, layout, topicAt } from "../charts/topic_matrix";
import { element } from "../elements";
import { type PanelFrame, floats } from "../messages";
import type { Surroundings, View } from "./panel";

interface Header extends PanelFrame {
  words: string[];
  topics: string[];
  n_topics: number;
  n_words: number;
}

/** Left and right of the canvas together, as in dashboard.css. */
const PADDING = 16;

/** The topics themselves: words by topics, on a canvas of its own. */
export class TopicMatrixView implements View {
  private surface = element("canvas", { tabindex: 0, role: "img" });
  private scroller = element("div", { class: "scroller" }, this.surface);
  readonly el = this.scroller;
  private matrix: TopicMatrix = { words: [], topics: [], weights: new Float32Array() };
  private geometry: Geometry | null = null;
  private header: Header | null = null;
  private chosen = -1;
  private palette: Palette | null = null;
  private ink = "";
  private resizing = new ResizeObserver(() => this.paint());

  constructor(
    _id: string,
    private around: Surroundings,
  ) {
    this.resizing.observe(this.scroller);
    this.surface.addEventListener("pointermove", (event) => this.choose(this.under(event)));
    this.surface.addEventListener("pointerleave", () => this.choose(-1));
    this.surface.addEventListener("keydown", (event) => this.walk(event));
    this.surface.addEventListener("blur", () => this.choose(-1));
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    const [weights] = header.buffers;
    if (!weights) return;
    this.header = header;
    this.matrix = { words: header.words, topics: header.topics, weights: floats(weights) };
    this.surface.setAttribute("aria-label", `${header.words.length} words by ${header.topics.length} topics`);
    this.paint();
  }

  /** Follow the theme. Not at every frame: reading a colour makes the page compute its styles. */
  check(): void {
    const ink = getComputedStyle(this.el).color;
    if (ink === this.ink) return;
    this.ink = ink;
    this.palette = palette(this.el);
    this.paint();
  }

  paint(): void {
    const available = this.scroller.clientWidth - PADDING;
    if (!this.header || available <= 0) return;
    const geometry = layout(this.matrix, available);
    const ratio = window.devicePixelRatio || 1;
    this.fit(geometry, ratio);
    this.geometry = geometry;
    const context = this.surface.getContext("2d");
    if (!context) throw new Error("this browser gives no 2D canvas");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const family = getComputedStyle(this.el).fontFamily;
    this.palette ??= palette(this.el);
    draw(context, this.matrix, geometry, this.palette, this.chosen, family);
    this.describe();
  }

  private fit({ width, height }: Geometry, ratio: number): void {
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.surface.width === wide && this.surface.height === high) return;
    Object.assign(this.surface, { width: wide, height: high });
    Object.assign(this.surface.style, { width: `${width}px`, height: `${height}px` });
  }

  private under(event: PointerEvent): number {
    if (!this.geometry) return -1;
    return topicAt(this.geometry, this.matrix.topics.length, event.offsetX, event.offsetY);
  }

  private walk(event: KeyboardEvent): void {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    const n = this.matrix.topics.length;
    this.choose(this.chosen < 0 ? (move > 0 ? 0 : n - 1) : (this.chosen + move + n) % n);
  }

  private choose(topic: number): void {
    if (topic === this.chosen) return;
    this.chosen = topic;
    this.paint();
  }

  /** Say what is shown, or the words of the topic under the pointer. */
  private describe(): void {
    const { header, matrix, chosen } = this;
    if (!header) return;
    const { words, topics, weights } = matrix;
    if (chosen < 0) {
      const shown =
        topics.length < header.n_topics ? `${topics.length} of ${header.n_topics}` : `${topics.length}`;
      return this.around.say({ note: `${words.length} words by total weight · ${shown} topics` });
    }
    const weight = (row: number) => weights[row * topics.length + chosen] ?? 0;
    const ranked = words.map((_, row) => row).sort((a, b) => weight(b) - weight(a));
    const best = ranked.slice(0, 6).filter((row) => weight(row) > 0);
    this.around.say({ note: `${topics[chosen]}: ${best.map((row) => words[row]).join(", ")}` });
  }

  canvas(): HTMLCanvasElement {
    return this.surface;
  }

  dispose(): void {
    this.resizing.disconnect();
  }
}

/** Read the theme's colours: a canvas takes no CSS variables. */
function palette(el: HTMLElement): Palette {
  const probe = element("span", { hidden: true });
  el.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const read = {
    ink: colour("ink"),
    dim: colour("dim"),
    line: colour("line"),
    dot: colour("dot"),
    accent: colour("accent"),
    wash: colour("wash"),
  };
  probe.remove();
  return read;
}
