import {
  type Geometry,
  type Hit,
  type TopicMatrix,
  type Window,
  centre,
  hit,
  layout,
  moved,
  rankedRows,
  reordered,
  reveal,
} from "../charts/topic_geometry";
import { type Palette, draw } from "../charts/topic_matrix";
import { table } from "../csv";
import { element, setText } from "../elements";
import { count } from "../format";
import { type PanelFrame, floats } from "../messages";
import { NameBox } from "./name_box";
import { palette } from "./palette";
import type { Surroundings, View } from "./panel";
import "./topic_matrix.css";

interface Header extends PanelFrame {
  words: string[];
  topics: string[];
  /** Names by the topics' own words, whatever a person called them. */
  automatic: string[];
  numbers: number[];
  rank_by: number | null;
  n_topics: number;
  n_words: number;
}

/** A single click waits for so long whether it becomes a double one. */
const DOUBLE_MS = 220;
const EMPTY: TopicMatrix = { words: [], topics: [], weights: new Float32Array() };
const HELP =
  "Arrow keys choose a topic or a word. Enter keeps the words of a topic, or lists the documents with a word; " +
  "Shift and Enter list the documents of the topic; F2 renames it.";

/** The topics themselves: words by topics, on a canvas of its own. */
export class TopicMatrixView implements View {
  private surface = element("canvas", { tabindex: 0, role: "application" });
  private sheet = element("div", {}, this.surface);
  private scroller = element("div", { class: "scroller" }, this.sheet);
  private said = element("span", { class: "said", "aria-live": "polite" });
  private nameBox = new NameBox(() => this.surface.focus());
  readonly el = element("div", { class: "matrix" }, this.scroller, this.nameBox.el, this.said);
  private header: Header | null = null;
  private received = EMPTY;
  /** As received, or with the rows ranked by the topic whose title is chosen. */
  private shown = EMPTY;
  private rows: number[] = [];
  private geometry: Geometry | null = null;
  private colours: Palette | null = null;
  private ink = "";
  /** Column and row under the pointer or the cursor, and the column that ranks the rows while it is chosen. */
  private topic = -1;
  private word = -1;
  private ranking = -1;
  /** The title that was just clicked: under it nothing is ranked until the pointer has left. */
  private clicked = -1;
  private clicking = 0;
  private resizing = new ResizeObserver(() => this.paint());

  constructor(
    private id: string,
    private around: Surroundings,
  ) {
    const { surface } = this;
    this.resizing.observe(this.el);
    this.scroller.addEventListener("scroll", () => this.paint(), { passive: true });
    surface.addEventListener("pointermove", (event) => this.point(event));
    surface.addEventListener("pointerleave", () => this.leave());
    surface.addEventListener("click", (event) => this.click(event));
    surface.addEventListener("dblclick", (event) => this.rename(this.at(event)));
    surface.addEventListener("keydown", (event) => this.key(event));
    surface.addEventListener("blur", () => this.leave());
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    const [weights] = header.buffers;
    if (!weights) return;
    const before = this.header;
    const word = this.shown.words[this.word];
    this.header = header;
    this.received = { words: header.words, topics: header.topics, weights: floats(weights) };
    if (before?.rank_by !== header.rank_by) this.ranking = -1;
    if (before?.numbers.join() !== header.numbers.join()) this.topic = this.ranking = -1;
    this.rank(before?.words.join("\n") !== header.words.join("\n"));
    if (word !== undefined) this.word = this.shown.words.indexOf(word);
    const size = `${header.words.length} words by ${header.topics.length} topics`;
    this.surface.setAttribute("aria-label", `${size}. ${HELP}`);
    this.paint();
  }

  /** The pinned topic's column, or -1. */
  private get pinned(): number {
    const { rank_by = null, numbers = [] } = this.header ?? {};
    return rank_by === null ? -1 : numbers.indexOf(rank_by);
  }

  /** Put the rows in order; while words and ranking stay, they keep their places and only the circles change. */
  private rank(isNew: boolean): void {
    const { ranking, received } = this;
    if (isNew) this.rows = ranking < 0 ? received.words.map((_, row) => row) : rankedRows(received, ranking);
    this.shown = ranking < 0 ? received : reordered(received, this.rows);
  }

  /** Follow the theme. Not at every frame: reading a colour makes the page compute its styles. */
  check(): void {
    const ink = getComputedStyle(this.el).color;
    if (ink === this.ink) return;
    this.ink = ink;
    this.colours = palette(this.el);
    this.paint();
  }

