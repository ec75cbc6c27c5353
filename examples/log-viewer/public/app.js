import { addLines, addNotice, clearPane, onPaneChanged } from './pane.js';
import { searchAgain } from './search.js';

/** Code of Turnout for a session that has ended (IANA: Unauthorized). */
const sessionEnded = 3000;

const byId = (id) => document.getElementById(id);
const [viewer, state, title] = ['viewer', 'state', 'title'].map(byId);
let logId;
let socket;

function showState(name, words) {
  state.dataset.state = name;
  state.textContent = words;
  byId('start').disabled = name !== 'closed';
  byId('stop').disabled = name !== 'open';
}

function receive(text) {
  if (text === 'close connect') return addNotice('Stopped', 'note');
  const { type, data } = JSON.parse(text);
  if (type === 'lines') return addLines(data);
  if (type === 'skipped')
    return addNotice(`${data.toLocaleString('en')} lines were left out: this page was too slow`, 'error');
  return addNotice(data.text, data.level);
}

function start() {
  clearPane();
  showState('connecting', 'Connecting…');
  const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/logs/${logId}`);
  socket = opened;
  opened.addEventListener('open', () => {
    if (opened === socket) showState('open', 'Following');
  });
  opened.addEventListener('message', ({ data }) => {
    if (opened === socket) receive(data);
  });
  opened.addEventListener('close', ({ code }) => {
    if (opened !== socket) return;
    showState('closed', 'Stopped');
    if (code === sessionEnded) location.assign('/login');
    else if (code !== 1000) addNotice('The connection to this server broke: press Start to follow again', 'error');
  });
}

/** Closes the log, and ignores what it still sends. */
function leave() {
  const left = socket;
  socket = undefined;
  left?.close(1000);
  showState('closed', 'Stopped');
}

for (const button of document.querySelectorAll('.log')) {
  button.addEventListener('click', () => {
    logId = button.dataset.log;
    title.textContent = button.dataset.title;
    viewer.showModal();
    start();
  });
  button.disabled = false;
}
byId('start').addEventListener('click', start);
byId('stop').addEventListener('click', () => socket?.send('quit'));
byId('close').addEventListener('click', () => viewer.close());
viewer.addEventListener('close', leave);
onPaneChanged(searchAgain);
showState('closed', 'Stopped');
