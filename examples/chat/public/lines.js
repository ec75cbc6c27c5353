/** How many lines are shown: older ones are removed, as on the server. */
const maxShown = 400;

const list = document.getElementById('lines');
const { you } = document.body.dataset;
let last = Number(list.dataset.last);

/** The id of the last line that the page has. */
export function lastLine() {
  return last;
}

/** Whether the reader is at the newest line: only then the list scrolls with new lines. */
function isAtEnd() {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 40;
}

function append(item) {
  const follows = isAtEnd();
  list.append(item);
  while (list.children.length > maxShown) list.firstElementChild.remove();
  if (follows) showNewest();
}

export function showNewest() {
  list.scrollTop = list.scrollHeight;
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function clock(at) {
  const time = element('time', '', new Date(at).toLocaleTimeString('en-GB'));
  time.dateTime = new Date(at).toISOString();
  return time;
}

/** Shows a line. All of it is text, whatever it contains. A line that is already shown is not shown again. */
export function showLine({ id, author, text, at, key }) {
  dropPending(key);
  const shown = [...list.querySelectorAll('[data-id]')];
  if (shown.some(({ dataset }) => dataset.id === String(id))) return;
  const item = element('li', 'line', '');
  item.dataset.id = String(id);
  item.dataset.author = author.id;
  const head = element('p', 'head', '');
  head.append(element('strong', 'author', author.name), clock(at));
  item.append(head, element('p', 'text', text));
  markOwn(item);
  // Fetched lines may arrive after live ones.
  const next = shown.find(({ dataset }) => Number(dataset.id) > id);
  if (next) next.before(item);
  else append(item);
  last = Math.max(last, id);
}

export function showNotice(text, at) {
  const item = element('li', 'event', text);
  item.append(clock(at));
  append(item);
}

/** A message that is being sent. */
export function showPending(key, text) {
  const item = element('li', 'line pending own', '');
  item.dataset.key = key;
  item.append(element('p', 'head', 'Sending…'), element('p', 'text', text));
  append(item);
  showNewest();
}

export function dropPending(key) {
  [...list.querySelectorAll('.pending')].find((item) => item.dataset.key === key)?.remove();
}

/** Some missed lines may no longer be stored: removes lines older than the first stored one. */
export function dropOlder(id) {
  for (const item of list.querySelectorAll('[data-id]')) if (Number(item.dataset.id) < id) item.remove();
}

function markOwn(item) {
  item.classList.toggle('own', item.dataset.author === you);
  return item;
}

// The server rendered the times in its own time zone; this converts them to the reader's.
for (const item of list.children) {
  markOwn(item);
  const time = item.querySelector('time');
  time.textContent = new Date(time.dateTime).toLocaleTimeString('en-GB');
}
showNewest();
