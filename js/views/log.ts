import { element } from "../elements";
import { count } from "../format";
import type { PanelFrame } from "../messages";
import type { Surroundings, View } from "./panel";

interface Header extends PanelFrame {
  lines: { step: number; kind: string; text: string; who: string }[];
  n_lines: number;
}

/** Every change, newest first: at which step, what, by whom. */
export class Log implements View {
  private list = element("ol", { tabindex: 0, "aria-label": "Changes, newest first" });
  readonly el = this.list;

  constructor(
    _id: string,
    private around: Surroundings,
  ) {}

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
    this.around.say({ note: n_lines > lines.length ? `newest ${lines.length} of ${count(n_lines)}` : "" });
  }
}
