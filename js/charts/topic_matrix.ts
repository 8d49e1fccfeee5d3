/** Words (rows) by topics (columns), weights row by row. */
export interface TopicMatrix {
  words: string[];
  topics: string[];
  weights: Float32Array;
}

/** Colours, as strings a canvas takes. */
export interface Palette {
  ink: string;
  dim: string;
  line: string;
  dot: string;
  accent: string;
  wash: string;
}

/** Where things stand, in CSS pixels. */
export interface Geometry {
  width: number;
  height: number;
  left: number;
  top: number;
  pitch: number;
  row: number;
  /** How topic names lean, in radians, and the size of their letters. */
  angle: number;
  letters: number;
}

const ROW = 16;
const PITCH_MIN = 8;
const PITCH_MAX = 44;
const LEANING = (-65 / 180) * Math.PI;
const UPRIGHT = -Math.PI / 2;
/** Narrower columns have upright names: leaning ones would run into each other. */
const PITCH_LEANING = 13;
const LABEL_MAX = 100;
/** The largest circle is at least so large, even where it then reaches into the next columns. */
const RADIUS_MIN = 6;
const LETTERS = 11;

/** Lay the matrix out in `available` pixels; with many topics it comes out wider, and its panel scrolls. */
export function layout(matrix: TopicMatrix, available: number): Geometry {
  const leaning = layoutAt(LEANING, matrix, available);
  return leaning.pitch < PITCH_LEANING ? layoutAt(UPRIGHT, matrix, available) : leaning;
}

function layoutAt(angle: number, matrix: TopicMatrix, available: number): Geometry {
  const longest = (texts: string[]) =>
    texts.reduce((most, text) => Math.max(most, text.length), 4) * LETTERS * 0.6;
  const left = Math.min(Math.ceil(longest(matrix.words)) + 14, 150);
  const label = Math.min(longest(matrix.topics), LABEL_MAX);
  const top = Math.ceil(label * Math.sin(-angle)) + 18;
  const right = Math.ceil(label * Math.cos(angle));
  const n = Math.max(matrix.topics.length, 1);
  const pitch = Math.min(Math.max((available - left - right) / n, PITCH_MIN), PITCH_MAX);
  const width = Math.max(Math.ceil(left + n * pitch + right), Math.min(available, left + right + PITCH_MIN));
  const height = top + matrix.words.length * ROW + 8;
  return { width, height, left, top, pitch, row: ROW, angle, letters: Math.min(LETTERS, pitch + 1) };
}

/** The topic under a point, or -1. */
export function topicAt(geometry: Geometry, nTopics: number, x: number, y: number): number {
  const lean = Math.max(geometry.top - 10 - y, 0) / Math.tan(-geometry.angle);
  const topic = Math.floor((x - lean - geometry.left) / geometry.pitch);
  return topic >= 0 && topic < nTopics && y >= 0 && y <= geometry.height ? topic : -1;
}

/** Draw all of it; circle area is weight. `chosen` is the highlighted topic or -1. */
export function draw(
  context: CanvasRenderingContext2D,
  matrix: TopicMatrix,
  geometry: Geometry,
  palette: Palette,
  chosen: number,
  family: string,
): void {
  context.clearRect(0, 0, geometry.width, geometry.height);
  if (chosen >= 0) drawWash(context, geometry, palette, chosen);
  drawTopics(context, matrix, geometry, palette, chosen, family);
  drawWords(context, matrix, geometry, palette, family);
  drawCircles(context, matrix, geometry, palette, chosen);
}

function centre(geometry: Geometry, topic: number): number {
  return geometry.left + (topic + 0.5) * geometry.pitch;
}

function drawWash(
  context: CanvasRenderingContext2D,
  geometry: Geometry,
  palette: Palette,
  chosen: number,
): void {
  const { left, top, pitch, height } = geometry;
  context.fillStyle = palette.wash;
  context.beginPath();
  context.roundRect(left + chosen * pitch, top - 4, pitch, height - top, 4);
  context.fill();
}

function drawTopics(
  context: CanvasRenderingContext2D,
  matrix: TopicMatrix,
  geometry: Geometry,
  palette: Palette,
  chosen: number,
  family: string,
): void {
  context.textAlign = "left";
  context.textBaseline = "middle";
  matrix.topics.forEach((name, topic) => {
    context.save();
    context.translate(centre(geometry, topic), geometry.top - 10);
    context.rotate(geometry.angle);
    context.font = `${topic === chosen ? "600 " : ""}${geometry.letters}px ${family}`;
    context.fillStyle = topic === chosen ? palette.accent : palette.dim;
    context.fillText(name, 0, 0, LABEL_MAX);
    context.restore();
  });
}

function drawWords(
  context: CanvasRenderingContext2D,
  matrix: TopicMatrix,
  { left, top, pitch, row }: Geometry,
  palette: Palette,
  family: string,
): void {
  context.font = `${LETTERS}px ${family}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.strokeStyle = palette.line;
  context.fillStyle = palette.ink;
  context.lineWidth = 1;
  context.beginPath();
  matrix.words.forEach((word, i) => {
    const y = top + (i + 0.5) * row;
    context.fillText(word, left - 9, y, left - 12);
    context.moveTo(left, Math.floor(y) + 0.5);
    context.lineTo(left + matrix.topics.length * pitch, Math.floor(y) + 0.5);
  });
  context.stroke();
}

function drawCircles(
  context: CanvasRenderingContext2D,
  { words, topics, weights }: TopicMatrix,
  geometry: Geometry,
  palette: Palette,
  chosen: number,
): void {
  const greatest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const largest = Math.min(Math.max(geometry.pitch / 2, RADIUS_MIN), geometry.row / 2 + 1);
  const radius = largest / Math.sqrt(greatest || 1);
  topics.forEach((_, topic) => {
    const x = centre(geometry, topic);
    context.fillStyle = topic === chosen ? palette.accent : palette.dot;
    context.globalAlpha = topic === chosen ? 0.9 : 0.75;
    context.beginPath();
    words.forEach((_, i) => {
      const r = radius * Math.sqrt(weights[i * topics.length + topic] ?? 0);
      if (r < 0.3) return;
      const y = geometry.top + (i + 0.5) * geometry.row;
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 2 * Math.PI);
    });
    context.fill();
  });
  context.globalAlpha = 1;
}
