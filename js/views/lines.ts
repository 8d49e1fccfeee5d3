import { LineFigure } from "../charts/line_figure";
import { element, setText } from "../elements";
import { count, reading } from "../format";
import { type PanelFrame, doubles } from "../messages";
import { type Surroundings, type View, showError } from "./panel";

interface Header extends PanelFrame {
  metric: string;
  help: string;
  /** The latest value; NaN and infinity come as text. */
  value: number | string | null;
  failure: { message: string; traceback: string } | null;
  first: number;
  last: number;
  colour: number;
  marks: { step: number; title: string }[];
}

/** Margins of the figure in pixels; views/lines.py draws it with the same. */
const MARGIN = { left: 48, right: 12 };

/** One metric over the steps, with a mark wherever a control changed. */
export class Lines implements View {
  readonly el = element("div", { class: "line-view" });
  private plot = element("div", { class: "plot" });
  private marks = element("div", { class: "marks" });
  private from = element("span");
  private to = element("span");
  private failure = element("div", { class: "failure" });
  private figure: LineFigure | null = null;
  private newest: Header | null = null;
  private isDisposed = false;
  private embed = () => void this.tryEmbed();

  constructor(
    private id: string,
    private around: Surroundings,
  ) {
    const ends = element("div", { class: "ends" }, this.from, this.to);
    ends.style.inset = `auto ${MARGIN.right}px 2px ${MARGIN.left}px`;
    this.el.append(this.plot, ends, this.marks, this.failure);
    around.model.on("change:figures", this.embed);
    this.embed();
  }

  draw(frame: PanelFrame): void {
    const header = frame as Header;
    if (!this.newest) this.introduce(header);
    this.newest = header;
    const value = header.value === null ? "–" : reading(Number(header.value));
    this.around.say({ title: header.metric, value, colour: `var(--series-${header.colour})` });
    showError(this.failure, header.failure);
    this.el.classList.toggle("failed", Boolean(header.failure) && header.value === null);
    setText(this.from, count(header.first));
    setText(this.to, count(header.last));
    this.drawMarks(header);
    const [steps, values] = header.buffers;
    if (!this.figure || !steps || !values) return;
    const x = doubles(steps);
    this.figure.show(x, doubles(values), [header.first, header.last]);
    this.el.classList.toggle("single", x.length === 1);
    this.el.dataset["last"] = String(header.last);
  }

  private introduce({ metric, help, colour }: Header): void {
    this.el.dataset["metric"] = metric;
    this.el.style.setProperty("--series", `var(--series-${colour})`);
    this.el.title = help;
  }

  private drawMarks({ marks, first, last }: Header): void {
    const shown = marks.filter(({ step }) => step >= first && step <= last);
    const spans = shown.map(({ step, title }) => {
      const share = (step - first) / (last - first || 1);
      const left = `calc(${MARGIN.left}px + ${share} * (100% - ${MARGIN.left + MARGIN.right}px))`;
      return element("i", { style: `left:${left}`, title, "data-step": step });
    });
    if (spans.length || this.marks.childElementCount) this.marks.replaceChildren(...spans);
  }

  private async tryEmbed(): Promise<void> {
    const references = this.around.model.get("figures") as Record<string, string>;
    const reference = references[this.id];
    if (this.figure || !reference) return;
    try {
      if (!this.around.manager) throw new Error("this front end cannot show bqplot figures");
      const figure = await LineFigure.embed(this.around.manager, reference, this.plot);
      if (this.isDisposed || this.figure) return figure.dispose();
      this.figure = figure;
      if (this.newest) this.draw(this.newest);
    } catch (error) {
      showError(this.plot, {
        message: `No line here: ${String(error)}`,
        traceback: (error as Error).stack ?? "",
      });
    }
  }

  dispose(): void {
    this.isDisposed = true;
    this.around.model.off("change:figures", this.embed);
    this.figure?.dispose();
  }
}
