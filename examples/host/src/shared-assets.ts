import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import express, { type RequestHandler } from 'express';

/**
 * The style sheet and scripts that the pages of several examples share, with the client; mount it beside an example's
 * own.
 */
export function sharedAssets(): RequestHandler {
  const assets = express.Router();
  const client = bundleClient();
  assets.get('/client.js', (_request, response) => void response.type('text/javascript').send(client));
  assets.use(express.static(fileURLToPath(new URL('../public', import.meta.url))));
  return assets;
}

/** One file for browsers, even if the packages have not been built. */
function bundleClient(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(import.meta.resolve('@turnout/client'))],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0]!.text;
}
