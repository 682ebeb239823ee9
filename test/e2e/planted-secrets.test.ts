import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import type { FaultRule } from '../../simulator/index.ts';
import { freePort } from '../../tools/free-port.ts';
import { auditDatabase, type AuditDatabase } from '../support/audit-database.ts';
import { patiently } from '../support/command-line.ts';
import { guardTemporal } from '../support/guarded-temporal.ts';
import { assertNoneIn, historiesOf, startEcho, type Outputs } from '../support/planted-secrets.ts';
import { runProgram } from '../support/program.ts';
import { assign, startStack } from '../support/stack.ts';
import { temporalAddress } from '../support/temporal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** The client secret looks like an error code of the platform's, which is taken from a refusal. */
const PLANTED = {
  'client secret': 'planted_client_secret_q7x',
  'refused client secret': 'planted_refused_secret_w3',
  'API key': 'Planted~Api+Key/9fR=4',
  'refused API key': 'Planted~Refused+Key/8dK=',
  'password of PostgreSQL': 'planted"postgres p@ss:w/rd%5',
  'refused password of PostgreSQL': 'planted-refused-p@ss',
  'password in an address': 'planted-address-pass-k2',
  "feed's token": 'planted.feed.token-Bx8',
  "feed's address": 'planted-feed-address-Lm3',
  "client's private key": 'MIIEvplantedPrivateKey0b7',
};

const UNREADABLE_KEY = [
  '-----BEGIN ENCRYPTED PRIVATE KEY-----',
  PLANTED["client's private key"],
  '-----END ENCRYPTED PRIVATE KEY-----',
].join('\n');

/** What the platform says about a request, with everything it was shown in body and head. */
function echoes(token: string): { rule: FaultRule; title: string }[] {
  const secret = PLANTED['client secret'];
  const headers = { 'x-echo': `Bearer ${token} ${secret}`, etag: `"${secret}"`, date: token, 'retry-after': secret };
  const body = { error: secret, message: `Bearer ${token}`, request: { client_secret: secret } };
  const answer = (status: number) => ({ kind: 'answer', status, body, headers }) as const;
  const read = (content: object) => ({ kind: 'answer', status: 200, body: content, headers }) as const;
  const skills = [{ skillId: 'skill-base', level: 2, name: secret }];
  return [
    { title: 'a read is forbidden', rule: { on: 'getAgent', times: 1, do: answer(403) } },
    { title: 'a read fails', rule: { on: ['getState', 'getRouting', 'getAgent'], times: 3, do: answer(500) } },
    { title: 'the token is refused', rule: { on: 'getAgent', times: 2, do: answer(401) } },
    { title: 'a write is invalid', rule: { on: 'patchAgent', times: 1, do: answer(400) } },
    { title: 'a write is forbidden', rule: { on: 'patchAgent', times: 1, do: answer(403) } },
    { title: 'a write fails', rule: { on: 'patchAgent', times: 1, do: answer(503) } },
    { title: 'a write is answered by something else', rule: { on: 'patchAgent', times: 1, do: answer(302) } },
    { title: 'a toggle is refused', rule: { on: 'patchState', times: 1, do: answer(409) } },
    { title: 'the skill is refused', rule: { on: ['getSkill', 'listSkills'], times: 1, do: answer(404) } },
    {
      title: 'the reason of a state repeats it',
      rule: { on: 'getState', times: 1, do: read({ agentId: token, currentState: 'AVAILABLE', reason: token }) },
    },
    { title: 'a read repeats it', rule: { on: 'getAgent', times: 1, do: read({ agentId: 'x', skills }) } },
  ];
}

