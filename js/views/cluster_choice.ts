import { type Surroundings, neighbour } from "./panel";

const KINDS = ["cluster_grid", "members", "silhouette", "profiles"];

/** Choose a cluster in a panel, whose body is `el`, and in the first of each other kind that shows clusters; null: none. */
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
}
