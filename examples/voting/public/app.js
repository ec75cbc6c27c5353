import { createClient } from './client.js';
import { allowVotes, celebrate, nameOf, onVote, showCounts } from './ballot.js';
import { showPeople } from './people.js';
import { showStatus } from './status.js';

const [state, notice, counted, people, dialog] = ['state', 'notice', 'counted', 'people', 'alert'].map((id) =>
  document.getElementById(id),
);

const words = {
  connecting: 'Connecting…',
  open: 'Connected',
  waiting: 'Connection lost. Reconnecting…',
  offline: 'You are offline',
  closed: 'Signed out',
};

/** Unconfirmed votes of this page: the candidate's id, by the vote's key. */
const unconfirmed = new Map();
let ownId;

function receive({ type, data }) {
  switch (type) {
    case 'snapshot':
      ownId = data.you.id;
      return showCounts(data.candidates);
    case 'vote':
      showCounts([{ id: data.user_id, count: data.count }]);
      return celebrate(data.user_id);
    case 'counted':
      return confirm(data);
    case 'users':
      return showPeople(data, ownId);
    case 'status':
      return showStatus(data);
    case 'alert':
      if (!dialog.open) dialog.showModal();
      return;
    case 'error':
      notice.textContent = data.reason;
      // A vote that cannot be counted at the moment is sent again.
      if (data.key) setTimeout(() => send(data.key), 1_000);
      else unconfirmed.clear();
  }
}

function confirm({ key, user_id: id, count }) {
  if (!unconfirmed.delete(key)) return;
  notice.textContent = '';
  counted.textContent = `Your vote is in: ${nameOf(id)} has ${count}`;
}

const client = createClient('/message', { sessionUrl: '/index' });
client.onstatuschange = () => {
  state.dataset.state = { waiting: 'closed', offline: 'closed' }[client.status] ?? client.status;
  state.textContent = words[client.status];
  allowVotes(client.status === 'open');
};
client.onmessage = ({ data }) => receive(JSON.parse(data));
client.onsessionended = () => location.assign('/login');
// A vote that was in flight may or may not have been counted: its key ensures that it is counted once, however often it
// is sent.
client.onopen = () => [...unconfirmed.keys()].forEach((key) => send(key));

function send(key) {
  const id = unconfirmed.get(key);
  if (id !== undefined && client.status === 'open') client.send(JSON.stringify({ vote: id, key }));
}

/** Pages over plain http from another machine have no `randomUUID`. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

onVote((id) => {
  if (client.status !== 'open') {
    notice.textContent = 'Not connected just now: your vote was not sent.';
    return;
  }
  const key = newKey();
  unconfirmed.set(key, id);
  send(key);
});

showPeople([...people.children].map(({ dataset, textContent }) => ({ id: dataset.id, name: textContent.trim() })));
