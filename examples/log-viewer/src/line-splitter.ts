import { StringDecoder } from 'node:string_decoder';

/** The maximum length of a line, in characters: no page could show more. */
const maxLine = 16 * 1024;

/** Bytes in, lines of text out. Characters and lines that are split between reads are joined. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  /** Truncated characters of the current line. */
  #cut = 0;

  push(chunk: Buffer): string[] {
    const pieces = this.#decoder.write(chunk).split('\n');
    const last = pieces.pop()!;
    const lines = pieces.map((piece) => {
      this.#extend(piece);
      return this.#take();
    });
    this.#extend(last);
    return lines;
  }

  #extend(piece: string): void {
    const room = Math.max(0, maxLine - this.#rest.length);
    this.#rest += piece.slice(0, room);
    this.#cut += Math.max(0, piece.length - room);
  }

  #take(): string {
    const line = this.#cut > 0 ? `${this.#rest} … ${this.#cut} more characters` : this.#rest.replace(/\r$/, '');
    this.#rest = '';
    this.#cut = 0;
    return line;
  }
}
