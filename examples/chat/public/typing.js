/** How long, in ms, a person counts as typing. */
const shown = 4_000;
/** The minimum interval, in ms, of our own typing notices. */
const interval = 2_000;

const words = document.getElementById('typing');
const people = new Map();
let toldAt = 0;

function show() {
  const names = [...people.values()].map(({ name }) => name);
  if (names.length === 0) words.textContent = '';
  else if (names.length > 3) words.textContent = 'Several people are typing…';
  else words.textContent = `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} typing…`;
}

export function showTyping({ id, name }) {
  clearTimeout(people.get(id)?.timer);
  people.set(id, { name, timer: setTimeout(() => stopTyping(id), shown) });
  show();
}

export function stopTyping(id) {
  clearTimeout(people.get(id)?.timer);
  people.delete(id);
  show();
}

/** The text was sent: the next keystroke is announced again. */
export function endTyping() {
  toldAt = 0;
}

/** Calls `tell` unless it has just been called. */
export function throttleTyping(tell) {
  if (Date.now() - toldAt < interval) return;
  toldAt = Date.now();
  tell();
}
