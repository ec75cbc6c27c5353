import { randomUUID } from 'node:crypto';
import type { WebSocket } from '@turnout/express';
import { holdReading, type RateLimit } from '@turnout/example-host';
import type { Request } from 'express';
import { readMessage } from './chat-message.ts';
import type { History } from './history.ts';
import type { Rooms } from './rooms.ts';

export interface ChatParts {
  readonly rooms: Rooms;
  readonly history: History;
  readonly rateLimit: RateLimit;
}

/** At most one typing notice per person is sent in this time, in ms. */
const typingInterval = 2_000;

/** The `/chat/:room` socket. Only the session identifies the speaker. */
export function chatOver({ rooms, history, rateLimit }: ChatParts) {
  return (socket: WebSocket, request: Request<{ room: string }>): void => {
    const { room: name } = request.params;
    const person = request.session.chatter!;
    const room = rooms.open(name);
    let typedAt = 0;
    /** The last message, until it is stored. */
    let saying: Promise<unknown> = Promise.resolve();
    const answer = (type: string, data: object): boolean => socket.send(JSON.stringify({ type, data }));

    const say = async (text: string, key: string = randomUUID()): Promise<unknown> => {
      const wait = rateLimit.take(person.id);
      if (wait > 0) {
        holdReading(socket);
        const seconds = Math.ceil(wait / 1000);
        return answer('refused', { key, reason: `You are writing too fast: wait ${seconds} s` });
      }
      typedAt = 0;
      // Stored on disk before it is published.
      const kept = await history.add(name, { author: person, key, text }).catch((error: unknown) => {
        console.error('Cannot keep a message:', error);
        return null;
      });
      if (kept === null) return answer('later', { key, reason: 'Messages cannot be kept just now' });
      // Also if it was already stored: the process that stored it may have ended before it published it.
      return room.tell(kept);
    };

    const tellTyping = (): unknown => {
      if (Date.now() - typedAt < typingInterval) return undefined;
      typedAt = Date.now();
      return room.tellTyping(socket, person);
    };

    room.enter(socket);
    answer('welcome', { you: person, room: name });
    const handle = rooms.hub.commands(socket, (topic) => room.admit(topic, person));
    socket.on('message', async (data, isBinary) => {
      if (!isBinary && (await handle(data))) return undefined;
      const message = readMessage(data, isBinary);
      switch (message.type) {
        case 'say':
          saying = say(message.text, message.key);
          return saying;
        case 'typing':
          return tellTyping();
        case 'quit':
          await saying;
          return room.quit(socket, person);
        case 'mistake':
          return answer('error', { reason: message.reason });
        case 'keep-alive':
          return undefined;
      }
    });
  };
}
