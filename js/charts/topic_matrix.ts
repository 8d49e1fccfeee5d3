import type { Palette } from "./palette";
import {
  type Geometry,
  LABEL_MAX,
  LETTERS,
  type TopicMatrix,
  type Window,
  centre,
  middle,
  radius,
} from "./topic_geometry";

/** What is emphasised: the topic under the pointer, the pinned one, and a word; -1 for none. */
export interface Marks {
  topic: number;
  pinned: number;
  word: number;
}

/** All that drawing needs. */
export interface Drawing {
  matrix: TopicMatrix;
  geometry: Geometry;
  window: Window;
  palette: Palette;
  marks: Marks;
}

/** Draw what is in sight; circle area is weight. */
export function draw(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { geometry, window } = drawing;
  const { left, top } = geometry;
  const part = (x: number, y: number, dx: number, dy: number, paint: Paint) => {
    context.save();
    context.beginPath();
    context.rect(x, y, window.width - x, window.height - y);
    context.clip();
    context.translate(-dx, -dy);
    paint(context, drawing);
    context.restore();
  };
  const behindTitles = window.y > 0 ? top - 4 : 0;
  part(window.x > 0 ? left - 3 : 0, behindTitles, window.x, window.y, drawBody);
  part(window.x > 0 ? left - 3 : 0, 0, window.x, 0, drawTitles);
  part(0, window.y > 0 ? top - 4 : 0, 0, window.y, drawWords);
  drawEdges(context, drawing);
}

type Paint = (context: CanvasRenderingContext2D, drawing: Drawing) => void;

/** First and one past the last of `n` things in sight, of those that stand `size` apart from `start` on. */
function inSight(n: number, start: number, size: number, from: number, to: number): [number, number] {
  return [
    Math.max(Math.floor((from - start) / size) - 1, 0),
    Math.min(Math.ceil((to - start) / size) + 1, n),
  ];
}

function drawBody(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { matrix, geometry, window, palette, marks } = drawing;
  const { left, top, pitch, row, height } = geometry;
  const n = matrix.topics.length;
  const [first, last] = inSight(matrix.words.length, top, row, window.y + top, window.y + window.height);
  context.fillStyle = palette.wash;
  for (const topic of new Set([marks.pinned, marks.topic])) {
    if (topic >= 0) box(context, left + topic * pitch, top - 4, pitch, height - top);
  }
  if (marks.word >= 0) box(context, left, top + marks.word * row, n * pitch, row);
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.beginPath();
  for (let word = first; word < last; word++) {
    const y = Math.floor(middle(geometry, word)) + 0.5;
    context.moveTo(left, y);
    context.lineTo(left + n * pitch, y);
  }
  context.stroke();
  const [from, to] = inSight(n, left, pitch, window.x + left, window.x + window.width);
  for (let topic = from; topic < to; topic++) drawTopic(context, drawing, topic, first, last);
  context.globalAlpha = 1;
}

function box(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  context.beginPath();
  context.roundRect(x, y, width, height, 4);
  context.fill();
}

function drawTopic(
  context: CanvasRenderingContext2D,
  { matrix, geometry, palette, marks }: Drawing,
  topic: number,
  first: number,
  last: number,
): void {
  const x = centre(geometry, topic);
  const isMarked = topic === marks.topic || topic === marks.pinned;
  context.fillStyle = isMarked ? palette.accent : palette.dot;
  context.globalAlpha = isMarked ? 0.9 : 0.75;
  context.beginPath();
  for (let word = first; word < last; word++) {
    const r = radius(geometry, matrix.weights[word * matrix.topics.length + topic]);
    if (!r) continue;
    const y = middle(geometry, word);
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, 2 * Math.PI);
  }
  context.fill();
}

function drawTitles(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { matrix, geometry, palette, marks } = drawing;
  context.textAlign = "left";
  context.textBaseline = "middle";
  matrix.topics.forEach((name, topic) => {
    const isMarked = topic === marks.topic || topic === marks.pinned;
    context.save();
    context.translate(centre(geometry, topic), geometry.top - 10);
    context.rotate(geometry.angle);
    context.font = `${isMarked ? "600 " : ""}${geometry.letters}px ${palette.family}`;
    context.fillStyle = isMarked ? palette.accent : palette.dim;
    context.fillText(name, 0, 0, LABEL_MAX);
    if (topic === marks.pinned) underline(context, Math.min(context.measureText(name).width, LABEL_MAX));
    context.restore();
  });
}

/** A pinned title is told from one under the pointer. */
function underline(context: CanvasRenderingContext2D, width: number): void {
  context.fillRect(0, LETTERS / 2 + 1, width, 1.5);
}

function drawWords(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { matrix, geometry, window, palette, marks } = drawing;
  const { left, top, row } = geometry;
  const [first, last] = inSight(matrix.words.length, top, row, window.y + top, window.y + window.height);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let word = first; word < last; word++) {
    context.font = `${word === marks.word ? "600 " : ""}${LETTERS}px ${palette.family}`;
    context.fillStyle = word === marks.word ? palette.accent : palette.ink;
    context.fillText(matrix.words[word]!, left - 9, middle(geometry, word), left - 12);
  }
}

/** Lines where circles have gone behind the titles or the words. */
function drawEdges(context: CanvasRenderingContext2D, { geometry, window, palette }: Drawing): void {
  context.fillStyle = palette.dim;
  context.globalAlpha = 0.5;
  if (window.x > 0) context.fillRect(geometry.left - 4, 0, 1, window.height);
  if (window.y > 0) context.fillRect(0, geometry.top - 5, window.width, 1);
  context.globalAlpha = 1;
}
