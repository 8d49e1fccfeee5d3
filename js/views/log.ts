import { element, setChildren } from "../elements";
import { table } from "../csv";
import { count } from "../format";
import type { PanelFrame } from "../messages";
import type { View } from "./panel";
import "./log.css";

interface Line {
  step: number;
  kind: string;
  text: string;
  who: string;
  name: string;
  old: number | null;
  new: number | null;
  traceback?: string;
}

/** Every change and every error, newest first: after which step, what, by whom. */
export class Log implements View {
  private list = element("ol", { tabindex: 0, "aria-label": "Changes, newest first" });
  readonly el = this.list;
  private lines: Line[] = [];
  private rows = new Map<string, HTMLElement>();

  draw(frame: PanelFrame): void {
    const lines = frame["lines"] as Line[];
    const rows = new Map<string, HTMLElement>();
    for (const line of [...lines].reverse()) {
      let key = JSON.stringify(line);
      while (rows.has(key)) key += "+";
      rows.set(key, this.rows.get(key) ?? row(line));
    }
    setChildren(this.list, [...rows.values()].reverse());
    this.rows = rows;
    this.lines = lines;
  }

  csv(): string {
    const names = ["step", "who", "kind", "name", "old", "new", "text"] as const;
    return table([names, ...this.lines.map((line) => names.map((name) => line[name]))]);
  }
}

function row({ step, kind, text, who, traceback }: Line): HTMLElement {
  const what = element("span", { class: "what" }, text);
  if (traceback) {
    what.append(element("details", {}, element("summary", {}, "Traceback"), element("pre", {}, traceback)));
  }
  const at = element("span", { class: "at", title: `after step ${count(step)}` }, count(step));
  return element("li", { "data-kind": kind }, at, what, element("span", { class: "who" }, who));
}
