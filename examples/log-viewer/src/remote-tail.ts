import type { Client, ClientChannel } from 'ssh2';
import { HostError } from './host-error.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Host, Log } from './log-store.ts';
import { logIn, type SshSettings } from './ssh-login.ts';

/** How many lines are sent first. */
export const firstLines = 200;

export interface TailListener {
  readonly onLines: (lines: string[]) => void;
  /** Messages of `tail` itself: a file was replaced, is missing, or cannot be read. */
  readonly onNotice: (text: string) => void;
  readonly onEnd: () => void;
}

/** `tail -F` on a host, over ssh. */
export class RemoteTail {
  readonly #client: Client;
  readonly #channel: ClientChannel;

  private constructor(client: Client, channel: ClientChannel, { onLines, onNotice, onEnd }: TailListener) {
    this.#client = client;
    this.#channel = channel;
    const [lines, notices] = [new LineSplitter(), new LineSplitter()];
    channel.on('data', (chunk: Buffer) => {
      const whole = lines.push(chunk);
      if (whole.length > 0) onLines(whole);
    });
    channel.stderr.on('data', (chunk: Buffer) => notices.push(chunk).forEach(onNotice));
    channel.on('close', onEnd);
    client.on('error', () => channel.destroy());
    client.on('close', () => channel.destroy());
  }

  /** Rejects with a {@link HostError}. */
  static async start(host: Host, log: Log, settings: SshSettings, listener: TailListener): Promise<RemoteTail> {
    const client = await logIn(host, settings);
    return new Promise((resolve, reject) => {
      client.exec(tailCommand(log.path), (error, channel) => {
        if (!error) return resolve(new RemoteTail(client, channel, listener));
        client.end();
        return reject(new HostError(`${host.name} does not run tail: ${error.message}`, { isFinal: false }));
      });
    });
  }

  /** Stops reading: ssh holds the host back, and `tail` waits. */
  pause(): void {
    this.#channel.pause();
  }

  resume(): void {
    this.#channel.resume();
  }

  /** Also ends the remote `tail`. */
  end(): void {
    this.#channel.end();
    this.#client.end();
  }
}

/**
 * The command for the remote shell. `tail -F` alone would notice only at its next line that nobody reads any more. So a
 * `cat` waits for the end of its input, which comes with the end of the connection for any reason, and then `tail` is
 * killed.
 */
export function tailCommand(path: string): string {
  const script = `tail -n ${firstLines} -F -- "$1" & tail=$!; cat >/dev/null; kill "$tail"`;
  return `exec sh -c ${quote(script)} sh ${quote(path)}`;
}

/** Quotes any text as one word of a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
