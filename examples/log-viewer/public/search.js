const pane = document.getElementById('pane');
const input = document.getElementById('search');
const found = document.getElementById('found');

// A browser that cannot highlight ranges still finds and counts them.
const [highlight, current] = globalThis.Highlight ? [new Highlight(), new Highlight()] : [new Set(), new Set()];
CSS.highlights?.set('match', highlight).set('current-match', current);

let matches = [];
let index = -1;

/** The ranges of one line that match the text, across the boundaries of colours. */
function rangesIn(line, text) {
  const nodes = [...line.childNodes].map((span) => span.firstChild ?? span).filter((node) => node.nodeType === 3);
  const whole = nodes
    .map((node) => node.data)
    .join('')
    .toLowerCase();
  const ranges = [];
  for (let at = whole.indexOf(text); at >= 0; at = whole.indexOf(text, at + text.length)) {
    const range = new Range();
    place(nodes, at, (node, offset) => range.setStart(node, offset));
    place(nodes, at + text.length, (node, offset) => range.setEnd(node, offset));
    ranges.push(range);
  }
  return ranges;
}

/** Finds the node and the offset of a position in the line. */
function place(nodes, position, set) {
  let rest = position;
  for (const node of nodes) {
    if (rest <= node.length) return set(node, rest);
    rest -= node.length;
  }
  return undefined;
}

/** Highlights the matches in all current lines, without changing the page's elements. */
export function searchAgain() {
  const text = input.value.toLowerCase();
  matches = text === '' ? [] : [...pane.children].flatMap((line) => rangesIn(line, text));
  highlight.clear();
  for (const range of matches) highlight.add(range);
  index = Math.min(index, matches.length - 1);
  showCount();
}

function showCount() {
  current.clear();
  if (index >= 0) current.add(matches[index]);
  if (input.value === '') found.textContent = '';
  else if (index >= 0) found.textContent = `${index + 1} of ${matches.length}`;
  else found.textContent = matches.length === 1 ? '1 match' : `${matches.length.toLocaleString('en')} matches`;
}

function go(step) {
  if (matches.length === 0) return;
  index = index < 0 && step < 0 ? matches.length - 1 : (index + step + matches.length) % matches.length;
  matches[index].startContainer.parentElement.scrollIntoView({ block: 'center' });
  showCount();
}

input.addEventListener('input', () => {
  index = -1;
  searchAgain();
});
input.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  go(event.shiftKey ? -1 : 1);
});
document.getElementById('next').addEventListener('click', () => go(1));
document.getElementById('previous').addEventListener('click', () => go(-1));
