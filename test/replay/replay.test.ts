import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { temporal } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';

type History = temporal.api.history.v1.IHistory;

const HISTORIES = new URL('../histories/', import.meta.url);
/** A worker without payload keys takes the first, one that has them the other. */
const SHIPPED = ['workflow-bundle.js', 'workflow-bundle-protected.js'] as const;
const CARELESS = fileURLToPath(new URL('./careless-change.ts', import.meta.url));

Runtime.install({ logger: new DefaultLogger('ERROR') });

/** The names of all branches: what `branch(` and `storeHistory(` are called with in the tests. */
async function branchNames(): Promise<string[]> {
  const files = await Promise.all(
    ['../workflows/', '../e2e/'].map(async (path) => {
      const folder = new URL(path, import.meta.url);
      return (await readdir(folder)).filter((file) => file.endsWith('.test.ts')).map((file) => new URL(file, folder));
    }),
  );
  const sources = await Promise.all(files.flat().map((file) => readFile(file, 'utf8')));
  const call = /^(?:branch| *await storeHistory)\(\s*'([a-z0-9-]+)'/gm;
  return sources.flatMap((source) => [...source.matchAll(call)].map(([, name = '']) => name));
}

async function readHistory(name: string): Promise<{ workflowId: string; history: History }> {
  const history = historyFromJSON(JSON.parse(await readFile(new URL(`${name}.json`, HISTORIES), 'utf8')));
  const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  assert.ok(workflowId, `${name}.json does not say whose history it is`);
  return { workflowId, history };
}

async function* readHistories(): AsyncGenerator<{ workflowId: string; history: History }> {
  for (const name of await branchNames()) yield await readHistory(name);
}

test('every branch of the workflow has a stored history, and every stored history a branch', async () => {
  const stored = (await readdir(HISTORIES)).map((file) => file.replace(/\.json$/, ''));
  const names = await branchNames();
  assert.equal(new Set(names).size, names.length, 'a branch name is used twice');
  assert.ok(names.length > 0);
  assert.deepEqual(stored.sort(), names.sort(), 'run `npm run histories:record`');
});

for (const name of SHIPPED) {
  test(`${name}, as it ships, replays every stored history`, async () => {
    const workflowBundle = { codePath: fileURLToPath(new URL(`../../dist/${name}`, import.meta.url)) };
    const names = await branchNames();
    const failed: string[] = [];
    let replayed = 0;
    for await (const { error } of Worker.runReplayHistories({ workflowBundle }, readHistories())) {
      if (error !== undefined) failed.push(`${names[replayed]}: ${error.message}`);
      replayed += 1;
    }
    assert.deepEqual(failed, [], 'CONTRIBUTING.md says what to do now');
    assert.equal(replayed, names.length);
  });
}

test('a careless change of the workflow, an added timer, does not replay', async () => {
  const careless = await bundleWorkflowCode({ workflowsPath: CARELESS, logger: new DefaultLogger('ERROR') });
  const { workflowId, history } = await readHistory('assign');
  await assert.rejects(
    Worker.runReplayHistory({ workflowBundle: careless }, history, workflowId),
    DeterminismViolationError,
  );
});
