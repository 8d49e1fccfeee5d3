import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { element } from "../../elements";
import { Canvas } from "../../views/canvas";
import { Painter } from "../../views/painter";

let canvas: Canvas;

function setTheme(ink: string): void {
  document.body.style.cssText = `color: ${ink}; --ink: ${ink}`;
}

beforeEach(() => {
  const context = { setTransform: vi.fn(), clearRect: vi.fn() };
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  canvas = new Canvas(element("canvas"));
  document.body.replaceChildren(element("div", {}, canvas.el));
  setTheme("white");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("it is outdated until it was drawn in the theme of now", () => {
  expect(canvas.isOutdated()).toBe(true);
  expect(canvas.ready(10, 10).palette.ink).toBe("white");
  expect(canvas.isOutdated()).toBe(false);
  setTheme("black");
  expect(canvas.isOutdated()).toBe(true);
  expect(canvas.isOutdated()).toBe(true); // the page was hidden: nothing was drawn
  expect(canvas.ready(10, 10).palette.ink).toBe("black");
  expect(canvas.isOutdated()).toBe(false);
});

test("a frame that is drawn before the new theme was noticed leaves it outdated", () => {
  canvas.ready(10, 10);
  setTheme("black");
  canvas.ready(10, 10);
  expect(canvas.isOutdated()).toBe(true);
});

test("it is as sharp as the screen, also after a move to another one", () => {
  vi.stubGlobal("devicePixelRatio", 1);
  canvas.ready(30, 20);
  vi.stubGlobal("devicePixelRatio", 2);
  expect(canvas.isOutdated()).toBe(true);
  canvas.ready(30, 20);
  expect([canvas.el.width, canvas.el.height, canvas.el.style.width]).toEqual([60, 40, "30px"]);
  expect(canvas.isOutdated()).toBe(false);
});

test("another canvas is drawn in the same colours", () => {
  const other = element("canvas");
  expect(canvas.ready(30, 20, other).palette.ink).toBe("white");
  expect([other.width, canvas.el.width]).toEqual([30, 300]);
});

test("a browser without canvases says so", () => {
  vi.mocked(HTMLCanvasElement.prototype.getContext).mockReturnValue(null);
  expect(() => canvas.ready(10, 10)).toThrow("no 2D canvas");
});

test("what could not be drawn while the page was hidden for a moment is drawn at the next check", () => {
  const draw = vi.fn();
  const room = { clientWidth: 0, clientHeight: 0 };
  const painter = new Painter(room as HTMLElement, draw);
  painter.paint();
  painter.check();
  expect(draw).not.toHaveBeenCalled();
  Object.assign(room, { clientWidth: 30, clientHeight: 20 });
  painter.check();
  painter.check();
  expect(draw).toHaveBeenCalledExactlyOnceWith(30, 20);
  painter.check(true);
  expect(draw).toHaveBeenCalledTimes(2);
});
