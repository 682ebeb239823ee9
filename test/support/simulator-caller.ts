import type { TestContext } from 'node:test';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator/index.ts';

/** One answer, read to its end. */
export interface Answered {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** A bare client that does just what it is told, for tests of the simulator itself. */
export interface Caller {
  simulator: Simulator;
  token: (fields?: Record<string, string>) => Promise<Answered>;
  get: (path: string, headers?: Record<string, string>) => Promise<Answered>;
  patch: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Answered>;
  /** Any request, with the bearer token, as fetch answers it. */
  raw: (path: string, init?: RequestInit) => Promise<Response>;
}

/** Starts a simulator that ends with the test, and a client that has a token. Time runs a hundred times as fast. */
export async function startWithCaller(t: TestContext, options: SimulatorOptions = {}): Promise<Caller> {
  const simulator = await startSimulator({ timeScale: 0.01, ...options });
  t.after(() => simulator.close());
  const tenant = options.tenants?.[0] ?? { clientId: 'demo', clientSecret: 'demo-secret' };
  const form = { grant_type: 'client_credentials', client_id: tenant.clientId, client_secret: tenant.clientSecret };
  const token = async (fields: Record<string, string> = {}): Promise<Answered> => {
    const body = new URLSearchParams({ ...form, ...fields });
    return answered(await fetch(`${simulator.url}/oauth/token`, { method: 'POST', body }));
  };
  const bearer = String((await token()).body['access_token']);
  const raw = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    return fetch(simulator.url + path, {
      ...init,
      headers: { ...headers, ...(init.headers as Record<string, string>) },
    });
  };
  return {
    simulator,
    token,
    raw,
    get: async (path, headers = {}) => answered(await raw(path, { headers })),
    patch: async (path, body, headers = {}) =>
      answered(
        await raw(path, { method: 'PATCH', headers, body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ),
  };
}

async function answered(response: Response): Promise<Answered> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}
