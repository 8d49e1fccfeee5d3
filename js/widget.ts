/** The little this bundle uses of the front end's widget models. */
export interface WidgetModel {
  get(name: string): unknown;
  set(values: Record<string, unknown>): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback?: (...args: never[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  widget_manager?: WidgetManager;
}

export interface WidgetView {
  el: HTMLElement;
  trigger(event: string): void;
  remove(): void;
}

export interface WidgetManager {
  get_model(id: string): Promise<WidgetModel>;
  create_view(model: WidgetModel): Promise<WidgetView>;
}
