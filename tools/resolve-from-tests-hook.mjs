const tests = new URL('../test/package.json', import.meta.url).href;

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    const isBare = !/^(\.|\/|[a-z]+:)/.test(specifier);
    if (!isBare) throw error;
    return nextResolve(specifier, { ...context, parentURL: tests });
  }
}
