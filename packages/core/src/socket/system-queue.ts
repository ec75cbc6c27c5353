import { readdir, readFile, readlink } from 'node:fs/promises';

/** Linux's tables, with a line for each connection of this network namespace. Without IPv6 there is only one table. */
const folder = '/proc/net';
const tables = /^tcp6?$/;
const queuesColumn = 4;
const inodeColumn = 9;

/** One read serves all concurrent callers. */
let reading: Promise<ReadonlyMap<string, number>> | undefined;

/**
 * The bytes of a TCP connection that the system holds and the peer has not acknowledged; `undefined` if the system does
 * not report them. The system may send for a long time before it accepts more from the process: with a buffer of 2 MiB
 * and a link of 100 kbit/s, half a minute at a time.
 *
 * @param descriptor of the connection's file
 */
export async function unacknowledgedBytes(descriptor: number): Promise<number | undefined> {
  try {
    const link = await readlink(`/proc/self/fd/${descriptor}`);
    reading ??= readQueues();
    const queues = await reading;
    return queues.get(link.replace(/\D/g, ''));
  } catch {
    // Not Linux.
    return undefined;
  }
}

/** By the inode of the connection. */
async function readQueues(): Promise<ReadonlyMap<string, number>> {
  try {
    const names = (await readdir(folder)).filter((name) => tables.test(name));
    const texts = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'latin1')));
    const rows = texts.flatMap((text) => text.split('\n').slice(1, -1));
    return new Map(rows.map(parseRow));
  } finally {
    reading = undefined;
  }
}

function parseRow(row: string): [inode: string, length: number] {
  const columns = row.trim().split(/\s+/);
  return [columns[inodeColumn]!, Number.parseInt(columns[queuesColumn]!, 16)];
}
