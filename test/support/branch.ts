import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { PROVISION_WORKFLOW } from '../../domain/workflow-id.ts';
import { startStack, type Stack, type StackOptions } from './stack.ts';

/** Failures name files of this machine; a stored history names them from the checkout's root. */
const CHECKOUT = new URL('../../', import.meta.url).pathname;

/** Where the stored histories are; `npm run histories:record` writes them anew. */
const HISTORIES = new URL('../histories/', import.meta.url).pathname;

/**
 * Without a cache a worker has room for one run. The tenant's pace would take the place of the agent's run while its local
 * activities are at work, which then begin anew when its task has timed out.
 */
const UNPACED = { CXONE_PREMIUM: 'true' };

/**
 * A test of one branch of the workflow on a real server, run twice: as it is, and without the workflow cache, so that
 * every workflow task replays the history so far. With `RECORD_HISTORIES` set the first run's history is stored, by
 * default that of the agent's workflow.
 */
export function branch(
  name: string,
  title: string,
  body: (stack: Stack) => Promise<void>,
  { workflowType = PROVISION_WORKFLOW, ...options }: StackOptions & { workflowType?: string } = {},
): void {
  suite(title, { concurrency: true }, () => {
    test('with the workflow cache', async (t) => {
      const stack = await startStack(t, options);
      await body(stack);
      await stack.finish();
      await storeHistory(name, stack, workflowType);
    });
    test('replayed at every workflow task', async (t) => {
      const stack = await startStack(t, { ...options, maxCachedWorkflows: 0, env: { ...UNPACED, ...options.env } });
      await body(stack);
      await stack.finish();
    });
  });
}

/**
 * With `RECORD_HISTORIES` set, stores the longest history among the test's runs of a type: the one that shows the branch. Of
 * its own for branches that take more than a stack to be led to.
 */
export async function storeHistory(
  name: string,
  { temporal, taskQueue }: Pick<Stack, 'temporal' | 'taskQueue'>,
  workflowType: string = PROVISION_WORKFLOW,
): Promise<void> {
  if (process.env['RECORD_HISTORIES'] === undefined) return;
  await mkdir(HISTORIES, { recursive: true });
  const histories: string[] = [];
  const query = `TaskQueue = "${taskQueue}" AND WorkflowType = "${workflowType}"`;
  for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
    const history = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    const text = JSON.stringify(JSON.parse(historyToJSON(history)));
    histories.push([CHECKOUT, `${tmpdir()}/`].reduce((shorter, folder) => shorter.replaceAll(folder, ''), text));
  }
  const longest = histories.sort((one, other) => other.length - one.length)[0];
  if (longest === undefined) throw new Error(`there is no run to store for ${name}`);
  await writeFile(join(HISTORIES, `${name}.json`), `${longest}\n`);
}
