import { securityHeaders } from '@turnout/example-host';
import { Router } from '@turnout/express';

/** A page to try any WebSocket by hand, and a socket that answers. No session is required. */
export function benchRoutes(): ReturnType<typeof Router> {
  const routes = Router();
  // The only page that may connect to other origins, because its user chooses the address.
  routes.get('/bench', securityHeaders({ connectSrc: ['ws:', 'wss:'] }), (_request, response) => {
    response.render('bench');
  });
  routes.ws('/bench/reply', (socket) => {
    socket.on('message', (data, isBinary) => {
      socket.send(isBinary ? data : `Server received: ${data.toString()}`, { binary: isBinary });
    });
  });
  return routes;
}
