import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { TemporalLink } from './temporal-link.ts';

/**
 * Whether a run that ended without its cleanup may have left its agent out of the queue: its last toggle never ended,
 * or could not put the agent back. The next run then puts them back first.
 */
export async function mayHaveLeftAgentOut(link: TemporalLink, workflowId: string, runId: string): Promise<boolean> {
  return link.call(async (client) => {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const toggle = events?.findLast(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'toggleState',
    );
    if (toggle === undefined) return false;
    const ended = events?.find(({ activityTaskCompletedEventAttributes: completed }) =>
      completed?.scheduledEventId?.equals(toggle.eventId ?? 0),
    );
    const payloads = ended?.activityTaskCompletedEventAttributes?.result?.payloads;
    if (payloads === undefined) return true;
    const result = await decodeFromPayloadsAtIndex<{ kind?: string }>(client.options.loadedDataConverter, 0, payloads);
    return result.kind === 'not-restored';
  });
}