test('no secret is in any output, history, record or metric of a run in which all kinds of things go wrong', async (t) => {
  const database = await auditDatabase(t);
  const gate = await guardTemporal(t, await temporalAddress(), [PLANTED['API key']]);
  const feed = await startEcho(t, 403);
  const s = await startStack(t, { worker: 'none' });
  s.simulator.setClientSecrets([PLANTED['client secret']]);
  const [health, metrics] = [await freePort(), await freePort()];
  const temporal = { TEMPORAL_ADDRESS: gate.address, TEMPORAL_TLS: 'false', TEMPORAL_API_KEY: PLANTED['API key'] };
  const worker = startWorkerProcess(t, {
    ...s.env,
    ...temporal,
    CXONE_CLIENT_SECRET: PLANTED['client secret'],
    AUDIT_FILE: '',
    AUDIT_URL: await withPlantedPassword(database),
    SHIFT_FEEDS: feedsFile(t, feed.url),
    SHIFT_FEED_INTERVAL: '100ms',
    HEALTH_ADDRESS: `127.0.0.1:${health}`,
    METRICS_ADDRESS: `127.0.0.1:${metrics}`,
    LOG_LEVEL: 'trace',
  });
  await worker.untilSaid('the worker polls');
  const outputs: Outputs = new Map();
  outputs.set('/livez', await (await fetch(`http://127.0.0.1:${health}/livez`)).text());

  const asked = ['--agent', s.agentId, '--by', 'kim', '--verbose'];
  const wish = ['--skill', 'voice', '--level', '1', '--reason', 'test', '--request-id', 'first'];
  const first = await patiently(() => s.cliWith(temporal, 'provision', ...asked, ...wish));
  assert.equal(first.json.status, 'provisioned', first.stdout);
  keep(outputs, 'provision', first);
  const [token = ''] = s.simulator.issuedTokens();
  const seen: string[] = [];
  for (const [index, { title, rule }] of echoes(token).entries()) {
    s.simulator.addFault(rule);
    const changes = [assign('skill-voice', 2 + (index % 4))];
    const settled = await s.client.provision(s.request({ changes })).catch((error: unknown) => error);
    outputs.set(title, inspect(settled, { depth: 10 }));
    seen.push(...s.simulator.ledger.flatMap(({ fault }) => fault ?? []));
    s.simulator.clearFaults();
    const given = ['--action', 'abandon', '--note', 'enough', ...asked];
    if (index % 4 === 0) keep(outputs, `${title}: reconcile`, await s.cliWith(temporal, 'reconcile', ...given));
    else
      await s.client
        .reconcile({ agentId: s.agentId, action: 'abandon', operator: 'kim', note: 'enough' })
        .catch(() => undefined);
  }
  assert.ok(seen.length > 0, 'the platform repeated what it was shown');
  for (const command of [['status', '--agent', s.agentId], ['queue']]) {
    keep(outputs, command.join(' '), await s.cliWith(temporal, ...command, '--verbose'));
  }
  outputs.set('/readyz', await (await fetch(`http://127.0.0.1:${health}/readyz`)).text());
  outputs.set('/metrics', await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text());
  worker.signal('SIGTERM');
  assert.equal(await worker.ended, 0);
  keepWorker(outputs, 'the worker', worker);
  for (const [place, text] of await historiesOf(s.temporal, s.taskQueue)) outputs.set(place, text);
  const records = await database.asOwner('select * from audit.records');
  assert.ok(records.length > echoes('').length, 'there are records');
  outputs.set('the audit trail', JSON.stringify(records));

  // What is looked for was really in use.
  assert.ok(gate.shown.has(PLANTED['API key']));
  assert.ok(feed.seen.some((shown) => shown.includes(PLANTED["feed's token"])));
  assert.ok([...outputs.keys()].filter((place) => place.startsWith('the history of')).length > 3);
  const tokens = Object.fromEntries(
    s.simulator.issuedTokens().flatMap((issued, index) =>
      issued
        .split('.')
        .slice(1)
        .map((part, at) => [`token ${index}.${at}`, part]),
    ),
  );
  assertNoneIn(outputs, { ...PLANTED, ...tokens });
});

