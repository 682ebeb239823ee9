import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Endpoint } from '../domain/endpoint.ts';
import { PayloadRefusedError } from '../payloads/refusal.ts';
import { createTokenCheck, TokenKeysError, TokenRefusedError, type WhoSent } from './access-token.ts';
import type { CodecServerConfig } from './config.ts';
import { decodePayloads, encodePayloads, NotEncodableError, parsePayloads, type Converted } from './payloads.ts';

/** One line of the access log: who had what decrypted, and never what was in it. */
export interface AccessRecord {
  time: string;
  operation: string;
  status: number;
  /** The token's subject; absent where no token held. */
  subject?: string;
  origin?: string;
  namespace?: string;
  workflowIds?: readonly string[];
  payloads?: number;
  refused?: string;
}

export interface CodecServer {
  address: Endpoint;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** As much of a path is logged. */
const MAX_OPERATION = 100;
const REQUEST_TIMEOUT_MS = 30_000;
/** What the Web UI sends. */
const ALLOWED_HEADERS = 'authorization, authorization-extras, content-type, x-namespace';
const PREFLIGHT_AGE_S = 600;

const OPERATIONS = { decode: decodePayloads, encode: encodePayloads } as const;

/** An answer other than 200; `message` may be told to whoever asked. */
class RefusedError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Serves Temporal's protocol of codec servers: `POST …/decode` and `…/encode`, and `GET /livez`. Each request needs a
 * token and `X-Namespace`. `log` is told of every one of them.
 */
export async function startCodecServer(
  config: CodecServerConfig,
  log: (record: AccessRecord) => void,
): Promise<CodecServer> {
  const whoSent = createTokenCheck(config);
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    // Nobody else would hear of it, and the process would end.
    answer(config, whoSent, log, request, response).catch(() => response.destroy());
  };
  const server = config.tls === undefined ? createServer(handle) : createTlsServer(config.tls, handle);
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.address.port, config.address.host, resolve);
  });
  return {
    address: { host: config.address.host, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function answer(
  config: CodecServerConfig,
  whoSent: WhoSent,
  log: (record: AccessRecord) => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path === '/livez' && request.method === 'GET') {
    send(response, 200, { status: 'alive' });
    return;
  }
  // Only the last part counts, so that a proxy may mount it anywhere.
  const operation = path.slice(path.lastIndexOf('/') + 1).slice(0, MAX_OPERATION);
  const { origin } = request.headers;
  const record: AccessRecord = { time: new Date().toISOString(), operation, status: 200 };
  if (origin !== undefined) record.origin = origin.slice(0, 300);
  try {
    allowOrigin(config, origin, response);
    if (!isOperation(operation)) throw new RefusedError(404, 'not-found', 'there are only /decode and /encode');
    if (request.method === 'OPTIONS') {
      preflight(response);
      return;
    }
    if (request.method !== 'POST') throw new RefusedError(405, 'method-not-allowed', 'only POST is answered');
    record.subject = await whoSent(request.headers.authorization);
    const { converted, ...body } = await convert(config, operation, request, record);
    record.payloads = converted;
    send(response, 200, { payloads: body.payloads });
    log(record);
  } catch (error) {
    const refused = toRefusal(error);
    if (response.headersSent) {
      response.destroy();
      log({ ...record, status: refused.status, refused: refused.code });
      return;
    }
    if (refused.status === 401) response.setHeader('www-authenticate', 'Bearer');
    send(response, refused.status, { error: refused.code, message: refused.message });
    log({ ...record, status: refused.status, refused: refused.code });
  }
}

async function convert(
  config: CodecServerConfig,
  operation: keyof typeof OPERATIONS,
  request: IncomingMessage,
  record: AccessRecord,
): Promise<Converted> {
  const namespace = request.headers['x-namespace'];
  if (namespace !== config.namespace) {
    throw new RefusedError(403, 'other-namespace', `X-Namespace must be ${config.namespace}`);
  }
  record.namespace = namespace;
  const payloads = parsePayloads(await readBody(request));
  const converted = OPERATIONS[operation](payloads, namespace, config.protection);
  record.workflowIds = converted.workflowIds;
  return converted;
}

/** Not a wildcard, and nothing for others: then a browser keeps the answer from the page, whatever it is. */
function allowOrigin({ origins }: CodecServerConfig, origin: string | undefined, response: ServerResponse): void {
  response.setHeader('vary', 'Origin');
  // The command line of Temporal is no page and sends none.
  if (origin === undefined) return;
  if (!origins.includes(origin)) throw new RefusedError(403, 'other-origin', 'this origin may not ask');
  response.setHeader('access-control-allow-origin', origin);
}

function preflight(response: ServerResponse): void {
  response.setHeader('access-control-allow-methods', 'POST');
  response.setHeader('access-control-allow-headers', ALLOWED_HEADERS);
  response.setHeader('access-control-max-age', PREFLIGHT_AGE_S);
  response.writeHead(204).end();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new RefusedError(413, 'too-large', `a body has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  // Before the head: what can't be written down can still be refused.
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    // What was not read of a body must not be taken for the next request.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(text);
}

function toRefusal(error: unknown): RefusedError {
  if (error instanceof RefusedError) return error;
  if (error instanceof TokenRefusedError) return new RefusedError(401, 'token-refused', error.message);
  if (error instanceof TokenKeysError) return new RefusedError(503, 'token-keys', error.message);
  if (error instanceof PayloadRefusedError) return new RefusedError(422, 'payload-refused', error.message);
  if (error instanceof NotEncodableError) return new RefusedError(422, 'not-encodable', error.message);
  if (error instanceof SyntaxError || error instanceof z.ZodError) {
    return new RefusedError(400, 'bad-body', 'the body must be {"payloads": […]}, with bytes in base64');
  }
  return new RefusedError(500, 'unexpected', 'an error nobody foresaw');
}

function isOperation(text: string): text is keyof typeof OPERATIONS {
  return Object.hasOwn(OPERATIONS, text);
}
