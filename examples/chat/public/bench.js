const stateNames = ['connecting', 'open', 'closing', 'closed'];
/** The codes of RFC 6455 §7.4.1 and of IANA's registry, in words. */
const codeWords = {
  1000: 'normal closure',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'no code was given',
  1006: 'the connection broke, or was refused',
  1007: 'invalid payload',
  1008: 'policy violation',
  1009: 'message too big',
  1010: 'an extension is missing',
  1011: 'internal error',
  1012: 'service restart',
  1013: 'try again later',
  1014: 'bad gateway',
  3000: 'unauthorized: the session has ended',
  3003: 'forbidden',
};
const maxLines = 500;

const byId = (id) => document.getElementById(id);
const [state, log, host, port, path, message, file] = ['state', 'log', 'host', 'port', 'path', 'message', 'file'].map(
  byId,
);
let socket;

/** `2026/11/20 08:05:09` */
function stamp(date) {
  const two = (number) => String(number).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('/');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

function write(direction, facts, text) {
  const line = document.createElement('li');
  line.dataset.direction = direction;
  for (const [name, content] of [
    ['time', stamp(new Date())],
    ['b', direction],
    ['i', facts],
    ['span', text],
  ]) {
    const part = document.createElement(name);
    part.textContent = content;
    line.append(part);
  }
  log.append(line);
  while (log.children.length > maxLines) log.firstElementChild.remove();
  log.scrollTop = log.scrollHeight;
}

function showState() {
  const name = stateNames[socket?.readyState ?? WebSocket.CLOSED];
  const isOpen = name === 'open';
  state.textContent = name;
  state.dataset.state = name;
  for (const field of [byId('connect'), host, port, path]) field.disabled = name !== 'closed';
  byId('disconnect').disabled = name === 'closed' || name === 'closing';
  byId('send').disabled = !isOpen;
  byId('send-file').disabled = !isOpen;
}

function describeBytes(bytes) {
  const start = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > 16 ? `${start} …` : start;
}

function writeFrame(direction, data) {
  if (typeof data === 'string') {
    const { length } = new TextEncoder().encode(data);
    write(direction, `text, ${length} bytes`, data);
  } else {
    write(direction, `binary, ${data.byteLength} bytes`, describeBytes(new Uint8Array(data)));
  }
}

function connect() {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const address = `${scheme}://${host.value}:${port.value}${path.value.startsWith('/') ? '' : '/'}${path.value}`;
  try {
    socket = new WebSocket(address);
  } catch (error) {
    return write('error', '', error.message);
  }
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => {
    write('opened', address, '');
    showState();
    message.focus();
  });
  socket.addEventListener('message', ({ data }) => writeFrame('received', data));
  socket.addEventListener('close', ({ code, reason, wasClean }) => {
    const words = codeWords[code] ?? 'a code of the application';
    write('closed', `${code}, ${words}${wasClean ? '' : ', without a closing handshake'}`, reason);
    showState();
  });
  return showState();
}

function send(data) {
  socket.send(data);
  writeFrame('sent', data);
}

async function sendFile() {
  const [chosen] = file.files;
  if (chosen === undefined) write('error', '', 'Choose a file first');
  else send(await chosen.arrayBuffer());
}
byId('send-file').addEventListener('click', () => void sendFile());

byId('connection').addEventListener('submit', (event) => {
  event.preventDefault();
  connect();
});
byId('disconnect').addEventListener('click', () => {
  socket.close(1000);
  showState();
});
byId('sending').addEventListener('submit', (event) => {
  event.preventDefault();
  send(message.value);
  message.value = '';
});

host.value = location.hostname;
port.value = location.port || (location.protocol === 'https:' ? '443' : '80');
showState();
