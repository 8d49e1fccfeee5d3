/** What travels between the kernel and a dashboard. The Python side is relay.py and views/. */

/** A buffer as the widget manager hands it over: it may point into a larger message. */
export type Buffer = DataView | ArrayBuffer;

/** One panel of a frame. `kind` names the view that draws it; the rest is that view's own header. */
export interface PanelFrame {
  id: string;
  kind: string;
  error?: { message: string; traceback: string };
  buffers: Buffer[];
  [field: string]: unknown;
}

/** All that changed since the frame before, or everything. */
export interface Frame {
  seq: number;
  panels: PanelFrame[];
}

/** The answer to request `n` of a view; `error` says in words why it was refused. */
export interface Reply {
  view: string;
  n: number;
  error?: string;
}

interface FrameHeader {
  type: "frame";
  seq: number;
  panels: (Omit<PanelFrame, "buffers"> & { n_buffers: number })[];
}

export type Incoming =
  | FrameHeader
  | ({ type: "reply" } & Reply)
  | { type: "alive"; view: string }
  /** What a person should know now: why an edit was refused when its turn came. */
  | { type: "notice"; text: string }
  | { type: "export"; n: number; view?: string };

export type Outgoing =
  | { type: "hello"; view: string; seen: number }
  | { type: "bye"; view: string }
  | { type: "ack"; view: string; seq: number; is_attended: boolean }
  /** The picture asked for by export `n` is the one buffer; `error` says why there is none. */
  | { type: "exported"; view: string; n: number; error?: string }
  | { type: "request"; view: string; n: number; verb: string; arguments: Record<string, unknown> };

/** Hand each panel the buffers that belong to it. */
export function unpack(header: FrameHeader, buffers: Buffer[]): Frame {
  let next = 0;
  const panels = header.panels.map(({ n_buffers, ...panel }) => {
    const own = buffers.slice(next, (next += n_buffers));
    return { ...panel, buffers: own } as PanelFrame;
  });
  return { seq: header.seq, panels };
}

function bytes(buffer: Buffer): ArrayBuffer {
  if (buffer instanceof ArrayBuffer) return buffer;
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer;
}

/** Copy a buffer of little-endian doubles; the copy is aligned, as typed arrays demand. */
export function doubles(buffer: Buffer): Float64Array {
  return new Float64Array(bytes(buffer));
}

/** Copy a buffer of little-endian floats. */
export function floats(buffer: Buffer): Float32Array {
  return new Float32Array(bytes(buffer));
}

/** Look at a buffer as bytes, where it is. */
export function octets(buffer: Buffer): Uint8Array {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
