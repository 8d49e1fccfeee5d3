import { afterEach, expect, test, vi } from "vitest";
import { background, download, seenSize, svgText, mended } from "../export";

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

test("an SVG file holds the styles of the page and the colour behind the drawing", () => {
  document.body.innerHTML = `
    <style>.curve { stroke: rgb(1, 2, 3); stroke-width: 2px; }</style>
    <div style="background-color: rgb(9, 9, 9)"><p><svg><path class="curve" d="M0 0L1 1"/></svg></p></div>`;
  const svg = document.querySelector("svg")!;
  svg.getBoundingClientRect = () => ({ width: 200, height: 100 }) as DOMRect;
  const file = new DOMParser().parseFromString(svgText(svg), "text/html").querySelector("svg")!;
  expect([file.getAttribute("viewBox"), file.getAttribute("width")]).toEqual(["0 0 200 100", "200"]);
  expect(file.querySelector("rect")!.getAttribute("fill")).toBe("rgb(9, 9, 9)");
  const style = file.querySelector("path")!.getAttribute("style");
  expect(style).toContain("stroke: rgb(1, 2, 3)");
  expect(style).toContain("stroke-width: 2px");
  expect(svg.querySelector("rect")).toBeNull();
});

test("the colour behind an element is that of the nearest one that has any", () => {
  document.body.innerHTML = `<div style="background-color: red"><p style="background-color: transparent"><i></i></p></div>`;
  expect(background(document.querySelector("i")!)).toBe("red");
});

test("a file gets a name that any system takes", () => {
  vi.useFakeTimers();
  const made: HTMLAnchorElement[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    made.push(this);
  });
  const revoke = vi.spyOn(URL, "revokeObjectURL");
  download("mixviz-topic / word: 1.csv", "a,b\n", "text/csv");
  expect(made[0]!.download).toBe("mixviz-topic-word-1.csv");
  expect(made[0]!.href).toMatch(/^blob:/);
  vi.runAllTimers();
  expect(revoke).toHaveBeenCalledWith(made[0]!.href);
  vi.useRealTimers();
});

test("a picture is as high as what it shows: forks and notices take no room in it", () => {
  document.body.innerHTML = `<main><div></div><p class="notice"></p><div class="forks"></div></main>`;
  const heights = { MAIN: 1000, P: 30, DIV: 600 } as Record<string, number>;
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
    return new DOMRect(0, 0, 700, heights[this.tagName]);
  });
  const { width, height } = seenSize(document.querySelector("main")!);
  expect([width, height]).toEqual([700, 370]);
});

test("drawings in a picture of the page have the page's styles, and keep their place", () => {
  document.body.innerHTML = `<style>path { stroke: rgb(1, 2, 3); }</style>
    <main><div class="menu"><svg id="icon"></svg></div><svg><g><path d="M0 0"/></g></svg></main>`;
  const copy = `<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><main xmlns="http://www.w3.org/1999/xhtml">
    <ul style="overflow-x: hidden; overflow-y: auto"/>
    <svg xmlns="http://www.w3.org/2000/svg" style="left: 7px"><g><path d="M0 0"/></g></svg></main></foreignObject></svg>`;
  const picture = mended(copy, document.querySelector("main")!);
  expect(picture).toContain("left: 7px");
  expect(picture).toMatch(/<path[^>]*stroke: rgb\(1, 2, 3\)/);
  expect(picture).not.toContain("icon");
  expect(picture).not.toContain("auto"); // no scroll bars in a picture
});
