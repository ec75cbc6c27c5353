import { compose, giveBack } from './composer.js';
import { Connection } from './connection.js';
import { dropPending, lastLine, restart, showLine, showNewest, showNotice, showPending } from './lines.js';
import { showPeople } from './people.js';
import { endTyping, showTyping, stopTyping, throttleTyping } from './typing.js';

const [state, notice, away, composer] = ['state', 'notice', 'away', 'composer'].map((id) =>
  document.getElementById(id),
);
const { room, you } = document.body.dataset;

/** What was sent and has not come back yet, by its key: sent again after a break, and counted once by the server. */
const unconfirmed = new Map();
let connection;

function receive({ type, data }) {
  switch (type) {
    case 'welcome':
      for (const [key, text] of unconfirmed) connection.send(JSON.stringify({ type: 'say', key, text }));
      return;
    case 'restart':
      return restart();
    case 'lines':
      return data.forEach(receiveLine);
    case 'notice':
      return showNotice(data.text, data.at);
    case 'people':
      return showPeople(data, you);
    case 'typing':
      return showTyping(data);
    case 'refused':
      return refuse(data);
    case 'error':
      notice.textContent = data.reason;
  }
}

function receiveLine(line) {
  unconfirmed.delete(line.key);
  stopTyping(line.author.id);
  showLine(line);
}

function refuse({ key, reason }) {
  notice.textContent = reason;
  dropPending(key);
  if (unconfirmed.has(key)) giveBack(unconfirmed.get(key));
  unconfirmed.delete(key);
}

function showState(name, words) {
  state.dataset.state = name;
  state.textContent = words;
}

function showAway(isAway) {
  away.hidden = !isAway;
  composer.hidden = isAway;
}

function connect() {
  showAway(false);
  connection = new Connection(() => `/chat/${encodeURIComponent(room)}?after=${lastLine()}`, {
    onState: showState,
    onMessage: receive,
    onSignedOut: () => location.assign(`/login?room=${encodeURIComponent(room)}`),
    // 1000: we have said goodbye, here or by typing quit.
    onClosed: (code) => {
      if (code !== 1000) return false;
      showState('closed', 'You have left');
      showAway(true);
      return true;
    },
  });
}

compose({
  onProblem: (words) => {
    notice.textContent = words;
  },
  onTyping: () => throttleTyping(() => connection.send('{"type":"typing"}')),
  onText: (text) => {
    if (text.trim() === 'quit') return connection.send('quit');
    endTyping();
    const key = crypto.randomUUID();
    unconfirmed.set(key, text);
    showPending(key, text);
    return connection.send(JSON.stringify({ type: 'say', key, text }));
  },
});

document.getElementById('leave').addEventListener('click', () => connection.send('quit'));
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
