import { fileURLToPath } from 'node:url';
import express, { type RequestHandler } from 'express';

/** The style and the scripts that the pages of several examples use; to be mounted beside an example's own. */
export function sharedAssets(): RequestHandler {
  return express.static(fileURLToPath(new URL('../public', import.meta.url)));
}
