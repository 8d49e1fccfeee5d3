import { Connection } from "./connection";
import "./dashboard.css";
import { element } from "./elements";
import { type Buffer, type Frame, type Incoming, type PanelFrame, unpack } from "./messages";
import { Requests } from "./requests";
import { Controls } from "./views/controls";
import { Layout } from "./views/layout";
import { Lines } from "./views/lines";
import { Log } from "./views/log";
import { type Surroundings, type View, type ViewClass, drawOrSay } from "./views/panel";
import { RunBar } from "./views/run_bar";
import { TopicMatrixView } from "./views/topic_matrix";
import type { WidgetModel } from "./widget";

/** The fixed parts. */
const CHROME: Record<string, ViewClass> = { run_bar: RunBar, controls: Controls };

/** Who draws which kind of panel. */
const VIEWS: Record<string, ViewClass> = {
  lines: Lines,
  topic_matrix: TopicMatrixView,
  log: Log,
};

const CHECK_MS = 500;
const UNANSWERED_MS = 1000;

/** The whole dashboard in one cell's output. */
class Dashboard {
  readonly el = element("div", { class: "mixviz", "data-lm-suppress-shortcuts": "true" });
  private chrome: Record<string, HTMLElement> = {
    run_bar: element("div", { class: "top" }),
    timeline: element("div", { class: "below" }),
    controls: element("aside", { "aria-label": "Controls" }),
  };
  private notice = element("p", { class: "notice", role: "alert", hidden: true });
  private views = new Map<string, View>();
  private layout: Layout;
  private requests: Requests;
  private connection: Connection;
  private timer: number;
  private receive = (message: Incoming, buffers: DataView[]) => this.connection.receive(message, buffers);

  constructor(private model: WidgetModel) {
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
    this.layout = new Layout(this.around, VIEWS);
    this.views.set("layout", this.layout);
    const { run_bar, timeline, controls } = this.chrome;
    this.el.append(run_bar!, timeline!, this.notice);
    this.el.append(element("div", { class: "columns" }, controls!, this.layout.el));
    this.model.on("msg:custom", this.receive);
    this.drawSaved();
    this.connection.hello();
    this.timer = window.setInterval(() => this.check(), CHECK_MS);
  }

  private get around(): Omit<Surroundings, "say"> {
    return { requests: this.requests, model: this.model, manager: this.model.widget_manager };
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
      if (panel.kind in this.chrome) this.drawChrome(panel);
      else if (panel.kind === "layout") drawOrSay(this.layout, panel, this.el);
      else this.layout.drawPanel(panel);
      if (panel.kind === "run_bar") this.el.dataset["step"] = String(panel["step"]);
    }
    this.el.dataset["seq"] = String(frame.seq);
  }

  private drawChrome(panel: PanelFrame): void {
    const View = CHROME[panel.kind];
    const place = this.chrome[panel.kind]!;
    if (!View) return;
    const view = this.views.get(panel.id) ?? new View(panel.id, { ...this.around, say: () => undefined });
    if (!view.el.isConnected) place.prepend(view.el);
    this.views.set(panel.id, view);
    drawOrSay(view, panel, place);
  }

  private refuse(message: string): void {
    this.notice.textContent = message;
    this.notice.hidden = false;
    for (const view of this.views.values()) view.refused?.();
    window.setTimeout(() => (this.notice.hidden = true), 8000);
  }

  dispose(): void {
    window.clearInterval(this.timer);
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
