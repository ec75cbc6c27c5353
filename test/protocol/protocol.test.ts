import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StateMessage, TopicMessage } from '@turnout/topics';
import { describe, expect, onTestFinished, test } from 'vitest';
import { root } from '../architecture/read-workspace.ts';
import { startRedis } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { findConversations, parseShown } from './conversation.ts';
import { needsBroker, Replay } from './replay.ts';
import { Scene } from './scene.ts';

const conversations = findConversations(readFileSync(join(root, 'docs/protocol.md'), 'utf8'));

type KeyOf<Shape> = Shape extends unknown ? keyof Shape : never;

/** All keys of messages about topics. */
const keys: Readonly<Record<KeyOf<TopicMessage | StateMessage>, true>> = {
  topic: true,
  data: true,
  bytes: true,
  offset: true,
  subscribed: true,
  gap: true,
  epoch: true,
  people: true,
  page: true,
  more: true,
  joined: true,
  left: true,
  count: true,
  refused: true,
  state: true,
  set: true,
  unset: true,
};

describe('docs/protocol.md', () => {
  test('shows every possible key of a message', () => {
    const received = conversations.flatMap(({ steps }) => steps.filter(({ kind }) => kind === 'receive'));
    const shown = received.flatMap(({ text }) => Object.keys(Object(parseShown(text)) as object));
    expect(new Set(shown)).toEqual(new Set([...Object.keys(keys), 'pong']));
  });

  test('has conversations with unique names', () => {
    const names = conversations.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  test.each(conversations.filter((conversation) => !needsBroker(conversation)))(
    'matches a server in line $line, $name',
    async (conversation) => {
      const scene = await Scene.start();
      onTestFinished(() => scene.stop());
      await Replay.run(conversation, scene);
    },
  );
});

describe.skipIf(requireSystemPart('redis-server') === undefined)('docs/protocol.md, with Redis as the broker,', () => {
  test.each(conversations.filter(needsBroker))('matches a server in line $line, $name', async (conversation) => {
    const daemon = await startRedis();
    onTestFinished(() => daemon.stop());
    const scene = await Scene.start(daemon);
    onTestFinished(() => scene.stop());
    await Replay.run(conversation, scene);
  });
});

describe('the finder of conversations', () => {
  const mark = '<!-- conversation: a -->\n';

  test('parses lines by their signs', () => {
    const lines = '> {"ping":true}\n< {"pong":true}\n# ann leaves\n< close 1001 Bye\n';
    expect(findConversations(`# Title\n\n${mark}\`\`\`text\n${lines}\`\`\`\n`)).toEqual([
      {
        name: 'a',
        line: 3,
        steps: [
          { kind: 'send', text: '{"ping":true}' },
          { kind: 'receive', text: '{"pong":true}' },
          { kind: 'happen', text: 'ann leaves' },
          { kind: 'close', text: '1001 Bye' },
        ],
      },
    ]);
  });

  test('rejects a mark without a block, and a line without a sign', () => {
    expect(() => findConversations(`${mark}words\n`)).toThrow('A mark has no text block under it');
    expect(() => findConversations(`${mark}\`\`\`text\nwords\n\`\`\`\n`)).toThrow('No line of a conversation: words');
  });
});
