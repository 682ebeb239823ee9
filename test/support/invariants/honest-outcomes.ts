import { levelOf, shows, type SkillLevel } from '../../../domain/inventory.ts';
import type { ChangeOutcome, RequestOutcome } from '../../../domain/outcome.ts';
import type { ProvisionRequest } from '../../../domain/request.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';
import {
  isReading,
  orderOf,
  ref,
  tookEffect,
  total,
  type AgentEvidence,
  type Evidence,
  type Verdict,
} from './evidence.ts';
import { patchesOf, targetOf } from './wishes.ts';

/** I3: what an outcome says is what happened, and nothing is `provisioned` that was not read back from routing. */
export function honestOutcomes({ agents }: Evidence): Verdict {
  return total(
    agents.flatMap((agent) =>
      agent.outcomes.flatMap((outcome) => {
        const request = agent.requests.find(({ requestId }) => requestId === outcome.requestId);
        if (request === undefined) return [];
        const lies = liesOf(agent, request, outcome);
        const name = `${agent.name}: ${outcome.requestId} ended ${outcome.status}`;
        return [{ cases: 1, violations: lies.map((lie) => `${name}, but ${lie}`) }];
      }),
    ),
  );
}

function liesOf(agent: AgentEvidence, request: ProvisionRequest, outcome: RequestOutcome): string[] {
  const patches = patchesOf(agent, request);
  const effects = patches.filter(tookEffect);
  const lies = [...countingLies(agent, outcome, patches), ...levelLies(request, outcome)];
  const since = Math.max(0, ...effects.map(orderOf));
  switch (outcome.status) {
    case 'provisioned':
      return [...lies, ...missing(agent, outcome, 'getRouting', since)];
    case 'unchanged':
      lies.push(...missing(agent, outcome, 'getRouting', 0), ...missing(agent, outcome, 'getAgent', 0));
      if (outcome.toggles > 0) lies.push('it reports a toggle');
      return [...lies, ...written(effects)];
    case 'rejected':
    case 'failed':
      return [...lies, ...written(effects)];
    case 'rolled-back':
      return [...lies, ...unrestored(agent, outcome, since)];
    default:
      return [...lies, ...neverSeen(agent, outcome)];
  }
}

function written(effects: readonly LedgerEntry[]): string[] {
  return effects.length === 0 ? [] : [`it wrote (${effects.map(ref).join(', ')})`];
}

/** Each wish must be in one and the same reading, taken after the request's last write. */
function missing(
  agent: AgentEvidence,
  { changes }: RequestOutcome,
  operation: 'getAgent' | 'getRouting',
  since: number,
): string[] {
  const wishes: SkillLevel[] = changes.map(({ skillId = '', targetLevel = NaN }) => ({ skillId, level: targetLevel }));
  const readings = agent.ordered.filter((entry) => isReading(entry, operation) && orderOf(entry) > since);
  const seen = readings.some((entry) => shows(shownBy(entry), wishes));
  return seen ? [] : [`no ${operation} after its last write shows that`];
}

function unrestored(agent: AgentEvidence, { changes, problem }: RequestOutcome, since: number): string[] {
  // It says itself that some levels were left as others have set them since.
  if (problem?.code === 'changed-by-others') return [];
  const readings = agent.ordered.filter((entry) => isReading(entry, 'getAgent') && orderOf(entry) >= since);
  const wishes = changes
    .filter(({ previousLevel }) => previousLevel !== undefined)
    .map(({ skillId = '', previousLevel = 0 }) => ({ skillId, level: previousLevel }));
  const written = agent.ordered.filter((entry) => entry.operation === 'patchAgent' && orderOf(entry) === since);
  const seen = [...readings, ...written].some((entry) => shows(entry.after?.skills ?? [], wishes));
  return wishes.length === 0 || seen ? [] : ['the directory never showed the levels from before'];
}

/** Levels it names must have been read from routing at some time. */
function neverSeen(agent: AgentEvidence, { changes }: RequestOutcome): string[] {
  const readings = agent.ordered.filter((entry) => isReading(entry, 'getRouting'));
  return changes
    .filter(({ skillId, level }) => skillId !== undefined && level !== undefined)
    .filter(({ skillId = '', level }) => !readings.some((entry) => levelOf(shownBy(entry), skillId) === level))
    .map(({ skillId, level }) => `routing never showed ${skillId} at ${level}`);
}

function levelLies(request: ProvisionRequest, { status, changes }: RequestOutcome): string[] {
  const good = status === 'provisioned' || status === 'unchanged';
  const lies = changes.length === request.changes.length || !good ? [] : ['it does not tell of each wish'];
  for (const [index, change] of changes.entries()) {
    const asked = request.changes[index];
    if (asked === undefined) continue;
    const level = asked.action === 'remove' ? 0 : asked.level;
    if (change.requestedLevel !== level) lies.push(`${nameOf(change)} was asked for at ${level}`);
    if (change.targetLevel !== undefined && change.targetLevel !== targetOf(asked)) {
      lies.push(`${nameOf(change)} should be ${targetOf(asked)}, not ${change.targetLevel}`);
    }
    if (good && change.level !== targetOf(asked)) lies.push(`it reports ${nameOf(change)} at ${change.level}`);
  }
  return lies;
}

function countingLies(agent: AgentEvidence, outcome: RequestOutcome, patches: readonly LedgerEntry[]): string[] {
  const lies: string[] = [];
  // The status is enough for the caller, whatever the body is like.
  const conflicts = patches.filter(({ abandonedMono, status }) => abandonedMono === undefined && status === 412).length;
  if (outcome.conflicts > conflicts) lies.push(`it reports ${outcome.conflicts} conflicts of ${conflicts}`);
  const taken = agent.ordered.filter(
    (entry) => entry.operation === 'patchState' && entry.applied && entry.after?.state === 'NOTAVAILABLE',
  ).length;
  if (agent.requests.length === 1 && outcome.toggles < taken) {
    lies.push(`it reports ${outcome.toggles} toggles of ${taken}`);
  }
  return lies;
}

function shownBy(entry: LedgerEntry): SkillLevel[] {
  return (entry.operation === 'getRouting' ? entry.after?.routing : entry.after?.skills) ?? [];
}

function nameOf({ skillId, name }: ChangeOutcome): string {
  return skillId ?? name ?? 'a skill';
}
