import { beforeEach, expect, test } from "vitest";
import { Requests } from "../requests";

let sent: [n: number, verb: string, values: Record<string, unknown>][];
let refusals: string[];
let time: number;
let requests: Requests;

beforeEach(() => {
  sent = [];
  refusals = [];
  time = 0;
  requests = new Requests(
    (...message) => sent.push(message),
    (message) => refusals.push(message),
    () => time,
  );
});

const reply = (n: number, error?: string) => ({ view: "v", n, ...(error ? { error } : {}) });

test("one message in flight, and the latest value of each control follows", () => {
  requests.set("l1", 0.1);
  for (let i = 0; i < 10_000; i++) requests.set("l1", i);
  requests.set("l2", 5);
  expect(sent).toEqual([[1, "set", { l1: 0.1 }]]);
  requests.answered(reply(1));
  expect(sent[1]).toEqual([2, "set", { l1: 9999, l2: 5 }]);
  requests.answered(reply(2));
  expect(sent).toHaveLength(2);
});

test("a lost answer holds nothing back for more than two seconds", () => {
  requests.set("l1", 1);
  requests.set("l1", 2);
  time = 1999;
  requests.flush();
  expect(sent).toHaveLength(1);
  time = 2000;
  requests.flush();
  expect(sent[1]).toEqual([2, "set", { l1: 2 }]);
});

test("a verb goes out at once, after the values set before it", () => {
  requests.set("l1", 1);
  requests.set("l1", 2);
  requests.ask("pause");
  expect(sent.map(([, verb, values]) => [verb, values])).toEqual([
    ["set", { l1: 1 }],
    ["set", { l1: 2 }],
    ["pause", {}],
  ]);
});

test("a refusal is passed on in words", () => {
  requests.set("l1", 7);
  requests.answered(reply(1, "control 'l1' takes 0 to 1, got 7"));
  expect(refusals).toEqual(["control 'l1' takes 0 to 1, got 7"]);
});
