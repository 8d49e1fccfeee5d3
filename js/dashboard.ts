import { Connection } from "./connection";
import "./dashboard.css";
import { element } from "./elements";
import { type Buffer, type Frame, type Incoming, type PanelFrame, unpack } from "./messages";
import { Requests } from "./requests";
import { Controls } from "./views/controls";
import { Lines } from "./views/lines";
import { Log } from "./views/log";
import { type Surroundings, Unknown, type View, showError } from "./views/panel";
import { RunBar } from "./views/run_bar";
import { TopicMatrixView } from "./views/topic_matrix";
import type { WidgetModel } from "./widget";

/** Who draws which kind of panel. */
const VIEWS: Record<string, (id: string, around: Surroundings) => View> = {
  run_bar: (_, around) => new RunBar(around),
  controls: (_, around) => new Controls(around),
  lines: (id, around) => new Lines(id, around),
  topic_matrix: () => new TopicMatrixView(),
  log: () => new Log(),
};

/** Panels in a row of streams: as many as fit at 200 pixels, or two at 180, and then no more than even rows need. */
export function columns(nPanels: number, width: number): number {
  const most = Math.max(Math.floor(width / 200), width >= 360 ? 2 : 1);
  const nRows = Math.ceil(nPanels / most);
  return Math.ceil(nPanels / Math.max(nRows, 1));
}

const CHECK_MS = 500;
const UNANSWERED_MS = 1000;

/** The whole dashboard in one cell's output. */
class Dashboard {
  readonly el = element("div", { class: "mixviz", "data-lm-suppress-shortcuts": "true" });
  private places = {
    bar: element("div", { class: "top" }),
    controls: element("aside", { "aria-label": "Controls" }),
    streams: element("div", { class: "streams" }),
    model: element("div", { class: "model" }),
    side: element("div", { class: "side" }),
  };
  private notice = element("p", { class: "notice", role: "alert", hidden: true });
  private views = new Map<string, View>();
  private requests: Requests;
  private connection: Connection;
  private timer: number;
  private resizing = new ResizeObserver(() => this.spread());
  private receive = (message: Incoming, buffers: DataView[]) => this.connection.receive(message, buffers);

  constructor(private model: WidgetModel) {
    const { bar, controls, streams, model: matrix, side } = this.places;
    const lower = element("div", { class: "lower" }, matrix, side);
    const panels = element("main", {}, streams, lower);
    this.el.append(bar, this.notice, element("div", { class: "columns" }, controls, panels));
    this.connection = new Connection(
      {
        send: (message) => this.model.send(message),
        schedule: (callback) => requestAnimationFrame(callback),
        now: () => performance.now(),
        isHidden: () => document.hidden,
      },
      (frame) => this.draw(frame),
      (reply) => this.requests.answered(reply),
    );
    this.requests = new Requests(
      (n, verb, values) =>
        this.model.send({ type: "request", view: this.connection.view, n, verb, arguments: values }),
      (message) => this.refuse(message),
    );
    this.resizing.observe(streams);
    this.model.on("msg:custom", this.receive);
    this.drawSaved();
    this.connection.hello();
    this.timer = window.setInterval(() => this.check(), CHECK_MS);
  }

  private check(): void {
    this.requests.flush();
    this.connection.check();
    for (const view of this.views.values()) view.check?.();
    this.el.classList.toggle("silent", this.connection.isUnanswered(UNANSWERED_MS));
  }

  /** What the notebook holds of an earlier run, until the kernel answers; without a kernel it stays. */
  private drawSaved(): void {
    const saved = this.model.get("saved_frame") as { header?: never; buffers?: Buffer[] } | null;
    if (saved?.header) this.draw(unpack(saved.header, saved.buffers ?? []));
  }

  private draw(frame: Frame): void {
    for (const panel of frame.panels) {
      this.drawPanel(panel);
      if (panel.kind === "run_bar") this.el.dataset["step"] = String(panel["step"]);
    }
    this.dropLines();
    this.el.dataset["seq"] = String(frame.seq);
  }

  /** Draw one panel; one that throws says so in its own place and the others go on. */
  private drawPanel(panel: PanelFrame): void {
    const view = this.views.get(panel.id) ?? this.add(panel);
    if (panel.error) return showError(view.el, panel.error);
    try {
      view.draw(panel);
      showError(view.el, null);
    } catch (error) {
      showError(view.el, { message: String(error), traceback: (error as Error).stack ?? "" });
    }
  }

  private add(panel: PanelFrame): View {
    const make = VIEWS[panel.kind] ?? (() => new Unknown(panel.kind));
    const around = { requests: this.requests, model: this.model, manager: this.model.widget_manager };
    const view = make(panel.id, around);
    this.views.set(panel.id, view);
    this.places[view.place].append(view.el);
    this.spread();
    return view;
  }

  /** The kernel drops the figure of a metric that turns out to be no number: its panel goes too. */
  private dropLines(): void {
    const figures = this.model.get("figures") as Record<string, string>;
    for (const [id, view] of this.views) {
      if (!(view instanceof Lines) || figures[id]) continue;
      view.dispose();
      view.el.remove();
      this.views.delete(id);
      this.spread();
    }
  }

  private spread(): void {
    const { streams } = this.places;
    streams.style.setProperty("--columns", String(columns(streams.childElementCount, streams.clientWidth)));
  }

  private refuse(message: string): void {
    this.notice.textContent = message;
    this.notice.hidden = false;
    for (const view of this.views.values()) view.refused?.();
    window.setTimeout(() => (this.notice.hidden = true), 8000);
  }

  dispose(): void {
    window.clearInterval(this.timer);
    this.resizing.disconnect();
    this.model.off("msg:custom", this.receive);
    this.connection.bye();
    for (const view of this.views.values()) view.dispose?.();
  }
}

function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const dashboard = new Dashboard(model);
  el.append(dashboard.el);
  return () => dashboard.dispose();
}

export default { render };
