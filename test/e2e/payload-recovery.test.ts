import assert from 'node:assert/strict';
import { test } from 'node:test';
import proto from '@temporalio/proto';
import { defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { mayHaveLeftAgentOut } from '../../client/left-out.ts';
import { createTemporalLink } from '../../client/temporal-link.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { payloadKeysFile, protectionIn } from '../support/payload-keys.ts';
import { connect, uniqueName } from '../support/temporal.ts';

test('a toggle whose end can not be read may have left its agent out, and keeps nobody from asking again', async (t) => {
  const raw = await connect();
  const taskQueue = uniqueName('queue');
  const workflowId = provisionWorkflowId('acme', uniqueName('agent'));
  const handle = await raw.workflow.start('ProvisionSkillWorkflow', { workflowId, taskQueue });
  t.after(() => handle.terminate().catch(() => undefined));
  await scheduleToggle();
  const queue = { namespace: 'default', taskQueue: { name: taskQueue } };
  const { taskToken } = await patiently(() => raw.workflowService.pollActivityTaskQueue(queue));
  // In the clear, where only what is encrypted is read.
  const result = { payloads: [defaultPayloadConverter.toPayload({ kind: 'toggled' })] };
  await raw.workflowService.respondActivityTaskCompleted({ namespace: 'default', taskToken, result });
  await handle.terminate();

  const { runId } = await handle.describe();
  const link = createTemporalLink(raw, { payloads: protectionIn(payloadKeysFile(t)) });
  assert.equal(await mayHaveLeftAgentOut(link, workflowId, runId), true);
  assert.equal(await mayHaveLeftAgentOut(createTemporalLink(raw), workflowId, runId), false);

  async function scheduleToggle(): Promise<void> {
    const polled = { namespace: 'default', taskQueue: { name: taskQueue } };
    const task = await patiently(() => raw.workflowService.pollWorkflowTaskQueue(polled));
    const { COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK: commandType } = proto.temporal.api.enums.v1.CommandType;
    const scheduleActivityTaskCommandAttributes = {
      activityId: '1',
      activityType: { name: 'toggleState' },
      taskQueue: { name: taskQueue },
      startToCloseTimeout: msToTs('1m'),
    };
    await raw.workflowService.respondWorkflowTaskCompleted({
      namespace: 'default',
      taskToken: task.taskToken,
      commands: [{ commandType, scheduleActivityTaskCommandAttributes }],
    });
  }

  function patiently<T>(poll: () => Promise<T>): Promise<T> {
    return raw.withDeadline(Date.now() + 60_000, poll);
  }
});
