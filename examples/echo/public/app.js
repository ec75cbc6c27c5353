const stateNames = ['connecting', 'open', 'closing', 'closed'];
const [state, log, path, message] = ['state', 'log', 'path', 'message'].map((id) => document.getElementById(id));
const maxLines = 200;

let socket;

/** The `readyState` of the socket in words. */
function showState() {
  const { readyState } = socket ?? { readyState: WebSocket.CLOSED };
  state.textContent = stateNames[readyState];
  state.dataset.state = stateNames[readyState];
  document.getElementById('connect').disabled = readyState !== WebSocket.CLOSED;
  document.getElementById('close').disabled = readyState !== WebSocket.OPEN;
  document.getElementById('submit').disabled = readyState !== WebSocket.OPEN;
  path.disabled = readyState !== WebSocket.CLOSED;
}

function write(kind, text) {
  const line = document.createElement('li');
  line.className = kind;
  const time = document.createElement('time');
  time.textContent = new Date().toLocaleTimeString();
  const words = document.createElement('span');
  words.textContent = text;
  line.append(time, words);
  log.append(line);
  if (log.children.length > maxLines) log.firstElementChild.remove();
  log.scrollTop = log.scrollHeight;
}

function connect() {
  socket = new WebSocket(location.origin.replace(/^http/, 'ws') + path.value);
  socket.addEventListener('open', () => {
    write('notice', `opened ${path.value}`);
    showState();
    message.focus();
  });
  socket.addEventListener('message', ({ data }) => write('received', data));
  socket.addEventListener('close', ({ code, reason }) => {
    write('notice', `closed: ${code}${reason && ` ${reason}`}`);
    showState();
  });
  showState();
}

document.getElementById('connection').addEventListener('submit', (event) => {
  event.preventDefault();
  connect();
});
document.getElementById('close').addEventListener('click', () => {
  socket.close(1000);
  showState();
});
document.getElementById('sending').addEventListener('submit', (event) => {
  event.preventDefault();
  if (socket?.readyState !== WebSocket.OPEN || message.value === '') return;
  socket.send(message.value);
  write('sent', message.value);
  message.value = '';
});

connect();
