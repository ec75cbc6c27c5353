import { createClient } from './client.js';
import { compose, giveBack } from './composer.js';
import { dropOlder, dropPending, lastLine, showLine, showNewest, showNotice, showPending } from './lines.js';
import { showPeople } from './people.js';
import { endTyping, showTyping, stopTyping, throttleTyping } from './typing.js';

const [state, notice, away, composer] = ['state', 'notice', 'away', 'composer'].map((id) =>
  document.getElementById(id),
);
const { room, you } = document.body.dataset;

/**
 * Sent messages that have not been confirmed, by key: they are sent again after a disconnect, and stored once by the
 * server.
 */
const unconfirmed = new Map();

/**
 * Keys of messages that were sent more than once: the server may have stored them, even if it refused the last attempt.
 */
const sentAgain = new Set();
const retryDelay = 1_000;
let client;

function receive({ type, data }) {
  switch (type) {
    case 'welcome':
      return [...unconfirmed.keys()].forEach(sayAgain);
    case 'line':
      return receiveLine(data);
    case 'notice':
      return showNotice(data.text, data.at);
    case 'refused':
      return refuse(data);
    case 'later':
      notice.textContent = data.reason;
      return sayLater(data.key);
    case 'error':
      notice.textContent = data.reason;
  }
}

function receiveLine(line) {
  if (unconfirmed.delete(line.key)) notice.textContent = '';
  sentAgain.delete(line.key);
  stopTyping(line.author.id);
  showLine(line);
}

/** Fetches the lines from before the topic's history. */
async function fetchLines(after = lastLine()) {
  const response = await fetch(`${location.pathname}/lines?after=${after}`).catch(() => undefined);
  // To the login page.
  if (response?.redirected) return;
  if (!response?.ok) return void setTimeout(() => void fetchLines(after), retryDelay);
  const { lines, isAll } = await response.json();
  if (isAll) dropOlder(lines[0]?.id ?? 0);
  lines.forEach(receiveLine);
}

function refuse({ key, reason }) {
  notice.textContent = reason;
  if (sentAgain.has(key)) return sayLater(key);
  dropPending(key);
  if (unconfirmed.has(key)) giveBack(unconfirmed.get(key));
  unconfirmed.delete(key);
}

const words = {
  connecting: 'Connecting…',
  open: 'Connected',
  waiting: 'Connection lost. Reconnecting…',
  offline: 'You are offline',
  closed: 'You have left',
};

function showState() {
  state.dataset.state = { waiting: 'closed', offline: 'closed' }[client.status] ?? client.status;
  state.textContent = words[client.status];
}

function showAway(isAway) {
  away.hidden = !isAway;
  composer.hidden = isAway;
}

function connect() {
  showAway(false);
  let hasBegun = false;
  client = createClient(location.pathname, { sessionUrl: location.pathname });
  client.subscribe(`room ${room}`, {
    onMessage: receive,
    // Lines since the page was rendered; later missing ones are reported as a gap.
    onSubscribed: () => {
      if (!hasBegun) void fetchLines();
      hasBegun = true;
    },
    onGap: () => void fetchLines(),
    onPeople: (people) =>
      showPeople(
        people.map(({ id, details }) => ({ id, name: details })),
        you,
      ),
  });
  client.subscribe(`typing ${room}`, {
    // In another tab, perhaps.
    onMessage: (person) => person.id === you || showTyping(person),
  });
  client.onstatuschange = showState;
  client.onmessage = ({ data }) => receive(JSON.parse(data));
  client.onsessionended = () => location.assign(`/login?room=${encodeURIComponent(room)}`);
  // 1000: we have left, with the button or by typing quit.
  client.onclose = ({ code }) => showAway(code === 1000);
}

/** Nothing is queued while there is no connection: our messages are sent again after the welcome. */
function send(data) {
  if (client.status === 'open') client.send(data);
}

function sayAgain(key) {
  const text = unconfirmed.get(key);
  if (text === undefined) return;
  sentAgain.add(key);
  send(JSON.stringify({ type: 'say', key, text }));
}

function sayLater(key) {
  setTimeout(() => sayAgain(key), retryDelay);
}

compose({
  onProblem: (words) => {
    notice.textContent = words;
  },
  onTyping: () => throttleTyping(() => send('{"type":"typing"}')),
  onText: (text) => {
    if (text.trim() === 'quit') return send('quit');
    endTyping();
    const key = crypto.randomUUID();
    unconfirmed.set(key, text);
    showPending(key, text);
    return send(JSON.stringify({ type: 'say', key, text }));
  },
});

document.getElementById('leave').addEventListener('click', () => send('quit'));
document.getElementById('return').addEventListener('click', connect);
for (const button of document.querySelectorAll('.talk button')) button.disabled = false;

showPeople(
  [...document.getElementById('people').children].map(({ dataset, textContent }) => ({
    id: dataset.id,
    name: textContent.trim(),
  })),
  you,
);
showNewest();
connect();
