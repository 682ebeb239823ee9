import { createServer } from 'node:http';
import type { Endpoint } from '../domain/endpoint.ts';
import { listen, type Listening } from './listen.ts';

/** Resolves when all is well with one part of a program; else throws with the reason, which must hold no secret. */
export type HealthCheck = () => Promise<void> | void;

/** Less than the second that probes usually wait. */
const CHECK_TIMEOUT_MS = 800;

/**
 * Serves `/livez` (200 as long as this process answers) and `/readyz` (200 if every check passes, else 503; the body
 * says which don't and why, as `redact` passes it). Probes that come together share one round of checks. Throws
 * `ListenError`.
 */
export async function startHealthServer(
  at: Endpoint,
  checks: Record<string, HealthCheck>,
  redact: (text: string) => string = (text) => text,
): Promise<Listening> {
  let round: Promise<Record<string, string>> | undefined;
  const failures = (): Promise<Record<string, string>> => {
    round ??= runChecks(checks, redact).finally(() => {
      round = undefined;
    });
    return round;
  };

  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
    };
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, { error: 'method_not_allowed' });
    else if (path === '/livez') answer(200, { status: 'alive' });
    else if (path !== '/readyz') answer(404, { error: 'not_found' });
    else {
      void failures().then((failed) => {
        const ready = Object.keys(failed).length === 0;
        answer(ready ? 200 : 503, ready ? { status: 'ready' } : { status: 'not-ready', failed });
      });
    }
  });

  return listen(server, at, 'HEALTH_ADDRESS');
}

async function runChecks(
  checks: Record<string, HealthCheck>,
  redact: (text: string) => string,
): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<[string, string] | undefined> => {
      try {
        await withinTime(check);
        return undefined;
      } catch (error) {
        return [name, error instanceof Error ? redact(error.message) : 'failed'];
      }
    }),
  );
  return Object.fromEntries(results.filter((result) => result !== undefined));
}

async function withinTime(check: HealthCheck): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}
