import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createJsonlSink } from '../../audit/jsonl-sink.ts';
import { readTrail } from '../../audit/read-trail.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { createLogger } from '../../worker/logger.ts';
import { createLoginEvents } from '../../worker/login-events.ts';
import { createRedactor } from '../../worker/redactor.ts';
import { answerJson, answerToken, connect, jwt, SECRET, startDouble } from '../support/cxone-double.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const INSTANCE = { host: 'host-a', id: 'host-a-1-0a0b0c0d' };

function openTrail(t: TestContext) {
  const folder = join(temporaryFolder(t), 'trail');
  const path = join(folder, 'audit.jsonl');
  const sink = createJsonlSink({ path, warn: () => undefined });
  t.after(() => sink.close());
  const said: string[] = [];
  const logger = createLogger({ level: 'info', redactor: createRedactor(), write: (line) => void said.push(line) });
  const events = createLoginEvents({ sink, instance: INSTANCE, logger, retryMs: 20 });
  const read = async (): Promise<AuditRecord[]> => {
    const records: AuditRecord[] = [];
    for await (const record of readTrail(path)) records.push(record);
    return records;
  };
  return { folder, events, read, said };
}

test('a login that is refused is one event however often it is tried, and another one after a good login', async (t) => {
  const { folder, events, read } = openTrail(t);
  await mkdir(folder);
  const answers = [401, 401, 200, 401, 400, 'no scopes', 'no scopes'];
  const double = await startDouble(
    t,
    () => undefined,
    (_request, response) => {
      const answer = answers.shift();
      if (answer === 200) answerToken(response, 1, { expires_in: 302 });
      else if (answer === 'no scopes') answerToken(response, 1, { access_token: jwt({ scope: 'agents:view' }) });
      else answerJson(response, Number(answer), { error: 'invalid_client' });
    },
  );
  let now = 0;
  const client = connect(t, double.url, { onLogin: events.listener('acme'), monotonicNow: () => now });
  const outcomes: boolean[] = [];
  for (let tries = 0; tries < 7; tries += 1) {
    outcomes.push(
      await client.checkScopes().then(
        () => true,
        () => false,
      ),
    );
    now += 10_000;
  }
  assert.deepEqual(outcomes, [false, false, true, false, false, false, false]);
  await events.close();
  const records = await read();
  assert.deepEqual(
    records.map(({ data, subject }) => [data.status, data.outcome, data.actor, subject]),
    ['login-failed', 'login-failed', 'login-failed', 'scope-missing'].map((status) => [
      status,
      'failure',
      INSTANCE.id,
      'acme',
    ]),
  );
  assert.match(records[3]?.data.problem?.message ?? '', /agents:edit/);
  assert.ok(!JSON.stringify(records).includes(SECRET));
});

test('a refused login that the trail can not take is written when it can', async (t) => {
  const { folder, events, read, said } = openTrail(t);
  const double = await startDouble(
    t,
    () => undefined,
    (_request, response) => answerJson(response, 401, {}),
  );
  const client = connect(t, double.url, { onLogin: events.listener('acme') });
  await assert.rejects(client.checkScopes());
  while (said.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await mkdir(folder);
  for (;;) {
    const records = await read().catch(() => []);
    if (records.length === 1) break;
  }
  await events.close();
});

test('a refused login that can not be written is named in the log when the worker stops', async (t) => {
  const { folder, events, said } = openTrail(t);
  rmSync(folder, { recursive: true, force: true });
  const double = await startDouble(
    t,
    () => undefined,
    (_request, response) => answerJson(response, 401, {}),
  );
  await assert.rejects(connect(t, double.url, { onLogin: events.listener('acme') }).checkScopes());
  await events.close();
  assert.match(said.at(-1) ?? '', /acme\/worker\/host-a-1-0a0b0c0d\/login-failed\/1/);
});
