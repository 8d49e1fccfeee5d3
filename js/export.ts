/*! Contains html-to-image, Copyright (c) 2017-2025 W.Y., under the MIT License: Permission is hereby granted, free of
charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to
do so, subject to the following conditions: The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY,
WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE
OR OTHER DEALINGS IN THE SOFTWARE. */
import { toSvg } from "html-to-image";
import { NAMESPACE, drawn } from "./svg";
import type { View } from "./views/panel";

/** What a drawing's styles may say beyond its attributes. */
const STYLES = [
  ...[
    "clip-path",
    "color",
    "display",
    "dominant-baseline",
    "fill",
    "fill-opacity",
    "font-family",
    "font-size",
  ],
  ...["font-style", "font-weight", "opacity", "paint-order", "shape-rendering", "stroke", "stroke-dasharray"],
  ...["stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor", "transform"],
  ...["transform-origin", "visibility"],
];
/** Not part of a picture. */
const TALL_UNSEEN = ".forks, .notice";
const UNSEEN = `.menu, .ghost, .corner, .tools, ${TALL_UNSEEN}`;

/** The colour behind an element: its own, or the nearest one around it. */
export function background(el: Element): string {
  for (let at: Element | null = el; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour && colour !== "transparent" && colour !== "rgba(0, 0, 0, 0)") return colour;
  }
  return "#fff";
}

/** What a panel shows as a PNG: its canvas as it is, its drawing at the screen's resolution, or a picture of it. */
export function panelImage(panel: HTMLElement, view: View): Promise<Blob> {
  const canvas = view.canvas?.();
  if (canvas) return canvasImage(canvas, canvas.width, canvas.height, background(panel));
  const svg = view.svg?.();
  return svg ? vectorImage(svgText(svg), svg) : wholeImage(panel);
}

/** A picture of a panel as high as all that it lists: of a copy that nobody sees, for as long as it takes. */
async function wholeImage(panel: HTMLElement): Promise<Blob> {
  const copy = panel.cloneNode(true) as HTMLElement;
  const { offsetWidth, offsetHeight } = panel;
  copy.classList.replace("maximised", "whole") || copy.classList.add("whole");
  Object.assign(copy.style, { width: `${offsetWidth}px`, minHeight: `${offsetHeight}px` });
  copy.removeAttribute("data-panel");
  copy.inert = true;
  panel.closest(".mixviz")!.append(copy);
  try {
    return await elementImage(copy);
  } finally {
    copy.remove();
  }
}

/** An SVG file's text: the drawing with the styles of the page written into it, on its background. */
export function svgText(svg: SVGSVGElement): string {
  const copy = styled(svg);
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute("xmlns", NAMESPACE);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.prepend(drawn("rect", { width: "100%", height: "100%", fill: background(svg) }));
  return new XMLSerializer().serializeToString(copy);
}

/** A copy that looks the same where the page's style sheets do not reach. */
function styled(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll<SVGElement>("*")];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  originals.forEach((original, i) => writeStyles(original, copies[i]!));
  return copy;
}

function writeStyles(from: Element, to: SVGElement): void {
  const styles = getComputedStyle(from);
  for (const name of STYLES) {
    const value = styles.getPropertyValue(name);
    if (value) to.style.setProperty(name, value);
  }
}

/** Draw the text of an SVG file as large as `el`, or as `size`, at the screen's resolution. */
async function vectorImage(text: string, el: Element, size = el.getBoundingClientRect()): Promise<Blob> {
  const image = new Image();
  const loading = new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error("this browser could not draw the picture"));
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await loading;
  const { width, height } = size;
  const ratio = window.devicePixelRatio || 1;
  return canvasImage(image, width * ratio, height * ratio, background(el));
}

function canvasImage(image: CanvasImageSource, width: number, height: number, colour: string): Promise<Blob> {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.round(width), height: Math.round(height) });
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2D canvas");
  context.fillStyle = colour;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("this browser made no PNG"))));
  });
}

/** A picture of any part of the page, without menus and handles. */
export async function elementImage(el: HTMLElement): Promise<Blob> {
  const size = seenSize(el);
  const url = await toSvg(el, {
    width: size.width,
    height: size.height,
    skipFonts: true,
    includeStyleProperties: standardProperties(),
    style: { margin: "0", inset: "auto" },
    filter: (node) => !(node instanceof Element && node.matches(UNSEEN)),
  });
  return vectorImage(mended(decodeURIComponent(url.slice(url.indexOf(",") + 1)), el), el, size);
}

/** Without what stands in the page and not in the picture, as forks do. */
export function seenSize(el: HTMLElement): DOMRect {
  const { x, y, width, height } = el.getBoundingClientRect();
  const unseen = [...el.children].filter((child) => child.matches(TALL_UNSEEN));
  const missing = unseen.reduce((sum, child) => sum + child.getBoundingClientRect().height, 0);
  return new DOMRect(x, y, width, height - missing);
}

/** Without a front end's own, nearly a thousand in JupyterLab, whose values the standard ones hold: seconds of work. */
function standardProperties(): string[] {
  return [...getComputedStyle(document.documentElement)].filter((name) => !name.startsWith("--"));
}

/** Mend a copy of `el`, an SVG file's text: of drawings it knows only the attributes, and nobody can scroll in it. */
export function mended(text: string, el: Element): string {
  const file = new DOMParser().parseFromString(text, "image/svg+xml");
  const originals = drawings(el).filter((svg) => !svg.closest(UNSEEN));
  drawings(file.querySelector("foreignObject")!).forEach((copy, i) => {
    const original = originals[i];
    if (!original) return; // came while the copy was made
    const drawing = file.adoptNode(styled(original));
    drawing.setAttribute("style", copy.getAttribute("style") ?? ""); // its place in the copy
    copy.replaceWith(drawing);
  });
  for (const { style } of file.querySelectorAll<HTMLElement>("foreignObject *")) {
    for (const side of ["overflow-x", "overflow-y"]) {
      if (/auto|scroll/.test(style.getPropertyValue(side))) style.setProperty(side, "hidden");
    }
  }
  return new XMLSerializer().serializeToString(file);
}

/** The drawings in an element, without those inside others. */
function drawings(el: Element): SVGSVGElement[] {
  const isInner = (svg: Element) => el.contains(svg.parentElement!.closest("svg"));
  return [...el.querySelectorAll("svg")].filter((svg) => !isInner(svg));
}

/** Hand a file to the browser's downloads. */
export function download(name: string, content: Blob | string, type = "image/png"): void {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replaceAll(/[^\w.-]+/g, "-");
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
