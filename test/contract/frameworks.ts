import express5 from 'express';
import express4 from 'express4';
import { expressFramework } from './express.ts';
import { fastify } from './fastify.ts';
import type { Framework } from './framework.ts';
import { koa, koaRouter } from './koa.ts';
import { nodeHttp } from './node-http.ts';

export const frameworks: readonly Framework[] = [
  expressFramework('express 5', express5),
  expressFramework('express 4', express4),
  koa,
  koaRouter,
  fastify,
  nodeHttp,
];
