import type { Client } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';
import { refusalIn } from '../payloads/refusal.ts';
import { LEFT_OUT_MEMO } from '../workflows/provision-skill.messages.ts';
import type { TemporalLink } from './temporal-link.ts';

/** Made again, the request has to put the agent back; what nobody can read any more must not keep it from that. */
const UNREADABLE = Symbol('unreadable');

type Payloads = temporal.api.common.v1.IPayload[] | null | undefined;

/**
 * Whether a run that ended without its cleanup may have left its agent out of the queue: its last toggle never ended,
 * or could not put the agent back, or can't be read; or it never got to a toggle and had taken over such an agent. The
 * next run then puts them back first.
 */
export async function mayHaveLeftAgentOut(link: TemporalLink, workflowId: string, runId: string): Promise<boolean> {
  return link.call(async (client) => {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const toggle = events?.findLast(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'toggleState',
    );
    if (toggle === undefined) {
      const started = events?.[0]?.workflowExecutionStartedEventAttributes;
      // It may have been told to put them back, and not have come to it.
      const wasTold = started?.memo?.fields?.[LEFT_OUT_MEMO] !== undefined;
      return wasTold || tookOverAgentOut(client, workflowId, started?.input?.payloads);
    }
    const ended = events?.find(({ activityTaskCompletedEventAttributes: completed }) =>
      completed?.scheduledEventId?.equals(toggle.eventId ?? 0),
    );
    const payloads = ended?.activityTaskCompletedEventAttributes?.result?.payloads;
    const result = await decode<{ kind?: string }>(client, workflowId, payloads, 0);
    return result === undefined || result === UNREADABLE || result.kind === 'not-restored';
  });
}

/** The second argument of a run that was continued is what it took over. */
async function tookOverAgentOut(client: Client, workflowId: string, input: Payloads): Promise<boolean> {
  const carried = await decode<{ open?: { progress?: { agentOut?: boolean } }[] }>(client, workflowId, input, 1);
  return carried === UNREADABLE || (carried?.open?.some(({ progress }) => progress?.agentOut === true) ?? false);
}

async function decode<T>(
  client: Client,
  workflowId: string,
  payloads: Payloads,
  index: number,
): Promise<T | typeof UNREADABLE | undefined> {
  if (payloads === null || payloads === undefined || payloads.length <= index) return undefined;
  const { loadedDataConverter, namespace } = client.options;
  const context = { type: 'workflow' as const, namespace, workflowId };
  try {
    return await decodeFromPayloadsAtIndex<T>(loadedDataConverter, index, payloads, context);
  } catch (error) {
    if (refusalIn(error) !== undefined) return UNREADABLE;
    throw error;
  }
}
