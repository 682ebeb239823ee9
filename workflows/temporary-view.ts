import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { describeSkill } from '../domain/request.ts';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import { plain } from './current-details.ts';
import type { TemporaryRun } from './temporary-run.ts';
import { TEMPORARY_MEMO, type TemporaryStatus } from './temporary-skill.messages.ts';

const tenantKey = defineSearchAttributeKey('CxoneTenantId', SEARCH_ATTRIBUTES.CxoneTenantId);
const agentKey = defineSearchAttributeKey('CxoneAgentId', SEARCH_ATTRIBUTES.CxoneAgentId);
const stateKey = defineSearchAttributeKey('ProvisionState', SEARCH_ATTRIBUTES.ProvisionState);

/** Shows where a temporary skill stands: to searches, to the list (which asks no worker), and in the Web UI. */
export function publishTemporary(run: TemporaryRun): void {
  const { tenantId, agentId } = run.temporary;
  upsertSearchAttributes([
    { key: tenantKey, value: tenantId },
    { key: agentKey, value: agentId },
    { key: stateKey, value: run.state === 'Ending' && run.overstayedSince !== undefined ? 'Overstayed' : run.state },
  ]);
  const status = temporaryStatusOf(run);
  upsertMemo({ [TEMPORARY_MEMO]: status });
  setCurrentDetails(describe(status));
}

/** The answer of the query. */
export function temporaryStatusOf(run: TemporaryRun): TemporaryStatus {
  const { temporaryId, agentId, skill, level, from, requestedBy, reason, ticket } = run.temporary;
  const { until, state, since, parked, overstayedSince, start, end, status, problem } = run;
  return {
    temporaryId,
    agentId,
    skill,
    level,
    ...(from === undefined ? {} : { from }),
    until,
    requestedBy,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    state,
    since,
    ...(parked === undefined ? {} : { parked }),
    ...(overstayedSince === undefined ? {} : { overstayedSince }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(status === undefined ? {} : { status }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Markdown for the Web UI. */
function describe({ agentId, skill, level, from, until, ...rest }: TemporaryStatus): string {
  const { state, parked, overstayedSince, status, problem } = rest;
  const period = `${from === undefined ? '' : `from ${from} `}until ${until}`;
  return [
    `Agent **${agentId}**: ${plain(describeSkill(skill))} at level ${level}, ${period}.`,
    `**${state}${status === undefined ? '' : `: ${status}`}**${problem === undefined ? '' : `. ${plain(problem.message)}`}`,
    ...(overstayedSince === undefined ? [] : [`**Overstayed** since ${overstayedSince}.`]),
    ...(parked === undefined ? [] : [`Request ${parked.requestId} waits for a person: ${parked.reason}.`]),
  ].join('\n\n');
}
