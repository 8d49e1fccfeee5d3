import type { Box } from "../charts/box";
import {
  type Bins,
  binAt,
  countDomain,
  countTicks,
  ends,
  layout,
  outline,
  rangeText,
  valueTicks,
} from "../charts/histogram";
import type { Domain } from "../charts/domain";
import { table } from "../csv";
import { count } from "../format";
import { type PanelFrame, doubles } from "../messages";
import { drawn, setAttributes } from "../svg";
import { VectorView } from "./figure";
import "./histogram.css";
import type { Surroundings } from "./panel";

interface Header extends PanelFrame {
  of: string;
  axis: "linear" | "log";
  low: number;
  high: number;
  is_log: boolean;
  is_whole: boolean;
  note: string;
}

/** How many values of an array lie where. */
export class HistogramView extends VectorView {
  private column = drawn("path", { class: "column" });
  private lines = drawn("path", { class: "lines" });
  private bars = drawn("path", { class: "bars" });
  private bar = drawn("path", { class: "bar" });
  private values = drawn("g", { class: "values" });
  private counts = drawn("g", { class: "counts" });
  private bins: Bins = { counts: new Float64Array(), low: 0, high: 1, isLog: false, isWhole: false };
  private geometry: Box = layout(1, 1, []);
  private domain: Domain | null = null;
  private isLog = false;
  private of = "";

  constructor(_id: string, around: Surroundings) {
    super(around, "histogram");
    this.surface.append(this.column, this.lines, this.bars, this.bar, this.values, this.counts);
  }

  draw(frame: PanelFrame): void {
    const { of, axis, low, high, is_log, is_whole, note, buffers } = frame as Header;
    const [counts] = buffers;
    if (!counts) return;
    const isLog = axis === "log";
    if (of !== this.of || isLog !== this.isLog) this.domain = null;
    [this.of, this.isLog] = [of, isLog];
    this.bins = { counts: doubles(counts), low, high, isLog: is_log, isWhole: is_whole };
    this.domain = countDomain(this.domain, this.bins.counts, isLog);
    this.figure.show(note, `Histogram of ${of}: ${note}. Arrow keys walk through its bars.`);
  }

  paint(width: number, height: number): void {
    const { bins, domain, isLog } = this;
    if (!domain) return;
    const counts = countTicks(domain, isLog, height);
    const geometry = layout(
      width,
      height,
      counts.map(({ text }) => text),
    );
    this.geometry = geometry;
    const { left, right, top, bottom } = geometry;
    setAttributes(this.surface, { viewBox: `0 0 ${width} ${height}` });
    const y = (at: number) => Math.round(bottom - at * (bottom - top)) + 0.5;
    const x = (at: number) => left + at * (right - left);
    const rules = counts.map(({ at }) => `M${left} ${y(at)}H${right}`);
    setAttributes(this.lines, { d: [...rules, `M${left} ${y(0)}H${right}`].join("") });
    setAttributes(this.bars, { d: outline(bins, geometry, domain, isLog, [0, bins.counts.length - 1]) });
    this.highlight(geometry, domain);
    const number = ({ at, text }: { at: number; text: string }) =>
      drawn("text", { x: left - 6, y: y(at) }, text);
    this.counts.replaceChildren(...counts.map(number));
    const values = valueTicks(bins, right - left).map(({ at, text }) =>
      drawn("text", { x: x(at).toFixed(1), y: bottom + 14 }, text),
    );
    this.values.replaceChildren(...values);
  }

  /** A wash behind the chosen bar, for where the bar itself is too low to be seen. */
  private highlight(geometry: Box, domain: Domain): void {
    const { chosen } = this.figure;
    const { left, right, top, bottom } = geometry;
    const pitch = (right - left) / (this.bins.counts.length || 1);
    const wash = `M${left + chosen * pitch} ${bottom}V${top}h${pitch}V${bottom}z`;
    const bar = chosen < 0 ? "" : outline(this.bins, geometry, domain, this.isLog, [chosen, chosen]);
    setAttributes(this.column, { d: chosen < 0 ? "" : wash });
    setAttributes(this.bar, { d: bar });
  }

  count(): number {
    return this.bins.counts.length;
  }

  at(x: number): number {
    return binAt(this.bins, this.geometry, x);
  }

  text(bin: number): string {
    const n = this.bins.counts[bin] ?? 0;
    return `${rangeText(this.bins, bin)}: ${count(n)} ${n === 1 ? "value" : "values"}`;
  }

  csv(): string {
    const rows = Array.from(this.bins.counts, (n, bin) => [...ends(this.bins, bin), n]);
    return table([["from", "to", "count"], ...rows]);
  }
}