test('no secret is in what a worker or a command says of settings and logins that are refused', async (t) => {
  const database = await auditDatabase(t);
  const gate = await guardTemporal(t, await temporalAddress(), []);
  const platform = await startEcho(t, 401);
  const s = await startStack(t, { worker: 'none' });
  const outputs: Outputs = new Map();
  const wrongKey = {
    TEMPORAL_ADDRESS: gate.address,
    TEMPORAL_TLS: 'false',
    TEMPORAL_API_KEY: PLANTED['refused API key'],
  };
  const nobody = `127.0.0.1:${await freePort()}`;
  const credentials = `kim:${PLANTED['password in an address']}`;
  const [host = '', port = ''] = nobody.split(':');
  const cases: [title: string, env: Record<string, string>, commands: string[][]][] = [
    [
      'a refused client secret',
      { CXONE_CLIENT_SECRET: PLANTED['refused client secret'], CXONE_BASE_URL: platform.url },
      [],
    ],
    ['a refused API key', wrongKey, [['status', '--agent', s.agentId], ['queue']]],
    ['no Temporal', { ...wrongKey, TEMPORAL_ADDRESS: nobody }, [['status', '--agent', s.agentId]]],
    [
      'a refused password',
      { AUDIT_FILE: '', AUDIT_URL: withPassword(database.writer, PLANTED['refused password of PostgreSQL']) },
      [],
    ],
    [
      'a key with a passphrase',
      { TEMPORAL_TLS_CLIENT_KEY_DATA: UNREADABLE_KEY, TEMPORAL_TLS_CLIENT_CERT_DATA: 'x' },
      [['queue']],
    ],
    [
      'a key that is none',
      { TEMPORAL_TLS_CLIENT_KEY_DATA: PLANTED["client's private key"], TEMPORAL_TLS_CLIENT_CERT_DATA: 'x' },
      [['queue']],
    ],
    [
      'credentials in addresses',
      {
        CXONE_BASE_URL: `https://${credentials}@example.com`,
        TEMPORAL_ADDRESS: `${credentials}@${host}:${port}`,
        HEALTH_ADDRESS: `http://${credentials}@${host}`,
        METRICS_ADDRESS: `${credentials}@${host}:${port}`,
        AUDIT_FILE: '',
        AUDIT_URL: `postgres//${credentials}@${host}`,
        SHIFT_FEEDS: feedsFile(t, `http://${credentials}@${host}`),
        PROVISIONING_POLICY: `{"${PLANTED['password in an address']}": 1}x`,
      },
      [['queue']],
    ],
    [
      'a file that is none of ours',
      {
        CXONE_CLIENT_SECRET: '',
        CXONE_TENANT_ID: '',
        CXONE_CLIENT_ID: '',
        CXONE_BASE_URL: '',
        CXONE_TENANTS_FILE: fileOf(t, `[{"tenantId":"acme","clientSecret":"${PLANTED['client secret']}",}]`),
      },
      [],
    ],
  ];
  for (const [title, env, commands] of cases) {
    const worker = startWorkerProcess(t, { ...s.env, LOG_LEVEL: 'trace', ...env });
    assert.notEqual(await worker.ended, 0, title);
    assert.ok(worker.said().length > 0, `${title}: it says why`);
    keepWorker(outputs, title, worker);
    for (const command of commands) {
      for (const flags of [['--verbose'], ['--verbose', '--json']]) {
        keep(outputs, `${title}: ${command.join(' ')}`, await runProgram([...command, ...flags], { ...s.env, ...env }));
      }
    }
  }
  assert.ok(gate.shown.has(PLANTED['refused API key']));
  assert.ok(platform.seen.length > 0);
  assertNoneIn(outputs, PLANTED);
});

function keep(outputs: Outputs, place: string, { stdout, stderr }: { stdout: string; stderr: string }): void {
  outputs.set(`${place} (stdout ${outputs.size})`, stdout).set(`${place} (stderr ${outputs.size})`, stderr);
}

function keepWorker(outputs: Outputs, place: string, worker: WorkerProcess): void {
  outputs.set(`${place} (stderr)`, worker.said()).set(`${place} (stdout)`, worker.printed());
}

async function withPlantedPassword({ writer, asOwner }: AuditDatabase): Promise<string> {
  const password = PLANTED['password of PostgreSQL'];
  await asOwner(`alter role ${new URL(writer).username} password '${password}'`);
  return withPassword(writer, password);
}

function withPassword(address: string, password: string): string {
  const changed = new URL(address);
  changed.password = encodeURIComponent(password);
  return changed.href;
}

function feedsFile(t: TestContext, url: string): string {
  const tokenFile = fileOf(t, PLANTED["feed's token"]);
  const address = `${url}/shifts?key=${PLANTED["feed's address"]}`;
  return fileOf(t, JSON.stringify([{ name: 'workforce', format: 'json', url: address, tokenFile }]));
}

function fileOf(t: TestContext, content: string): string {
  const file = join(temporaryFolder(t), 'content');
  writeFileSync(file, content);
  return file;
}
