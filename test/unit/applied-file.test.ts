import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openAppliedFile, readAppliedFile } from '../../client/cli/applied-file.ts';
import type { AppliedRequest } from '../../client/index.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PLAN = 'a'.repeat(64);

function requestFor(agentId: string): AppliedRequest {
  return { agentId, requestId: `apply-${agentId}`, steps: [{ skillId: 'sk-1', name: 'Größe', from: 0, to: 4 }] };
}

function keep(planPath: string, ...agentIds: string[]): void {
  const file = openAppliedFile(planPath, PLAN);
  for (const agentId of agentIds) file.keep(requestFor(agentId));
  file.close();
}

/** The plan of an apply whose last line is cut off after so many characters. */
function startTorn(t: TestContext, length: number): { planPath: string; path: string } {
  const planPath = join(temporaryFolder(t), 'centre.plan.json');
  const path = `${planPath}.applied.jsonl`;
  keep(planPath, 'first', 'torn');
  const [first = '', torn = ''] = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, `${first}\n${torn.slice(0, length)}`);
  return { planPath, path };
}

for (const length of [1, 40, 150]) {
  test(`an apply that is repeated after a crash keeps all it does, whatever the crash tore off (${length})`, (t) => {
    const { planPath } = startTorn(t, length);
    assert.deepEqual(readAppliedFile(planPath, PLAN), [requestFor('first')]);
    keep(planPath, 'second', 'third');
    assert.deepEqual(readAppliedFile(planPath, PLAN), ['first', 'second', 'third'].map(requestFor));
  });
}

test('a line whose end alone is missing counts', (t) => {
  const { planPath } = startTorn(t, Infinity);
  keep(planPath, 'second');
  assert.deepEqual(readAppliedFile(planPath, PLAN), ['first', 'torn', 'second'].map(requestFor));
});

test('a line that is no line, or hides another one, makes the file useless for a rollback', (t) => {
  for (const wrong of ['{"plan":7}', 'by hand', `{"plan":"${PLAN}","age{"plan":"${PLAN}","agentId":"second"}`]) {
    const { planPath, path } = startTorn(t, 0);
    appendFileSync(path, `${wrong}\n`);
    keep(planPath, 'second');
    assert.throws(() => readAppliedFile(planPath, PLAN), { code: 'invalid-file' });
  }
});