  paint(): void {
    const { clientWidth: width, clientHeight: height } = this.el;
    if (!this.header || width <= 0 || height <= 0) return;
    this.geometry = layout(this.shown, { width, height });
    Object.assign(this.sheet.style, {
      width: `${this.geometry.width}px`,
      height: `${this.geometry.height}px`,
    });
    const ratio = window.devicePixelRatio || 1;
    const sight = this.sight();
    fit(this.surface, sight, ratio);
    this.drawOn(this.surface, this.geometry, sight, ratio);
    this.describe();
  }

  private sight(): Window {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.scroller;
    return { x: scrollLeft, y: scrollTop, width: clientWidth, height: clientHeight };
  }

  private drawOn(surface: HTMLCanvasElement, geometry: Geometry, sight: Window, ratio: number): void {
    const context = surface.getContext("2d");
    if (!context) throw new Error("this browser gives no 2D canvas");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.colours ??= palette(this.el);
    const marks = { topic: this.topic, pinned: this.pinned, word: this.word };
    const { fontFamily: family } = getComputedStyle(this.el);
    draw(context, { matrix: this.shown, geometry, window: sight, palette: this.colours, marks, family });
  }

  // ---- the pointer

  private at({ offsetX, offsetY }: MouseEvent): Hit {
    const { geometry, shown } = this;
    if (!geometry) return { part: "none", topic: -1, word: -1 };
    return hit(shown, geometry, this.sight(), offsetX, offsetY);
  }

  private point(event: PointerEvent): void {
    if (this.nameBox.isOpen) return;
    const { part, topic, word } = this.at(event);
    if (part !== "title" || topic !== this.clicked) this.clicked = -1;
    this.surface.style.cursor = part === "none" ? "" : "pointer";
    const ranking = part === "title" && this.clicked < 0 ? topic : this.ranking;
    this.choose(topic, part === "word" || part === "circle" ? word : -1, ranking);
  }

  private leave(): void {
    if (this.nameBox.isOpen) return;
    this.clicked = -1;
    this.choose(-1, -1, -1);
  }

  private click(event: MouseEvent): void {
    const { part, topic, word } = this.at(event);
    if (part === "word") return this.showDocuments({ word: this.shown.words[word] });
    if (part === "circle") return this.showDocuments({ topic: this.header!.numbers[topic] });
    if (part !== "title" || event.detail > 1) return;
    window.clearTimeout(this.clicking);
    this.clicking = window.setTimeout(() => {
      this.clicked = topic;
      this.pin(topic);
    }, DOUBLE_MS);
  }

