/** Words (rows) by topics (columns), weights row by row. */
export interface TopicMatrix {
  words: string[];
  topics: string[];
  weights: Float32Array;
}

export interface Size {
  width: number;
  height: number;
}

/** Where things stand, in CSS pixels; the whole matrix is `width` by `height`. */
export interface Geometry extends Size {
  left: number;
  top: number;
  pitch: number;
  row: number;
  /** How topic names lean, in radians, and the size of their letters. */
  angle: number;
  letters: number;
  /** Radius of the circle of weight 1. */
  unit: number;
}

/** The part of the matrix that is in sight: titles and words stand still while the circles move. */
export interface Window extends Size {
  x: number;
  y: number;
}

/** What lies at a point. */
export interface Hit {
  part: "title" | "word" | "circle" | "none";
  topic: number;
  word: number;
}

const ROW_MIN = 16;
const ROW_MAX = 24;
const PITCH_MIN = 8;
const PITCH_MAX = 56;
const LEANING = (-65 / 180) * Math.PI;
const UPRIGHT = -Math.PI / 2;
/** Narrower columns have upright names: leaning ones would run into each other. */
const PITCH_LEANING = 13;
export const LABEL_MAX = 100;
/** The largest circle is at least so large, even where it then reaches into the next columns. */
const RADIUS_MIN = 6;
const RADIUS_SEEN = 0.3;
/** So near to its centre a small circle is hit. */
const REACH = 5;
export const LETTERS = 11;
/** Room for a scroll bar. */
const BAR = 15;

/** Fill `room`; with many words or topics the matrix comes out larger, and its panel scrolls. */
export function layout(matrix: TopicMatrix, room: Size): Geometry {
  const free = layoutIn(matrix, room.width, room.height);
  return free.height > room.height ? layoutIn(matrix, room.width - BAR, room.height) : free;
}

function layoutIn(matrix: TopicMatrix, width: number, height: number): Geometry {
  const leaning = layoutAt(LEANING, matrix, width, height);
  return leaning.pitch < PITCH_LEANING ? layoutAt(UPRIGHT, matrix, width, height) : leaning;
}

function layoutAt(angle: number, matrix: TopicMatrix, available: number, high: number): Geometry {
  const longest = (texts: string[]) =>
    texts.reduce((most, text) => Math.max(most, text.length), 4) * LETTERS * 0.6;
  const left = Math.min(Math.ceil(longest(matrix.words)) + 18, 154);
  const label = Math.min(longest(matrix.topics), LABEL_MAX);
  const top = Math.ceil(label * Math.sin(-angle)) + 18;
  const right = Math.ceil(label * Math.cos(angle)) + 6;
  const n = Math.max(matrix.topics.length, 1);
  const pitch = Math.min(Math.max((available - left - right) / n, PITCH_MIN), PITCH_MAX);
  const width = Math.max(Math.ceil(left + n * pitch + right), Math.min(available, left + right + PITCH_MIN));
  const rows = Math.max(matrix.words.length, 1);
  const row = Math.min(Math.max((high - top - 8) / rows, ROW_MIN), ROW_MAX);
  const height = Math.floor(top + matrix.words.length * row + 8);
  const greatest = matrix.weights.reduce((most, weight) => Math.max(most, weight), 0);
  const largest = Math.min(Math.max(pitch / 2, RADIUS_MIN), row / 2 + 1);
  const unit = largest / Math.sqrt(greatest || 1);
  return { width, height, left, top, pitch, row, angle, letters: Math.min(LETTERS, pitch + 1), unit };
}

/** The radius of the circle of a weight; 0 for one too small to be seen. */
export function radius({ unit }: Geometry, weight = 0): number {
  const r = unit * Math.sqrt(weight);
  return r < RADIUS_SEEN ? 0 : r;
}

/** Row numbers with the heaviest words of a topic first; words that weigh the same keep their order. */
export function rankedRows({ words, topics, weights }: TopicMatrix, topic: number): number[] {
  const weight = (row: number) => weights[row * topics.length + topic] ?? 0;
  return words.map((_, row) => row).sort((a, b) => weight(b) - weight(a));
}

/** The matrix with its rows in another order. */
export function reordered({ words, topics, weights }: TopicMatrix, rows: number[]): TopicMatrix {
  const moved = new Float32Array(weights.length);
  const n = topics.length;
  rows.forEach((row, i) => moved.set(weights.subarray(row * n, (row + 1) * n), i * n));
  return { words: rows.map((row) => words[row]!), topics, weights: moved };
}

/** What lies at a point of the window. */
export function hit(matrix: TopicMatrix, geometry: Geometry, window: Window, x: number, y: number): Hit {
  const { left, top, pitch, row } = geometry;
  const n = matrix.topics.length;
  const none: Hit = { part: "none", topic: -1, word: -1 };
  const within = (index: number, length: number) => (index >= 0 && index < length ? index : -1);
  if (y < top) {
    const lean = Math.max(top - 10 - y, 0) / Math.tan(-geometry.angle);
    const topic = within(Math.floor((x + window.x - lean - left) / pitch), n);
    return topic < 0 || x < left ? none : { part: "title", topic, word: -1 };
  }
  const word = within(Math.floor((y + window.y - top) / row), matrix.words.length);
  if (word < 0) return none;
  if (x < left) return { part: "word", topic: -1, word };
  const topic = within(Math.floor((x + window.x - left) / pitch), n);
  const r = radius(geometry, matrix.weights[word * n + topic]);
  const across = x + window.x - centre(geometry, topic);
  const along = y + window.y - middle(geometry, word);
  const isNear = topic >= 0 && r > 0 && Math.hypot(across, along) <= Math.max(r, REACH);
  return { part: isNear ? "circle" : "none", topic, word };
}

/** Where the window must stand for a topic and a word to be in sight; -1 for none. */
export function reveal(
  geometry: Geometry,
  window: Window,
  topic: number,
  word: number,
): { x: number; y: number } {
  const { left, top, pitch, row } = geometry;
  const shift = (at: number, from: number, to: number, length: number) =>
    Math.min(Math.max(at, to - length), from);
  return {
    x: topic < 0 ? window.x : shift(window.x, topic * pitch, (topic + 1) * pitch, window.width - left),
    y: word < 0 ? window.y : shift(window.y, word * row, (word + 1) * row + 8, window.height - top),
  };
}

export function centre({ left, pitch }: Geometry, topic: number): number {
  return left + (topic + 0.5) * pitch;
}

export function middle({ top, row }: Geometry, word: number): number {
  return top + (word + 0.5) * row;
}

/** Where an arrow key, Home or End takes the cursor: word -1 is the row of titles. */
export function moved(
  key: string,
  topic: number,
  word: number,
  nTopics: number,
  nWords: number,
): [number, number] {
  switch (key) {
    case "ArrowRight":
      return [topic < 0 ? 0 : (topic + 1) % nTopics, word];
    case "ArrowLeft":
      return [topic < 0 ? nTopics - 1 : (topic - 1 + nTopics) % nTopics, word];
    case "ArrowDown":
      return [topic, Math.min(word + 1, nWords - 1)];
    case "ArrowUp":
      return [topic, Math.max(word - 1, -1)];
    case "Home":
      return [0, word];
    case "End":
      return [nTopics - 1, word];
    default:
      return [topic, word];
  }
}
