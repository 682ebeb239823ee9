import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type CxoneClient, type CxoneClientOptions, createCxoneClient } from '../../cxone/client.ts';

interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Answerer = (request: SeenRequest, response: ServerResponse) => void;

interface CxoneDouble {
  url: string;
  /** Every request, tokens included, in order of arrival. */
  seen: SeenRequest[];
  /** Those that match `"METHOD /path"`. */
  to(methodAndPath: string): SeenRequest[];
}

export const ALL_SCOPES = 'agents:edit agents:view skills:view supervisor:control';
export const SECRET = 'sssh-very-secret-value';

/** A JWT whose claims are `claims`; the signature is as good as none. */
export function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.sig`;
}

export function answerJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers a token request with the n-th token. */
export function answerToken(response: ServerResponse, n: number, overrides = {}): void {
  const access_token = jwt({ scope: ALL_SCOPES, n });
  answerJson(response, 200, { access_token, token_type: 'Bearer', expires_in: 3600, ...overrides });
}

/** A server on loopback that lives as long as the test. Tokens are issued unless `answerTokens` is given. */
export async function startDouble(t: TestContext, answer: Answerer, answerTokens?: Answerer): Promise<CxoneDouble> {
  const seen: SeenRequest[] = [];
  let tokens = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming;
      const request = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
      seen.push(request);
      if (path !== '/oauth/token') answer(request, response);
      else if (answerTokens !== undefined) answerTokens(request, response);
      else answerToken(response, (tokens += 1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    to: (methodAndPath) => seen.filter(({ method, path }) => `${method} ${path}` === methodAndPath),
  };
}

/** A clock that moves when told to. */
export function createClock(startMs = 1_000_000): { now: () => number; advance: (ms: number) => void } {
  let time = startMs;
  return {
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
  };
}

/** A client of a double, closed with the test. */
export function connect(t: TestContext, baseUrl: string, overrides: Partial<CxoneClientOptions> = {}): CxoneClient {
  const client = createCxoneClient({
    tenantId: 'acme',
    clientId: 'client-1',
    clientSecret: () => SECRET,
    userAgent: 'skill-provisioner/test (unit)',
    baseUrl,
    ...overrides,
  });
  t.after(() => client.close());
  return client;
}

/** A promise and the function that fulfils it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