  // ---- the keyboard

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || !this.header) return;
    const { topic, word } = this;
    const n = this.shown.topics.length;
    const [nextTopic, nextWord] = moved(event.key, topic, word, n, this.shown.words.length);
    if (nextTopic !== topic || nextWord !== word) {
      this.choose(nextTopic, nextWord, nextWord < 0 ? nextTopic : this.ranking);
      this.show();
    } else if (!this.act(event)) return;
    event.preventDefault();
  }

  /** Do what a key other than the arrows means; returns whether it means anything. */
  private act({ key, shiftKey }: KeyboardEvent): boolean {
    const { topic, word } = this;
    const isEnter = key === "Enter" || key === " ";
    if (key === "Escape" && (topic >= 0 || word >= 0)) this.leave();
    else if (key === "F2" && topic >= 0) this.rename({ part: "title", topic, word: -1 });
    else if (isEnter && shiftKey && topic >= 0) this.showDocuments({ topic: this.header!.numbers[topic] });
    else if (isEnter && word >= 0) this.showDocuments({ word: this.shown.words[word] });
    else if (isEnter && topic >= 0) this.pin(topic);
    else return key.startsWith("Arrow");
    return true;
  }

  /** Scroll to the cursor and say where it is. */
  private show(): void {
    const { geometry, topic, word, shown } = this;
    if (!geometry) return;
    const { x, y } = reveal(geometry, this.sight(), topic, word);
    this.scroller.scrollTo(x, y);
    const weight = shown.weights[word * shown.topics.length + topic] ?? 0;
    const share = `${Number((100 * weight).toPrecision(2))} %`;
    const title = topic < 0 ? "" : `${shown.topics[topic]}${topic === this.pinned ? ", pinned" : ""}`;
    const place = word < 0 ? `topic ${title}` : `${shown.words[word]}${title && ` in ${title}: ${share}`}`;
    setText(this.said, topic < 0 && word < 0 ? "" : place);
  }

  // ---- what a person asks for

  private pin(topic: number): void {
    const rank_by = topic === this.pinned ? null : this.header!.numbers[topic];
    this.around.requests.ask("configure", { panel: this.id, options: { rank_by } });
  }

  private rename({ part, topic }: Hit): void {
    window.clearTimeout(this.clicking);
    const { geometry, header } = this;
    if (part !== "title" || !geometry || !header) return;
    const number = header.numbers[topic]!;
    const [name, automatic] = [header.topics[topic]!, header.automatic[topic]!];
    const { x, width } = this.sight();
    const left = Math.max(4, Math.min(centre(geometry, topic) - x - 12, width - 150));
    this.nameBox.open(`Name of topic ${number}`, name === automatic ? "" : name, automatic, left, (given) => {
      const options = { names: { [number]: given } };
      this.around.requests.ask("configure", { panel: this.id, options });
    });
  }

  /** Let the documents panel show these, if there is one on this dashboard; else add one. */
  private showDocuments(options: Record<string, unknown>): void {
    const grid = this.el.closest(".grid");
    const panel = grid?.querySelector<HTMLElement>('[data-kind="documents"]')?.dataset["panel"];
    if (panel) this.around.requests.ask("configure", { panel, options });
    else this.around.requests.ask("add", { kind: "documents", options });
  }

  // ---- what is chosen

  /** Emphasise a topic and a word, and rank the words by a topic; they are by the pinned one as they come. */
  private choose(topic: number, word: number, ranking: number): void {
    const column = ranking === this.pinned ? -1 : ranking;
    if (topic === this.topic && word === this.word && column === this.ranking) return;
    Object.assign(this, { topic, word });
    if (column !== this.ranking) {
      this.ranking = column;
      this.rank(true);
    }
    this.paint();
  }

  /** Say what is shown, or the words of the topic under the pointer. */
  private describe(): void {
    const { header, received, pinned, topic } = this;
    if (!header) return;
    const { words, topics } = received;
    if (topic >= 0) {
      const weight = (row: number) => received.weights[row * topics.length + topic] ?? 0;
      const best = rankedRows(received, topic).filter((row) => weight(row) > 0);
      const list = best.slice(0, 6).map((row) => words[row]);
      // Only a pinned topic's own words are sure to be among those shown.
      const scope = topic === pinned ? "" : ", of these words";
      return this.around.say({ note: `${topics[topic]}${scope}: ${list.join(", ")}` });
    }
    const shown =
      topics.length < header.n_topics ? `${topics.length} of ${header.n_topics}` : `${topics.length}`;
    const by =
      header.rank_by === null ? "by total weight" : `by ${topics[pinned] ?? `topic ${header.rank_by}`}`;
    this.around.say({ note: `${words.length} of ${count(header.n_words)} words ${by} · ${shown} topics` });
  }

  /** What is shown, all of it: also what one has to scroll to. */
  canvas(): HTMLCanvasElement {
    const surface = element("canvas");
    const ratio = window.devicePixelRatio || 1;
    const geometry = layout(this.shown, { width: this.el.clientWidth, height: this.el.clientHeight });
    const whole = { x: 0, y: 0, width: geometry.width, height: geometry.height };
    fit(surface, whole, ratio);
    this.drawOn(surface, geometry, whole, ratio);
    return surface;
  }

  csv(): string {
    const { words, topics, weights } = this.shown;
    const n = topics.length;
    return table([
      ["word", ...topics],
      ...words.map((word, row) => [
        word,
        ...Array.from(weights.slice(row * n, (row + 1) * n), (weight) => Number(weight.toPrecision(6))),
      ]),
    ]);
  }

  refused(): void {
    this.clicked = -1;
  }

  dispose(): void {
    window.clearTimeout(this.clicking);
    this.resizing.disconnect();
  }
}

/** Give a canvas as many pixels as the screen shows there. */
function fit(
  surface: HTMLCanvasElement,
  { width, height }: { width: number; height: number },
  ratio: number,
): void {
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (surface.width === wide && surface.height === high) return;
  Object.assign(surface, { width: wide, height: high });
  Object.assign(surface.style, { width: `${width}px`, height: `${height}px` });
}
