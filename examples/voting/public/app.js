const find = (id) => document.getElementById(id);
const state = find('state');
const notice = find('notice');
const dialog = find('alert');
const buttons = [...document.querySelectorAll('button.vote')];

/** How long to wait before the next try, in ms: longer each time, and never the same for two pages. */
const firstDelay = 300;
const longestDelay = 10_000;

let socket;
let failures = 0;

function connect() {
  show('connecting', failures === 0 ? 'Connecting…' : 'Reconnecting…');
  socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/message`);
  socket.addEventListener('open', () => {
    failures = 0;
    notice.textContent = '';
    show('open', 'Live');
  });
  socket.addEventListener('message', ({ data }) => receive(JSON.parse(data)));
  socket.addEventListener('close', ({ code }) => {
    if (code === 3000) return location.assign('/login');
    show('closed', 'Connection lost. Reconnecting…');
    setTimeout(() => void reconnect(), Math.random() * Math.min(longestDelay, firstDelay * 2 ** ++failures));
  });
}

/** A browser is not told why a handshake was refused. Whether the session has ended, a page can be asked. */
async function reconnect() {
  try {
    const { type } = await fetch('/index', { method: 'HEAD', redirect: 'manual' });
    if (type === 'opaqueredirect') return location.assign('/login');
  } catch {
    // The server is away: the WebSocket will find out when it is back.
  }
  return connect();
}

function receive({ type, data }) {
  switch (type) {
    case 'snapshot':
      for (const { id, count } of data.candidates) setCount(id, count);
      return showShares();
    case 'vote':
      setCount(data.user_id, data.count);
      celebrate(data.user_id);
      return showShares();
    case 'users':
      return showPeople(data);
    case 'alert':
      if (!dialog.open) dialog.showModal();
      return;
    case 'error':
      notice.textContent = data.reason;
  }
}

function show(name, words) {
  state.dataset.state = name;
  state.textContent = words;
  for (const button of buttons) button.setAttribute('aria-disabled', String(name !== 'open'));
}

function setCount(id, count) {
  const element = find(`user_${id}`);
  // A snapshot may be older than a vote that was on its way; counts only grow.
  if (element && count > Number(element.textContent)) element.textContent = String(count);
}

function showShares() {
  const counts = buttons.map(({ value }) => Number(find(`user_${value}`).textContent));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const most = Math.max(...counts, 1);
  find('total').textContent = total.toLocaleString();
  buttons.forEach((button, index) => {
    const candidate = button.closest('.candidate');
    const percent = total === 0 ? 0 : Math.round((100 * counts[index]) / total);
    candidate.querySelector('.share').textContent = `${percent} %`;
    candidate.querySelector('progress').value = counts[index] / most;
    candidate.classList.toggle('leads', total > 0 && counts[index] === most);
  });
}

/** The first letter, whole: one that takes two units of UTF-16 is not cut. */
function initialOf(name) {
  return String.fromCodePoint(name.codePointAt(0)).toUpperCase();
}

function celebrate(id) {
  const candidate = find(`user_${id}`)?.closest('.candidate');
  candidate?.classList.remove('voted');
  requestAnimationFrame(() => candidate?.classList.add('voted'));
}

function showPeople(people) {
  find('people-count').textContent = String(people.length);
  find('people').replaceChildren(
    ...people.map(({ name }) => {
      const item = document.createElement('li');
      item.dataset.initial = initialOf(name);
      item.textContent = name;
      return item;
    }),
  );
}

for (const button of buttons) {
  button.addEventListener('click', () => {
    if (socket.readyState === WebSocket.OPEN) socket.send(button.value);
    else notice.textContent = 'Not connected just now: your vote was not sent.';
  });
}
for (const item of find('people').children) item.dataset.initial = initialOf(item.textContent.trim());

showShares();
connect();
