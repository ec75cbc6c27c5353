import { allowVotes, celebrate, nameOf, onVote, showCounts } from './ballot.js';
import { Connection } from './connection.js';
import { showPeople } from './people.js';

const [state, notice, counted, people, dialog] = ['state', 'notice', 'counted', 'people', 'alert'].map((id) =>
  document.getElementById(id),
);

/** Votes of this page that the server has not told of yet: the candidate's id, and how many. */
const unconfirmed = new Map();
let ownId;

function receive({ type, data }) {
  switch (type) {
    case 'snapshot':
      ownId = data.you.id;
      return showCounts(data.candidates);
    case 'vote':
      showCounts([{ id: data.user_id, count: data.count }]);
      celebrate(data.user_id);
      return confirm(data);
    case 'users':
      return showPeople(data, ownId);
    case 'alert':
      if (!dialog.open) dialog.showModal();
      return;
    case 'error':
      unconfirmed.clear();
      notice.textContent = data.reason;
  }
}

function confirm({ user_id: id, count }) {
  const waiting = unconfirmed.get(id) ?? 0;
  if (waiting === 0) return;
  if (waiting === 1) unconfirmed.delete(id);
  else unconfirmed.set(id, waiting - 1);
  notice.textContent = '';
  counted.textContent = `Your vote is in: ${nameOf(id)} has ${count}`;
}

function showState(name, words) {
  state.dataset.state = name;
  state.textContent = words;
  allowVotes(name === 'open');
  if (name === 'closed' && unconfirmed.size > 0) {
    // Not sent again: it may have been counted, and nobody's vote counts twice.
    const names = [...unconfirmed.keys()].map((id) => nameOf(id)).join(' and ');
    notice.textContent = `The connection broke before your vote for ${names} was confirmed. Look at the numbers, then vote again if it is missing.`;
    unconfirmed.clear();
  }
}

const connection = new Connection(() => '/message', {
  onState: showState,
  onMessage: receive,
  onSignedOut: () => location.assign('/login'),
});

onVote((id) => {
  if (connection.send(id)) unconfirmed.set(id, (unconfirmed.get(id) ?? 0) + 1);
  else notice.textContent = 'Not connected just now: your vote was not sent.';
});

showPeople([...people.children].map(({ dataset, textContent }) => ({ id: dataset.id, name: textContent.trim() })));
