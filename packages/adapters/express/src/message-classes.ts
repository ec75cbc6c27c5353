import { IncomingMessage, ServerResponse } from 'node:http';
import type { Application } from 'express';

/** The classes of an app's requests and responses, for `createServer()` of `node:http` and `node:https`. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** Properties of an Express app that its types lack: the prototypes that it gives its requests and responses. */
interface Prototypes {
  request: object;
  response: object;
}

/** One pair for each app, whatever makes its servers: V8 sees one shape of its requests, and one of its responses. */
const known = new WeakMap<Application, MessageClasses>();

/**
 * Classes whose objects have the app's prototypes from the start. Express gives each request and response its app's
 * prototype, and V8 then knows the shape of neither any more. If the prototype is there already, nothing changes.
 */
export function messageClasses(app: Application): MessageClasses {
  let classes = known.get(app);
  if (classes === undefined) {
    classes = createClasses(app as unknown as Prototypes);
    known.set(app, classes);
  }
  return classes;
}

/** Subclasses, because V8 then reserves room for the properties of the class below: objects without it are slow. */
function createClasses(app: Prototypes): MessageClasses {
  const classes = {
    IncomingMessage: class extends IncomingMessage {},
    ServerResponse: class<Request extends IncomingMessage> extends ServerResponse<Request> {},
  };
  app.request = asSuccessor(classes.IncomingMessage.prototype, app.request);
  app.response = asSuccessor(classes.ServerResponse.prototype, app.response);
  return classes;
}

/** Has a prototype take the place of another: with its properties, and what it inherits. */
function asSuccessor(prototype: object, former: object): object {
  Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(former));
  return Object.setPrototypeOf(prototype, Object.getPrototypeOf(former) as object | null) as object;
}
