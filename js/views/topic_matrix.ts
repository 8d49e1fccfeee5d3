import { type Hit, moved, rankedRows, reordered } from "../charts/topic_geometry";
import { table } from "../csv";
import { element, isCommand, setText } from "../elements";
import { count } from "../format";
import { type PanelFrame, floats } from "../messages";
import { NameBox } from "./name_box";
import { type Surroundings, type View, neighbour } from "./panel";
import "./topic_matrix.css";
import { EMPTY, TopicSheet } from "./topic_sheet";

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
const NAME_BOX_PX = 150;
/** Words named of a topic. */
const N_NAMED = 6;
const HELP =
  "Arrow keys choose a topic or a word. Enter keeps the words of a topic, or lists the documents with a word; " +
  "Shift and Enter list the documents of the topic; F2 renames it.";

/** The topics themselves: words by topics, on a canvas of its own. */
export class TopicMatrixView implements View {
  readonly el = element("div", { class: "matrix" });
  private sheet = new TopicSheet(this.el);
  private surface = this.sheet.surface;
  private said = element("span", { class: "spoken", "aria-live": "polite" });
  private nameBox = new NameBox((isByKey) => (isByKey ? this.surface.focus() : this.leave()));
  private header: Header | null = null;
  private received = EMPTY;
  /** As received, or with the rows ranked by the topic whose title is chosen. */
  private shown = EMPTY;
  private rows: number[] = [];
  /** Column and row under the pointer or the cursor, and the column that ranks the rows while it is chosen. */
  private topic = -1;
  private word = -1;
  private ranking = -1;
  /** The title that was just clicked: under it nothing is ranked until the pointer has left. */
  private clicked = -1;
  private clicking = 0;

  constructor(
    private id: string,
    private around: Surroundings,
  ) {
    const { surface } = this;
    this.el.append(this.sheet.el, this.nameBox.el, this.said);
    surface.addEventListener("pointermove", (event) => this.point(event));
    surface.addEventListener("pointerleave", () => this.leave());
    surface.addEventListener("click", (event) => this.click(event));
    surface.addEventListener("dblclick", (event) => this.rename(this.sheet.at(event)));
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

  check(): void {
    this.sheet.check();
  }

  private paint(): void {
    this.sheet.show(this.shown, { topic: this.topic, pinned: this.pinned, word: this.word });
    this.describe();
  }

  // ---- the pointer

  private point(event: PointerEvent): void {
    if (this.nameBox.isOpen) return;
    const { part, topic, word } = this.sheet.at(event);
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
    const { part, topic, word } = this.sheet.at(event);
    if (part === "word") return this.showDocuments({ word: this.shown.words[word] });
    if (part === "circle") return this.showDocuments({ topic: this.header!.numbers[topic] });
    if (part !== "title" || event.detail > 1) return;
    window.clearTimeout(this.clicking);
    const number = this.header!.numbers[topic]!;
    this.clicking = window.setTimeout(() => {
      this.clicked = this.header!.numbers.indexOf(number);
      this.pin(number);
    }, DOUBLE_MS);
  }

  // ---- the keyboard

  private key(event: KeyboardEvent): void {
    if (isCommand(event) || !this.header) return;
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
    else if (isEnter && topic >= 0) this.pin(this.header!.numbers[topic]!);
    else return key.startsWith("Arrow");
    return true;
  }

  /** Scroll to the cursor and say where it is. */
  private show(): void {
    const { topic, word, shown } = this;
    this.sheet.reveal(topic, word);
    const weight = shown.weights[word * shown.topics.length + topic] ?? 0;
    const share = `${Number((100 * weight).toPrecision(2))} %`;
    const title = topic < 0 ? "" : `${shown.topics[topic]}${topic === this.pinned ? ", pinned" : ""}`;
    const place = word < 0 ? `topic ${title}` : `${shown.words[word]}${title && ` in ${title}: ${share}`}`;
    setText(this.said, topic < 0 && word < 0 ? "" : place);
  }

  // ---- what a person asks for

  private pin(number: number): void {
    const rank_by = number === this.header!.rank_by ? null : number;
    this.around.requests.ask("configure", { panel: this.id, options: { rank_by } });
  }

  private rename({ part, topic }: Hit): void {
    window.clearTimeout(this.clicking);
    const { header } = this;
    if (part !== "title" || !header) return;
    const number = header.numbers[topic]!;
    const [name, automatic] = [header.topics[topic]!, header.automatic[topic]!];
    const given = name === automatic ? "" : name;
    const left = this.sheet.over(topic, NAME_BOX_PX);
    this.nameBox.open(`Name of topic ${number}`, given, automatic, left, (given) => {
      const options = { names: { [number]: given } };
      this.around.requests.ask("configure", { panel: this.id, options });
    });
  }

  /** Let the documents panel show these, if there is one on this dashboard; else add one. */
  private showDocuments(options: Record<string, unknown>): void {
    const panel = neighbour(this.el, "documents");
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
    if (topic >= 0) return this.around.say({ note: this.leading(topic) });
    const shown =
      topics.length < header.n_topics ? `${topics.length} of ${header.n_topics}` : `${topics.length}`;
    const by =
      header.rank_by === null ? "by total weight" : `by ${topics[pinned] ?? `topic ${header.rank_by}`}`;
    this.around.say({ note: `${words.length} of ${count(header.n_words)} words ${by} · ${shown} topics` });
  }

  /** The words of a topic whose circles are to be seen, heaviest first. */
  private leading(topic: number): string {
    const { received, pinned } = this;
    const { words, topics, weights } = received;
    const seen = rankedRows(received, topic).filter((row) =>
      this.sheet.isSeen(weights[row * topics.length + topic]),
    );
    if (!seen.length) return `${topics[topic]}: none of these words`;
    // Only a pinned topic's own words are sure to be among those shown.
    const scope = topic === pinned ? "" : ", of these words";
    const list = seen.slice(0, N_NAMED).map((row) => words[row]);
    return `${topics[topic]}${scope}: ${list.join(", ")}${seen.length > N_NAMED ? ", …" : " and no more"}`;
  }

  canvas(): HTMLCanvasElement {
    return this.sheet.whole();
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
    this.sheet.dispose();
  }
}
