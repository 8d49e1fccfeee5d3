import {
  type Buffer,
  type Frame,
  type Incoming,
  type Outgoing,
  type PanelFrame,
  type Reply,
  unpack,
} from "./messages";

/** What a connection needs of the world; tests hand in their own. */
export interface Host {
  send(message: Outgoing): void;
  /** Run before the next paint; never runs in a hidden page, so that no acknowledgement leaves it. */
  schedule(callback: () => void): void;
  now(): number;
  isHidden(): boolean;
}

const QUIET_MS = 5000;
/**
 * Each acknowledgement makes JupyterLab redraw its busy indicators, which costs more than drawing a frame of ours.
 * MAX_IN_FLIGHT in relay.py is twice as many, so that the next frames are on their way meanwhile.
 */
const FRAMES_PER_ACK = 10;
/** Fewer frames than that are acknowledged once the last acknowledgement is so old. */
const ACK_MS = 1000;
/** A person who moved or typed so recently is still at work here. */
const ATTENTION_MS = 10_000;

/**
 * One view's side of the flow: says hello, keeps the newest frame of each panel until it can be drawn,
 * acknowledges what was drawn. A page that falls behind skips frames; the kernel then sends fewer.
 */
export class Connection {
  readonly view = Math.random().toString(36).slice(2, 12);
  private waiting = new Map<string, PanelFrame>();
  private newest = 0;
  private drawn = 0;
  private acknowledged = 0;
  private acknowledgedAt = -Infinity;
  private isScheduled = false;
  private heardAt = -Infinity;
  private saidHelloAt = -Infinity;
  private touchedAt: number;
  private saidAttended = true;
  private isClosed = false;

  constructor(
    private host: Host,
    private draw: (frame: Frame) => void,
    private answer: (reply: Reply) => void,
  ) {
    this.touchedAt = host.now();
  }

  /** Ask for everything, unless frame `seen` is still the newest. */
  hello(seen = this.newest): void {
    this.saidHelloAt = this.host.now();
    this.host.send({ type: "hello", view: this.view, seen });
  }

  /** Note that somebody moved or typed here; the kernel, if it slowed down meanwhile, is told at once. */
  touched(): void {
    this.touchedAt = this.host.now();
    if (!this.saidAttended) this.acknowledge();
  }

  /** Nothing is drawn or said after that. */
  bye(): void {
    this.isClosed = true;
    this.host.send({ type: "bye", view: this.view });
  }

  /** Call now and then: acknowledges the last few frames; after a silence, asks whether something was missed. */
  check(): void {
    this.acknowledgeWhereDue();
    const quiet = this.host.now() - Math.max(this.heardAt, this.saidHelloAt);
    if (quiet >= QUIET_MS && !this.host.isHidden()) this.hello();
  }

  /** Whether nothing came back within `ms` of the last hello. */
  isUnanswered(ms: number): boolean {
    return this.heardAt < this.saidHelloAt && this.host.now() - this.saidHelloAt >= ms;
  }

  receive(message: Incoming, buffers: Buffer[]): void {
    this.heardAt = this.host.now();
    if (message.type === "reply" && message.view === this.view) this.answer(message);
    if (message.type === "frame") this.keep(unpack(message, buffers));
  }

  private keep(frame: Frame): void {
    const isGap = this.newest > 0 && frame.seq > this.newest + 1;
    for (const panel of frame.panels) this.waiting.set(panel.id, panel);
    this.newest = frame.seq;
    if (isGap) this.hello(0);
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.host.schedule(() => this.flush());
  }

  private flush(): void {
    this.isScheduled = false;
    if (this.isClosed) return;
    const panels = [...this.waiting.values()];
    this.waiting.clear();
    const seq = this.newest;
    try {
      this.draw({ seq, panels });
    } finally {
      this.drawn = seq;
      this.acknowledgeWhereDue();
    }
  }

  private acknowledgeWhereDue(): void {
    const n = this.drawn - this.acknowledged;
    const isLate = this.host.now() - this.acknowledgedAt >= ACK_MS;
    if (n >= FRAMES_PER_ACK || (n > 0 && isLate)) this.acknowledge();
  }

  private acknowledge(): void {
    this.acknowledgedAt = this.host.now();
    this.acknowledged = this.drawn;
    this.saidAttended = this.host.now() - this.touchedAt < ATTENTION_MS;
    this.host.send({ type: "ack", view: this.view, seq: this.drawn, is_attended: this.saidAttended });
  }
}
