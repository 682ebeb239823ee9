import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';

/** Where and as whom the script works. */
export interface DirectOptions {
  baseUrl: string;
  clientId: string;
  clientSecret: string;
}

/** What people would write without the product. */
export interface DirectScript {
  /** Brings one skill of an agent to a level, in the directory and in routing. Throws where anything is unusual. */
  change(agentId: string, skillId: string, level: number): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

const GAP_MS = 500;
const VERIFY_LIMIT_MS = 10_000;
const VERIFY_PAUSE_MS = 1_000;
const SCOPE = 'agents:edit agents:view skills:view supervisor:control';

/**
 * The product's seven calls one after another, over connections that stay open: read the directory, read the state,
 * change the directory, read the state again, take the agent out, put them back after 500 ms, read routing. It knows
 * the skill's id and keeps its token. Nothing is written down, retried or carried on: a script that dies leaves the
 * agent as they are.
 */
export async function createDirectScript(options: DirectOptions): Promise<DirectScript> {
  const pool = new Pool(options.baseUrl, { connections: 64, pipelining: 1 });
  const token = await fetchToken(pool, options);

  async function call(
    method: 'GET' | 'PATCH',
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await pool.request({
      method,
      path,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        'user-agent': 'direct-script',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${response.statusCode}`);
    return { headers: response.headers, body: JSON.parse(text) };
  }

  async function assertAvailable(agent: string): Promise<void> {
    const { body } = await call('GET', `${agent}/state`);
    const { currentState } = body as { currentState: string };
    if (currentState !== 'AVAILABLE') throw new Error(`the agent is ${currentState}`);
  }

  async function untilRouted(agent: string, skillId: string, level: number): Promise<void> {
    const deadline = performance.now() + VERIFY_LIMIT_MS;
    for (;;) {
      const { body } = await call('GET', `${agent}/skills`);
      const { skills } = body as { skills: { skillId: string; level: number }[] };
      if (skills.some((skill) => skill.skillId === skillId && skill.level === level)) return;
      if (performance.now() > deadline) throw new Error('routing does not follow');
      await pause(VERIFY_PAUSE_MS);
    }
  }

  return {
    async change(agentId, skillId, level) {
      const agent = `/api/v2/agents/${agentId}`;
      const supervised = `/api/v2/supervisor/agents/${agentId}`;
      const { headers } = await call('GET', agent);
      await assertAvailable(supervised);
      const condition = { 'if-match': String(headers['etag']), 'x-idempotency-key': randomUUID() };
      await call('PATCH', agent, { skills: [{ skillId, level }] }, condition);
      await assertAvailable(supervised);
      await call('PATCH', `${supervised}/state`, { state: 'NOTAVAILABLE', reason: 'ADMINISTRATIVE' });
      await pause(GAP_MS);
      await call('PATCH', `${supervised}/state`, { state: 'AVAILABLE' });
      await untilRouted(supervised, skillId, level);
    },
    close: () => pool.close(),
  };
}

async function fetchToken(pool: Pool, { clientId, clientSecret }: DirectOptions): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope: SCOPE };
  const response = await pool.request({
    method: 'POST',
    path: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const { access_token: token } = (await response.body.json()) as { access_token: string };
  return token;
}

/** Not less than `ms`: a timer alone may fire a little early, and routing would roll back. */
async function pause(ms: number): Promise<void> {
  const until = performance.now() + ms;
  for (let left = ms; left > 0; left = until - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
  }
}
