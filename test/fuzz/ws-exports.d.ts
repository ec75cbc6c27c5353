// Exports of ws that its types lack.
declare module 'ws' {
  export const extension: { parse(header: string): Record<string, unknown> };
  export const subprotocol: { parse(header: string): Set<string> };
  export class Receiver {
    constructor(options: { readonly isServer: boolean; readonly maxPayload: number });
    on(name: string, listener: (...args: never[]) => void): this;
    _write(chunk: Buffer, encoding: string, callback: (error?: Error | null) => void): void;
  }
}
export {};
