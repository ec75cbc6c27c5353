import { parseAnsi, spanOf } from './ansi.js';

/** How many lines the page keeps; older ones are removed and counted. */
const maxLines = 5_000;

const pane = document.getElementById('pane');
const shown = document.getElementById('shown');
const dropped = document.getElementById('dropped');
const newest = document.getElementById('newest');

/** Elements to be added in the next animation frame. */
let waiting = [];
let droppedCount = 0;
let unseenCount = 0;
let isFollowing = true;
let onChanged = () => {};

/** Calls `listener` after lines were added or removed. */
export function onPaneChanged(listener) {
  onChanged = listener;
}

function queue(element) {
  if (waiting.length === 0) requestAnimationFrame(show);
  waiting.push(element);
  // More than can ever be shown: the oldest of them are not even added to the page.
  if (waiting.length > maxLines) droppedCount += waiting.splice(0, waiting.length - maxLines).length;
}

function show() {
  const elements = waiting;
  waiting = [];
  pane.append(...elements);
  const extra = pane.children.length - maxLines;
  for (let count = 0; count < extra; count += 1) pane.firstElementChild.remove();
  if (extra > 0) droppedCount += extra;
  showCounts();
  if (isFollowing) pane.scrollTop = pane.scrollHeight;
  else unseenCount += elements.length;
  showNewest();
  onChanged();
}

function showCounts() {
  const { length } = pane.children;
  shown.textContent = `${length.toLocaleString('en')} ${length === 1 ? 'line' : 'lines'}.`;
  dropped.textContent =
    droppedCount === 0 ? '' : `${droppedCount.toLocaleString('en')} older lines are not shown any more`;
}

function showNewest() {
  newest.hidden = isFollowing;
  newest.textContent = unseenCount === 0 ? 'Newest line' : `Newest line (${unseenCount.toLocaleString('en')} more)`;
}

export function addLines(lines) {
  for (const line of lines) {
    const element = document.createElement('div');
    element.className = 'line';
    element.append(...parseAnsi(line).map(spanOf));
    queue(element);
  }
}

export function addNotice(text, level) {
  const element = document.createElement('div');
  element.className = `notice-line ${level}`;
  element.textContent = text;
  queue(element);
}

export function clearPane() {
  waiting = [];
  droppedCount = 0;
  pane.replaceChildren();
  showCounts();
  follow();
}

function follow() {
  isFollowing = true;
  unseenCount = 0;
  pane.scrollTop = pane.scrollHeight;
  showNewest();
}

// Scrolling up means reading: the pane does not move until its end is visible again.
pane.addEventListener('scroll', () => {
  const isAtEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 8;
  if (isAtEnd === isFollowing) return;
  if (isAtEnd) follow();
  else {
    isFollowing = false;
    showNewest();
  }
});
newest.addEventListener('click', follow);
