import type { Reply } from "./messages";

type Transmit = (n: number, verb: string, values: Record<string, unknown>) => void;

const PATIENCE_MS = 2000;

/**
 * What a person asks of the session. Control values are coalesced: one message in flight, and of the values
 * set meanwhile only the latest of each control follows. Other verbs go out at once, in order.
 */
export class Requests {
  private n = 0;
  private inFlight: { n: number; sentAt: number } | null = null;
  private next: Record<string, number> = {};

  constructor(
    private transmit: Transmit,
    private refused: (message: string) => void,
    private now: () => number = () => performance.now(),
  ) {}

  /** Set a control, as soon as the message before was answered (or two seconds passed without an answer). */
  set(name: string, value: number): void {
    this.next[name] = value;
    this.flush();
  }

  /** Ask for anything else; values set before it are sent before it. */
  ask(verb: string, values: Record<string, unknown> = {}): void {
    this.inFlight = null;
    this.flush();
    this.transmit(++this.n, verb, values);
  }

  answered(reply: Reply): void {
    if (reply.error) this.refused(reply.error);
    if (reply.n === this.inFlight?.n) this.inFlight = null;
    this.flush();
  }

  /** Call now and then, so that a lost answer does not hold a value back. */
  flush(): void {
    if (!Object.keys(this.next).length) return;
    if (this.inFlight && this.now() - this.inFlight.sentAt < PATIENCE_MS) return;
    const values = this.next;
    this.next = {};
    this.inFlight = { n: ++this.n, sentAt: this.now() };
    this.transmit(this.n, "set", values);
  }
}
