import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint } from '../domain/endpoint.ts';
import { EXIT, StartError } from './start-error.ts';

/** Resolves when all is well with one part of the worker; else throws with the reason, which must hold no secret. */
export type HealthCheck = () => Promise<void> | void;

export interface HealthServer {
  /** Where it listens; the port that was found, if any was asked for. */
  address: Endpoint;
  close(): Promise<void>;
}

/** Less than the second that probes usually wait. */
const CHECK_TIMEOUT_MS = 800;

/**
 * Serves `/livez` (200 as long as this process answers) and `/readyz` (200 if every check passes, else 503; the body
 * says which don't and why, as `redact` passes it). Probes that come together share one round of checks.
 */
export async function startHealthServer(
  at: Endpoint,
  checks: Record<string, HealthCheck>,
  redact: (text: string) => string = (text) => text,
): Promise<HealthServer> {
  let round: Promise<Record<string, string>> | undefined;
  const failures = (): Promise<Record<string, string>> => {
    round ??= runChecks(checks).finally(() => {
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
        const told = Object.entries(failed).map(([name, why]): [string, string] => [name, redact(why)]);
        answer(
          ready ? 200 : 503,
          ready ? { status: 'ready' } : { status: 'not-ready', failed: Object.fromEntries(told) },
        );
      });
    }
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new StartError(`HEALTH_ADDRESS can't be listened on: ${cause.message}`, EXIT.configuration, { cause }));
    });
    server.listen(at.port, at.host, resolve);
  });
  return {
    address: { host: at.host, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function runChecks(checks: Record<string, HealthCheck>): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<[string, string] | undefined> => {
      try {
        await withinTime(check);
        return undefined;
      } catch (error) {
        return [name, error instanceof Error ? error.message : 'failed'];
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
