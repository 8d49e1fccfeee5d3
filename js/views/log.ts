import { element } from "../elements";
import { count } from "../format";
import type { PanelFrame } from "../messages";
import { Card, type View } from "./panel";

interface Header extends PanelFrame {
  lines: { step: number; kind: string; text: string; who: string }[];
  n_lines: number;
}

/** Every change, newest first: at which step, what, by whom. */
export class Log implements View {
  readonly place = "side";
  readonly el: HTMLElement;
  private card = new Card("log", "log");
  private list = element("ol", { tabindex: 0, "aria-label": "Changes, newest first" });

  constructor() {
    this.el = this.card.el;
    this.card.body.append(this.list);
  }

  draw(frame: PanelFrame): void {
    const { lines, n_lines } = frame as Header;
    const rows = lines.map(({ step, kind, text, who }) =>
      element(
        "li",
        { "data-kind": kind },
        element("span", { class: "at" }, count(step)),
        element("span", { class: "what", title: text }, text),
        element("span", { class: "who" }, who),
      ),
    );
    this.list.replaceChildren(...rows);
    this.card.note.textContent = n_lines > lines.length ? `newest ${lines.length} of ${count(n_lines)}` : "";
  }
}
