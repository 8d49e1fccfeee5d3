import { vi } from "vitest";
import { element } from "../elements";
import type { PanelFrame } from "../messages";
import type { Requests } from "../requests";
import type { ControlHeader } from "../views/control_row";
import type { Surroundings, View } from "../views/panel";
import type { Setting } from "../views/setting_form";
import type { WidgetModel } from "../widget";

/** What a panel may use, with everything written down. */
export function surroundings() {
  const ask = vi.fn();
  const report = vi.fn();
  const model = { get: vi.fn(), on: vi.fn(), off: vi.fn() } as unknown as WidgetModel;
  const around = { requests: { ask } as unknown as Requests, model, manager: undefined, report };
  return { ask, report, around: around as Omit<Surroundings, "say"> };
}

/** A view that writes what it is told; it throws at frames that say so. */
export class Plain implements View {
  readonly el = element("div", { class: "plain" });
  dispose = vi.fn();
  refused = vi.fn();

  constructor(
    readonly id: string,
    readonly around: Surroundings,
  ) {}

  check(): void {}

  draw(frame: PanelFrame): void {
    if (frame["is_bad"]) throw new Error("cannot draw that");
    this.el.textContent = String(frame["text"]);
  }
}

export const frame = (id: string, fields: Record<string, unknown> = {}): PanelFrame => ({
  id,
  kind: "plain",
  buffers: [],
  ...fields,
});

export const setting = (kind: Setting["kind"], value: unknown, more: Partial<Setting> = {}): Setting => ({
  name: kind,
  kind,
  value,
  label: "",
  choices: [],
  labels: [],
  low: null,
  high: null,
  step: null,
  help: "",
  ...more,
});

/** A control as the session reports it. */
export const CONTROL: ControlHeader = {
  name: "l1",
  group: "objective",
  value: 0,
  default: 0,
  low: 0.0001,
  high: 1,
  scale: "log",
  is_integer: false,
  allows_zero: true,
  unit: "",
  help: "sparser topics",
  owner: null,
  suspended: [],
  applied_step: null,
  waits_for: null,
};

/** happy-dom has no popovers and no pointer capture. */
export function addPopovers(): void {
  HTMLElement.prototype.togglePopover = function (force?: boolean) {
    const isOpen = force ?? !this.hasAttribute("data-open");
    this.toggleAttribute("data-open", isOpen);
    const event = Object.assign(new Event("toggle"), { newState: isOpen ? "open" : "closed" });
    this.dispatchEvent(event);
    return isOpen;
  };
  HTMLElement.prototype.setPointerCapture = () => undefined;
}

/** A canvas that takes everything; happy-dom has none. */
export function addCanvas() {
  const gradient = { addColorStop: vi.fn() };
  const context = new Proxy({} as Record<string, unknown>, {
    get: (known, name: string) => (known[name] ??= vi.fn(() => gradient)),
  });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  vi.stubGlobal("ImageData", class {});
  return context as Record<string, ReturnType<typeof vi.fn>>;
}
