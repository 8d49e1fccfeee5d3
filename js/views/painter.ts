/** Draws into an element that may be without size for a while, and again whenever its size changes. */
export class Painter {
  private isMissed = false;
  private resizing = new ResizeObserver(() => this.paint());

  constructor(
    private el: HTMLElement,
    private draw: (width: number, height: number) => void,
  ) {
    this.resizing.observe(el);
  }

  paint(): void {
    const { clientWidth, clientHeight } = this.el;
    this.isMissed = clientWidth <= 0 || clientHeight <= 0;
    if (!this.isMissed) this.draw(clientWidth, clientHeight);
  }

  /** Call now and then: no observer tells of an element that was hidden only between two frames of the page. */
  check(isOutdated = false): void {
    if (isOutdated || this.isMissed) this.paint();
  }

  dispose(): void {
    this.resizing.disconnect();
  }
}
