import { beforeEach, expect, test } from "vitest";
import { Connection, type Host } from "../connection";
import type { Frame, Incoming, Outgoing, Reply } from "../messages";

class World implements Host {
  sent: Outgoing[] = [];
  scheduled: (() => void)[] = [];
  time = 0;
  hidden = false;
  send(message: Outgoing) {
    this.sent.push(message);
  }
  schedule(callback: () => void) {
    this.scheduled.push(callback);
  }
  now() {
    return this.time;
  }
  isHidden() {
    return this.hidden;
  }
  paint() {
    for (const callback of this.scheduled.splice(0)) callback();
  }
  count(type: string) {
    return this.sent.filter((message) => message.type === type).length;
  }
}

let world: World;
let drawn: Frame[];
let replies: Reply[];
let connection: Connection;

beforeEach(() => {
  world = new World();
  drawn = [];
  replies = [];
  connection = new Connection(
    world,
    (frame) => drawn.push(frame),
    (reply) => replies.push(reply),
  );
});

function frame(seq: number, ...ids: string[]): Incoming {
  return { type: "frame", seq, panels: ids.map((id) => ({ id, kind: "log", n: seq, n_buffers: 1 })) };
}

const buffer = (n: number) => new DataView(new Uint8Array([n]).buffer);

const ack = (seq: number) => ({ type: "ack", view: connection.view, seq, is_attended: true });

test("frames are drawn before the next paint, and acknowledged: the first at once, then every tenth", () => {
  connection.receive(frame(1, "a", "b"), [buffer(1), buffer(2)]);
  expect(drawn).toEqual([]);
  world.paint();
  expect(drawn[0]!.panels.map(({ id, buffers }) => [id, buffers.length])).toEqual([
    ["a", 1],
    ["b", 1],
  ]);
  for (let seq = 2; seq <= 11; seq++) {
    expect(world.sent).toEqual([ack(1)]);
    connection.receive(frame(seq, "a"), [buffer(1)]);
    world.paint();
  }
  expect(world.sent).toEqual([ack(1), ack(11)]);
});

test("fewer frames are acknowledged, once, a second after the last acknowledgement", () => {
  connection.receive(frame(1, "a"), [buffer(1)]);
  connection.check();
  expect(world.sent).toEqual([]); // not drawn yet
  world.paint();
  connection.receive(frame(2, "a"), [buffer(1)]);
  world.paint();
  world.time = 999;
  connection.check();
  expect(world.sent).toEqual([ack(1)]);
  world.time = 1000;
  connection.check();
  connection.check();
  expect(world.sent).toEqual([ack(1), ack(2)]);
  world.time = 2000;
  connection.receive(frame(3, "a"), [buffer(1)]);
  world.paint();
  expect(world.sent).toEqual([ack(1), ack(2), ack(3)]);
});

test("frames that come faster than paints are merged, newest panel wins, one acknowledgement", () => {
  connection.receive(frame(1, "a", "b"), [buffer(1), buffer(1)]);
  connection.receive(frame(2, "a"), [buffer(2)]);
  expect(world.scheduled).toHaveLength(1);
  world.paint();
  expect(drawn).toHaveLength(1);
  expect(drawn[0]!.panels.map(({ id, n }) => [id, n])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
  for (let seq = 3; seq <= 12; seq++) connection.receive(frame(seq, "a"), [buffer(seq)]);
  world.paint();
  expect(drawn[1]!.panels.map(({ id, n }) => [id, n])).toEqual([["a", 12]]);
  expect(world.sent).toEqual([ack(2), ack(12)]);
});

test("ten seconds after the last touch nobody attends, and the next touch is told at once", () => {
  const newest = () => world.sent.at(-1);
  world.time = 9_999;
  connection.receive(frame(5), []);
  world.paint();
  expect(newest()).toMatchObject({ type: "ack", seq: 5, is_attended: true });
  connection.touched();
  expect(world.count("ack")).toBe(1); // the kernel knows
  world.time = 19_999;
  connection.receive(frame(10), []);
  world.paint();
  expect(newest()).toMatchObject({ type: "ack", seq: 10, is_attended: false });
  connection.touched();
  expect(newest()).toMatchObject({ type: "ack", seq: 10, is_attended: true });
  connection.touched();
  expect(world.count("ack")).toBe(3);
});

test("drawing that throws is acknowledged all the same", () => {
  connection = new Connection(
    world,
    () => {
      throw new Error("no");
    },
    () => {},
  );
  connection.receive(frame(5), []);
  expect(() => world.paint()).toThrow("no");
  expect(world.count("ack")).toBe(1);
});

test("a gap in the numbers asks for everything", () => {
  connection.receive(frame(4, "a"), [buffer(1)]);
  expect(world.count("hello")).toBe(0);
  connection.receive(frame(6, "a"), [buffer(1)]);
  expect(world.sent.at(-1)).toMatchObject({ type: "hello", seen: 0 });
});

test("after five silent seconds it asks what it missed, but not while hidden", () => {
  connection.hello();
  connection.receive(frame(3, "a"), [buffer(1)]);
  world.time = 4900;
  connection.check();
  expect(world.count("hello")).toBe(1);
  world.hidden = true;
  world.time = 6000;
  connection.check();
  expect(world.count("hello")).toBe(1);
  world.hidden = false;
  connection.check();
  expect(world.sent.at(-1)).toMatchObject({ type: "hello", seen: 3 });
});

test("it knows whether the kernel answers", () => {
  connection.hello();
  world.time = 999;
  expect(connection.isUnanswered(1000)).toBe(false);
  world.time = 1000;
  expect(connection.isUnanswered(1000)).toBe(true);
  connection.receive({ type: "alive", view: connection.view }, []);
  expect(connection.isUnanswered(1000)).toBe(false);
});

test("replies to other views are left to them", () => {
  connection.receive({ type: "reply", view: "other", n: 1 }, []);
  connection.receive({ type: "reply", view: connection.view, n: 2, error: "no" }, []);
  expect(replies).toMatchObject([{ n: 2, error: "no" }]);
});

test("a frame that came before the view went is neither drawn nor acknowledged", () => {
  connection.receive(frame(5, "a"), [buffer(1)]);
  connection.bye();
  world.paint();
  expect([drawn.length, world.count("ack")]).toEqual([0, 0]);
});
