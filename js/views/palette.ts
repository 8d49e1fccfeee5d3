import type { Palette } from "../charts/topic_matrix";
import { element } from "../elements";

/** Read the theme's colours: a canvas takes no CSS variables. */
export function palette(el: HTMLElement): Palette {
  const probe = element("span", { hidden: true });
  el.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const read = {
    ink: colour("ink"),
    dim: colour("dim"),
    line: colour("line"),
    dot: colour("dot"),
    accent: colour("accent"),
    wash: colour("wash"),
  };
  probe.remove();
  return read;
}
