import { type Surroundings, neighbour } from "./panel";

const KINDS = ["cluster_grid", "members", "silhouette", "profiles"];
const CHOSEN = "clusterchosen";
/** So long a choice holds against frames that say another one: they may be older, or from elsewhere. */
const PATIENCE_MS = 5000;

/** The chosen cluster of a panel: at once what a person chose here, otherwise what the last frame says. */
export class ClusterChoice {
  private said: number | null = null;
  private asked: { cluster: number | null; at: number } | null = null;

  /** `el` is the body of panel `id`; `changed` is told when somebody chose here or in another panel. */
  constructor(
    private el: HTMLElement,
    private id: string,
    private around: Pick<Surroundings, "requests">,
    changed: () => void,
  ) {
    el.addEventListener(CHOSEN, (event) => {
      this.asked = { cluster: (event as CustomEvent<number | null>).detail, at: performance.now() };
      changed();
    });
  }

  get cluster(): number | null {
    const isAwaited = this.asked && performance.now() - this.asked.at < PATIENCE_MS;
    return isAwaited ? this.asked!.cluster : this.said;
  }

  /** Take over what a frame says. */
  follow(cluster: number | null): void {
    this.said = cluster;
    if (cluster === this.asked?.cluster) this.asked = null;
  }

  /** Choose a cluster, or null: none. */
  choose(cluster: number | null): void {
    chooseCluster(this.el, this.id, this.around, cluster);
  }

  /** Choose a cluster, or give it up where it is chosen. */
  toggle(cluster: number): void {
    this.choose(cluster === this.cluster ? null : cluster);
  }

  /** The session refused something: what the last frame says holds. */
  refused(): void {
    this.asked = null;
  }
}

/** Choose a cluster in panel `id`, whose body is `el`, and in the first of each other kind that shows clusters. */
export function chooseCluster(
  el: HTMLElement,
  id: string,
  { requests }: Pick<Surroundings, "requests">,
  cluster: number | null,
): void {
  const own = el.closest<HTMLElement>("[data-kind]")?.dataset["kind"];
  const others = KINDS.filter((kind) => kind !== own).map((kind) => neighbour(el, kind));
  for (const panel of [id, ...others]) {
    if (panel !== undefined) requests.ask("configure", { panel, options: { cluster } });
  }
  const chosen = (body: Element) => body.dispatchEvent(new CustomEvent(CHOSEN, { detail: cluster }));
  chosen(el);
  for (const panel of others) {
    const found =
      panel && el.closest(".grid")!.querySelector(`[data-panel="${CSS.escape(panel)}"] > .body > *`);
    if (found) chosen(found);
  }
}
