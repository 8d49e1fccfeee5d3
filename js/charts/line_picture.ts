import { drawn } from "../svg";

const LEGEND_HEIGHT = 20;

/** What stands around the lines of a saved plot. */
export interface Surround {
  legend: { text: string; colour: number }[];
  /** Where controls changed, as a share of the width. */
  marks: { share: number; title: string }[];
  ends: [from: string, to: string];
}

interface Margin {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/**
 * A copy of a bqplot figure as one drawing, with a legend above it, its marks and the ends of its axis.
 *
 * It comes in a shell with the figure's classes, so that the same style sheets apply.
 */
export function linePicture(figure: HTMLElement, surround: Surround, margin: Margin): HTMLElement {
  const { width, height } = figure.getBoundingClientRect();
  const shell = document.createElement("div");
  shell.className = `${figure.className} picture`;
  shell.setAttribute("aria-hidden", "true");
  const size = { width, height: height + LEGEND_HEIGHT };
  const svg = drawn("svg", { ...size, viewBox: `0 0 ${size.width} ${size.height}` });
  svg.style.cssText = `position:static;width:${size.width}px;height:${size.height}px`;
  const moved = drawn("g", { transform: `translate(0, ${LEGEND_HEIGHT})` });
  for (const layer of figure.querySelectorAll("svg")) {
    if (layer.parentElement?.closest("svg") || layer.closest(".toolbar_div")) continue;
    const copies = [...layer.childNodes].map((child) => child.cloneNode(true));
    moved.append(...copies);
  }
  const inside = { width: width - margin.left - margin.right, bottom: height - margin.bottom };
  moved.append(
    ...surround.marks.map(({ share, title }) => {
      const x = margin.left + share * inside.width;
      const ends = { x1: x, x2: x, y1: margin.top, y2: inside.bottom, "stroke-dasharray": "3 2" };
      return drawn("line", { ...ends, style: "stroke:var(--mark)" }, drawn("title", {}, title));
    }),
    label(surround.ends[0], margin.left, height - 5, "start", "var(--dim)", 10),
    label(surround.ends[1], width - margin.right, height - 5, "end", "var(--dim)", 10),
  );
  svg.append(moved, legend(surround.legend, margin.left));
  shell.append(svg);
  return shell;
}

function legend(entries: Surround["legend"], left: number): SVGElement {
  const line = label("", left, 14, "start", "var(--ink)", 12);
  for (const [i, { text, colour }] of entries.entries()) {
    const style = `fill:var(--series-${colour})`;
    line.append(drawn("tspan", i ? { dx: 14, style } : { style }, text));
  }
  return line;
}

function label(text: string, x: number, y: number, anchor: string, fill: string, size: number): SVGElement {
  const made = drawn("text", { x, y }, text);
  Object.assign(made.style, { fill, textAnchor: anchor, fontSize: `${size}px`, stroke: "none" });
  return made;
}
