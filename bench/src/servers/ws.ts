// ws as its README shows it, on node:http.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import type { ServerOptions, WebSocket } from 'ws';
import { listenAndReport } from './report-to-parent.ts';

type Route = (socket: WebSocket, all: ReadonlySet<WebSocket>) => void;

function echo(socket: WebSocket): void {
  socket.on('message', (data: Buffer, isBinary) => socket.send(data, { binary: isBinary }));
}

const routes = new Map<string, WebSocketServer>();
function serve(path: string, route: Route, options: ServerOptions = {}): void {
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 * 1024, ...options });
  webSockets.on('connection', (socket) => {
    socket.on('error', () => socket.terminate());
    route(socket, webSockets.clients);
  });
  routes.set(path, webSockets);
}
serve('/echo', echo);
serve('/deflate', echo, { perMessageDeflate: { threshold: 0 } });
serve('/strings', (socket) => {
  socket.on('message', (data: Buffer) => socket.send(data.toString()));
});
serve('/fanout', (socket, all) => {
  socket.on('message', (data: Buffer, isBinary) => {
    for (const each of all) each.send(data, { binary: isBinary });
  });
});

const server = createServer();
server.on('upgrade', (request, duplex, head) => {
  const webSockets = routes.get(request.url!)!;
  webSockets.handleUpgrade(request, duplex, head, (socket) => webSockets.emit('connection', socket, request));
});
await listenAndReport(server);
