interface Listened {
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void;
}

/** What a page has, and Node.js does not, or not all of it. */
export const browser = globalThis as unknown as Listened & {
  readonly location?: { readonly href: string };
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: Listened & { readonly hidden: boolean };
};
