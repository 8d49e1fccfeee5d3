import "./dashboard.css";
import { Connection } from "./connection";
import { element } from "./elements";
import { download, elementImage } from "./export";
import { type Buffer, type Frame, type Incoming, type PanelFrame, unpack } from "./messages";
import { Requests } from "./requests";
import { ClusterGridView } from "./views/cluster_grid";
import { Controls } from "./views/controls";
import { DocumentsView } from "./views/documents";
import { Forks } from "./views/forks";
import { HeatMapView } from "./views/heat_map";
import { HistogramView } from "./views/histogram";
import { Layout } from "./views/layout";
import { Lines } from "./views/lines";
import { Log } from "./views/log";
import { MembersView } from "./views/members";
import { type Surroundings, type View, type ViewClass, drawOrSay } from "./views/panel";
import { ProfilesView } from "./views/profiles";
import { RunBar } from "./views/run_bar";
import { SilhouetteView } from "./views/silhouette";
import { Timeline } from "./views/timeline";
import { TopicMapView } from "./views/topic_map";
import { TopicMatrixView } from "./views/topic_matrix";
import type { WidgetModel } from "./widget";

/** The fixed parts: run bar at the top, timeline below it, controls at the left. */
const CHROME: Record<string, ViewClass> = { run_bar: RunBar, timeline: Timeline, controls: Controls };

/** Who draws which kind of panel of the grid. */
const VIEWS: Record<string, ViewClass> = {
  lines: Lines,
  histogram: HistogramView,
  heat_map: HeatMapView,
  topic_matrix: TopicMatrixView,
  topic_map: TopicMapView,
  documents: DocumentsView,
  cluster_grid: ClusterGridView,
  members: MembersView,
  silhouette: SilhouetteView,
  profiles: ProfilesView,
  log: Log,
};

const CHECK_MS = 500;
const UNANSWERED_MS = 1000;
const NOTICE_MS = 8000;

/** The whole dashboard in one cell's output. */
class Dashboard {
  readonly el = element("div", { class: "mixviz", "data-lm-suppress-shortcuts": "true" });
  private chrome: Record<string, HTMLElement> = {
    run_bar: element("div", { class: "run" }),
    timeline: element("div", { class: "course" }),
    controls: element("aside", { "aria-label": "Controls" }),
  };
  private notice = element("p", { class: "notice", role: "alert", hidden: true });
  private views = new Map<string, View>();
  private layout: Layout;
  private forks: Forks;
  private requests: Requests;
  private connection: Connection;
  private timer: number;
  private hiding = 0;
  private receive = (message: Incoming, buffers: DataView[]) => {
    if (message.type === "export") void this.sendPicture(message.n, message.view);
    else if (message.type === "notice") this.report(message.text);
    else this.connection.receive(message, buffers);
  };

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
      (n, verb, values) => {
        if (verb === "fork") this.forks.await(true);
        this.model.send({ type: "request", view: this.connection.view, n, verb, arguments: values });
      },
      (message) => this.refuse(message),
    );
    this.layout = new Layout(this.around, VIEWS, () => void this.savePicture());
    this.views.set("layout", this.layout);
    this.forks = new Forks(this.around);
    const { run_bar, timeline, controls } = this.chrome;
    const top = element("div", { class: "top" }, run_bar!, this.layout.menu.button, this.layout.menu.popup);
    const columns = element("div", { class: "columns" }, controls!, this.layout.el);
    this.el.append(top, timeline!, this.notice, columns, this.forks.el);
    this.model.on("msg:custom", this.receive);
    for (const event of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      this.el.addEventListener(event, () => this.connection.touched(), { passive: true });
    }
    this.drawSaved();
    this.connection.hello();
    this.timer = window.setInterval(() => this.check(), CHECK_MS);
  }

  private get around(): Omit<Surroundings, "say"> {
    return {
      requests: this.requests,
      model: this.model,
      manager: this.model.widget_manager,
      report: (error) => this.report(error),
    };
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
    if (!place.contains(view.el)) place.prepend(view.el);
    this.views.set(panel.id, view);
    drawOrSay(view, panel, place);
  }

  private refuse(message: string): void {
    this.report(message);
    this.forks.await(false);
    for (const view of this.views.values()) view.refused?.();
  }

  private report(error: unknown): void {
    this.notice.textContent = error instanceof Error ? error.message : String(error);
    this.notice.hidden = false;
    window.clearTimeout(this.hiding);
    this.hiding = window.setTimeout(() => (this.notice.hidden = true), NOTICE_MS);
  }

  private async savePicture(): Promise<void> {
    try {
      download("mixviz.png", await elementImage(this.el));
    } catch (error) {
      this.report(error);
    }
  }

  /** Answer the kernel's wish for a picture of the whole dashboard, unless it asked another view for it. */
  private async sendPicture(n: number, wanted?: string): Promise<void> {
    const { view } = this.connection;
    if (wanted !== undefined && wanted !== view) return;
    try {
      const picture = await (await elementImage(this.el)).arrayBuffer();
      this.model.send({ type: "exported", view, n }, undefined, [picture]);
    } catch (error) {
      this.model.send({ type: "exported", view, n, error: String(error) });
    }
  }

  dispose(): void {
    window.clearInterval(this.timer);
    window.clearTimeout(this.hiding);
    this.model.off("msg:custom", this.receive);
    this.connection.bye();
    this.forks.dispose();
    for (const view of this.views.values()) view.dispose?.();
  }
}

function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const dashboard = new Dashboard(model);
  el.append(dashboard.el);
  return () => dashboard.dispose();
}

export default { render };
