import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { startPostgres, type Postgres } from '../../tools/postgres.ts';
import { startPostgresServer, type PostgresServer } from '../../tools/temporal/postgres-server.ts';
import { connect, uniqueName } from '../support/temporal.ts';

/** Somebody else's PostgreSQL is not ours to restart. */
const isOurs = (process.env['POSTGRES_URL'] ?? '') === '';

interface OnPostgres {
  postgres: Postgres;
  server: PostgresServer;
  /** Starts a run that nobody carries out; answers how its status is read. */
  startRun: () => Promise<() => Promise<string>>;
}

async function start(t: TestContext): Promise<OnPostgres> {
  const postgres = await startPostgres();
  const logFile = `test-evidence/${uniqueName('temporal-postgres')}.log`;
  const server = await startPostgresServer({
    postgresUrl: postgres.url,
    logFile,
    report: (line) => process.stderr.write(`${line}\n`),
  }).catch(async (error: unknown) => {
    await postgres.stop();
    throw error;
  });
  t.after(async () => {
    await server.stop();
    await server.removeData();
    await postgres.stop();
  });
  const client = await connect({ address: server.address });
  return {
    postgres,
    server,
    startRun: async () => {
      const workflowId = uniqueName('run');
      const handle = await client.workflow.start('AnyWorkflow', { workflowId, taskQueue: uniqueName('queue') });
      return async () => (await handle.describe()).status.name;
    },
  };
}

test('a Temporal on PostgreSQL has its runs after it was down', async (t) => {
  const { server, startRun } = await start(t);
  const status = await startRun();
  await server.restart();
  assert.equal(await status(), 'RUNNING');
  await server.stop();
  await server.restart();
  assert.equal(await status(), 'RUNNING');
});

if (isOurs) {
  test('a Temporal goes on after its PostgreSQL was restarted', async (t) => {
    const { postgres, startRun } = await start(t);
    const status = await startRun();
    await postgres.restart();
    assert.equal(await status(), 'RUNNING');
  });
}
