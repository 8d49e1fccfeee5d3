import type { Point } from "./charts/grid_geometry";

/** What a drag does; `by` is how far the pointer went, `event` where it is. */
export interface Drag {
  move(by: Point, event: PointerEvent): void;
  drop(): void;
  /** The pointer went up where it went down. */
  click?(): void;
  /** Called at the end in any case, before `drop` or `click`. */
  end(): void;
}

const THRESHOLD = 4;

/** Follow the pointer that went down on `el` until it goes up; Escape, or the browser, calls it off. */
export function follow(el: HTMLElement, down: PointerEvent, drag: Drag): void {
  let hasMoved = false;
  const ending = new AbortController();
  const listen = { signal: ending.signal };
  const finish = (isDrop: boolean) => {
    ending.abort();
    drag.end();
    if (isDrop && hasMoved) drag.drop();
    else if (isDrop) drag.click?.();
  };
  /** Of this pointer alone: another finger may come and go meanwhile. */
  const own = (act: (event: PointerEvent) => void) => (event: PointerEvent) => {
    if (event.pointerId === down.pointerId) act(event);
  };
  const move = (event: PointerEvent) => {
    const by = { left: event.clientX - down.clientX, top: event.clientY - down.clientY };
    hasMoved ||= Math.hypot(by.left, by.top) >= THRESHOLD;
    if (hasMoved) drag.move(by, event);
  };
  const escape = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    finish(false);
  };
  el.setPointerCapture(down.pointerId);
  const cancel = own(() => finish(false));
  el.addEventListener("pointermove", own(move), listen);
  el.addEventListener(
    "pointerup",
    own(() => finish(true)),
    listen,
  );
  el.addEventListener("pointercancel", cancel, listen);
  // Told to the document where the element left the page.
  document.addEventListener("lostpointercapture", cancel, listen);
  document.addEventListener("selectstart", (event) => event.preventDefault(), listen);
  window.addEventListener("keydown", escape, { capture: true, signal: ending.signal });
}
