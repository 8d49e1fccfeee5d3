import { type Extent, type Spot, type Topic, extent, spots, topicAt } from "../charts/topic_map";
import { table } from "../csv";
import { element, setText } from "../elements";
import { format } from "../format";
import { type PanelFrame, floats } from "../messages";
import { drawn, setAttributes } from "../svg";
import { VectorView } from "./figure";
import { type Surroundings, neighbour } from "./panel";
import "./topic_map.css";

interface Header extends PanelFrame {
  names: string[];
  /** For each topic the nearest others, nearest first, and its heaviest words. */
  nearest: number[][];
  words: string[][];
  note: string;
}

/** A topic's circle and label. They are moved by attribute, and the style sheet eases the way. */
interface Mark {
  place: SVGGElement;
  circle: SVGCircleElement;
  label: SVGGElement;
  /** Leads to a label that stands far from its circle. */
  leader: SVGPathElement;
  text: SVGTextElement;
}

/** Topics on a plane: what is similar lies close, the area of a circle is the topic's share of tokens. */
export class TopicMapView extends VectorView {
  private axes = drawn("path", { class: "axes" });
  private circles = drawn("g");
  private leaders = drawn("g");
  private labels = drawn("g");
  private words = element("div");
  private near = element("span");
  private detail = element("div", { class: "detail", hidden: true }, this.words, this.near);
  private header: Header | null = null;
  private topics: Topic[] = [];
  private marks: Mark[] = [];
  private spots: Spot[] = [];
  private extent: Extent | null = null;

  constructor(
    _id: string,
    private around: Surroundings,
  ) {
    super(around, "topic-map");
    this.surface.append(this.axes, this.circles, this.leaders, this.labels);
    this.el.append(this.detail);
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    const [places, sizes] = header.buffers;
    if (!places || !sizes) return;
    const [positions, shares] = [floats(places), floats(sizes)];
    this.header = header;
    this.topics = header.names.map((name, i) => ({
      label: `${i} ${name}`,
      share: shares[i] ?? 0,
      x: positions[2 * i] ?? 0,
      y: positions[2 * i + 1] ?? 0,
    }));
    if (this.marks.length !== this.topics.length) this.restart();
    this.extent = extent(this.extent, this.topics);
    this.figure.show(header.note, `Map of ${this.topics.length} topics. Arrow keys walk through them.`);
  }

  /** Another number of topics is another map. Small circles lie on large ones. */
  private restart(): void {
    this.extent = null;
    this.spots = [];
    this.marks = this.topics.map(() => {
      const [circle, leader, text] = [drawn("circle"), drawn("path", { class: "leader" }), drawn("text")];
      const [place, label] = [drawn("g", { class: "topic" }, circle), drawn("g", {}, text)];
      return { circle, leader, text, place, label };
    });
    const order = this.topics.map((_, i) => i).sort((a, b) => this.topics[b]!.share - this.topics[a]!.share);
    this.circles.replaceChildren(...order.map((i) => this.marks[i]!.place));
    this.leaders.replaceChildren(...this.marks.map(({ leader }) => leader));
    this.labels.replaceChildren(...this.marks.map(({ label }) => label));
  }

  paint(width: number, height: number): void {
    if (!this.extent) return;
    setAttributes(this.surface, { viewBox: `0 0 ${width} ${height}` });
    setAttributes(this.axes, { d: `M0 ${height / 2}H${width}M${width / 2} 0V${height}` });
    this.spots = spots(this.topics, this.extent, width, height, this.spots);
    const { chosen } = this.figure;
    const near = new Set(chosen < 0 ? [] : this.header?.nearest[chosen]);
    this.spots.forEach((spot, i) => {
      const { place, circle, label, leader, text } = this.marks[i]!;
      const transform = `translate(${spot.x.toFixed(1)} ${spot.y.toFixed(1)})`;
      const state = i === chosen ? " chosen" : near.has(i) ? " near" : "";
      setAttributes(place, { transform, class: `topic${state}` });
      setAttributes(circle, { r: spot.r.toFixed(1) });
      setAttributes(label, { transform, class: `label${state}` });
      setAttributes(leader, { transform, d: spot.isFar ? `M0 0V${(spot.textY - spot.y).toFixed(1)}` : "" });
      setAttributes(text, {
        x: (spot.textX - spot.x).toFixed(1),
        y: (spot.textY - spot.y).toFixed(1),
        "text-anchor": spot.anchor,
      });
      setText(text, spot.text);
    });
    this.explain(height);
  }

  /** The words of the chosen topic and what is near it, at the end of the map that it is not at. */
  private explain(height: number): void {
    const { chosen } = this.figure;
    this.detail.hidden = chosen < 0;
    if (chosen < 0 || !this.header) return;
    setText(this.words, `${this.topics[chosen]!.label}: ${(this.header.words[chosen] ?? []).join(", ")}`);
    setText(this.near, `near: ${this.neighbours(chosen)}`);
    this.near.hidden = this.topics.length < 2;
    this.detail.classList.toggle("above", this.spots[chosen]!.y > height / 2);
  }

  private neighbours(topic: number): string {
    return (this.header?.nearest[topic] ?? []).map((other) => this.topics[other]?.label).join(", ");
  }

  count(): number {
    return this.topics.length;
  }

  at(x: number, y: number): number {
    return topicAt(this.spots, x, y);
  }

  text(topic: number): string {
    const { label, share } = this.topics[topic]!;
    const words = (this.header?.words[topic] ?? []).join(", ");
    return `${label}: ${format(100 * share, 2)} % · ${words} · near ${this.neighbours(topic)}`;
  }

  /** Rank the words of the topic matrix, where there is one, by this topic. */
  open(topic: number): void {
    const panel = neighbour(this.el, "topic_matrix");
    if (panel) this.around.requests.ask("configure", { panel, options: { rank_by: topic } });
  }

  csv(): string {
    const rows = this.topics.map(({ share, x, y }, i) => [
      i,
      this.header?.names[i] ?? "",
      share,
      x,
      y,
      (this.header?.words[i] ?? []).join(" "),
    ]);
    return table([["topic", "name", "share", "x", "y", "words"], ...rows]);
  }
}
