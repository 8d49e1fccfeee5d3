import { table } from "../csv";
import { element, isCommand, setChildren, setText } from "../elements";
import { format } from "../format";
import type { PanelFrame } from "../messages";
import type { Surroundings, View } from "./panel";
import "./documents.css";

interface Item {
  row: number;
  title: string;
  label: string;
  amount: number;
  bar: number;
  words: string[];
}

type Measure = "share" | "count";

interface Header extends PanelFrame {
  items: Item[];
  measure: Measure;
  /** Of how many documents these are the first. */
  caption: string;
}

let nViews = 0;

/** One document. It stays the same element while what it shows changes: a click between two frames still finds it. */
class Row {
  private name = element("bdi");
  private title = element("span", { class: "title" }, this.name);
  private label = element("span", { class: "label" });
  private amount = element("span", { class: "amount" });
  private strip = element("div", { class: "bar", "aria-hidden": "true" });
  private words = element("div", { class: "words" });
  readonly el: HTMLElement;

  constructor(row: number, id: string) {
    const line = element("div", { class: "line" }, this.title, this.label, this.amount);
    const option = { id, role: "option", "data-row": row, "aria-selected": "false" };
    this.el = element("li", option, line, this.strip, this.words);
  }

  show({ title, label, amount, bar, words }: Item, measure: Measure): void {
    setText(this.name, title);
    setText(this.label, label);
    setText(this.amount, measure === "share" ? `${Math.round(100 * amount)}%` : `${format(amount)}×`);
    setText(this.words, words.join(", "));
    this.title.title = title;
    // Names like a.b.c or a/b/c differ at their ends: that is where they are not cut.
    this.title.classList.toggle("path", !/\s/.test(title));
    this.label.title = label;
    this.label.hidden = !label;
    this.strip.style.setProperty("--part", String(bar));
  }
}

/** Documents with most of a topic or a word. The chosen one shows all that is known of it. */
export class DocumentsView implements View {
  private list = element("ul", { tabindex: 0, role: "listbox" });
  private caption = element("p", { class: "caption" });
  readonly el = element("div", { class: "documents-view" }, this.list, this.caption);
  private nothing = element("li", { class: "none", role: "option", "aria-disabled": "true" }, "No document.");
  private items: Item[] = [];
  private rows = new Map<number, Row>();
  private measure: Measure = "share";
  private chosen: number | null = null;
  private serial = ++nViews;

  constructor(
    private id: string,
    _around: Surroundings,
  ) {
    this.list.setAttribute("aria-label", "Documents, those with most of it first");
    this.list.addEventListener("click", (event) => {
      const line = (event.target as Element).closest<HTMLElement>("[data-row]");
      if (!line) return;
      const row = Number(line.dataset["row"]);
      this.choose(row === this.chosen ? null : row);
    });
    this.list.addEventListener("keydown", (event) => this.walk(event));
  }

  draw(frame: PanelFrame): void {
    const { items, measure, caption } = frame as Header;
    this.items = items;
    this.measure = measure;
    setText(this.caption, caption);
    this.rows = new Map(items.map(({ row }) => [row, this.rows.get(row) ?? new Row(row, this.lineId(row))]));
    for (const item of items) this.rows.get(item.row)!.show(item, measure);
    setChildren(this.list, items.length ? [...this.rows.values()].map(({ el }) => el) : [this.nothing]);
    this.choose(items.some(({ row }) => row === this.chosen) ? this.chosen : null);
  }

  /** Unique in the page: several dashboards may show the same documents. */
  private lineId(row: number): string {
    return `mixviz-${this.serial}-${this.id}-${row}`;
  }

  private choose(row: number | null): void {
    this.chosen = row;
    for (const line of this.el.querySelectorAll<HTMLElement>("[data-row]")) {
      line.setAttribute("aria-selected", String(Number(line.dataset["row"]) === row));
    }
    if (row === null) this.list.removeAttribute("aria-activedescendant");
    else this.list.setAttribute("aria-activedescendant", this.lineId(row));
  }

  private walk(event: KeyboardEvent): void {
    if (isCommand(event)) return;
    const at = this.items.findIndex(({ row }) => row === this.chosen);
    const last = this.items.length - 1;
    const next = { ArrowDown: Math.min(at + 1, last), ArrowUp: Math.max(at - 1, 0), Home: 0, End: last };
    const to = next[event.key as keyof typeof next];
    if (event.key === "Escape" && at >= 0) this.choose(null);
    else if (to === undefined || last < 0) return;
    else this.choose(this.items[to]!.row);
    event.preventDefault();
    this.el.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  csv(): string {
    return table([
      ["document", "title", "label", this.measure, "words"],
      ...this.items.map(({ row, title, label, amount, words }) => [
        row,
        title,
        label,
        amount,
        words.join(" "),
      ]),
    ]);
  }
}
