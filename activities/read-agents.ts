import { Context } from '@temporalio/activity';
import type { CallOptions } from '../cxone/authorized-wire.ts';
import type { CxoneClient } from '../cxone/client.ts';
import { PlatformRefusedError, PlatformUnreachableError, UnexpectedAnswerError } from '../cxone/errors.ts';
import type { AgentInventory } from '../domain/agents-page.ts';
import { toMs } from '../domain/duration.ts';
import { inLanes } from '../domain/lanes.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import type { SkillRef } from '../domain/request.ts';
import { settlePolicy } from '../domain/settle-policy.ts';
import type { SkillAnswer } from '../domain/skill-facts.ts';
import type { AgentsAnswer, ReadingActivities } from './contract.ts';
import { requirePlatform, type ActivityDeps } from './deps.ts';
import { isFinal } from './failure.ts';
import { turnDone, type Pace, type Turn } from './pace.ts';
import { asFailure } from './read-platform.ts';

/** Requests of one activity that are under way at once: several pages are read beside one another, and others write. */
const AT_ONCE = 8;
const HEARTBEAT_MS = 1_000;
/** No longer than a write waits for its turn before it is sent away: neither is to come before the other. */
const LONGEST_WAIT_MS = 2_000;

/** Reads of many agents. What one agent's read came to is a value, so that a bad one does not cost the others'. */
export function createReadingActivities(deps: ActivityDeps): ReadingActivities {
  const { requestTimeout } = settlePolicy(DEFAULT_POLICY, deps.policyOverrides);
  const options = (): CallOptions => ({
    timeoutMs: toMs(requestTimeout),
    signal: Context.current().cancellationSignal,
  });
  return {
    readAgents: ({ tenantId, agentIds, withRouting }) =>
      asFailure(async () => {
        const platform = requirePlatform(deps, tenantId);
        const readOne = (agentId: string): Promise<AgentInventory> => read(platform, agentId, withRouting, options());
        return beating(() => readAll(agentIds, readOne, deps.paceFor(tenantId)));
      }),

    lookUpSkills: ({ tenantId, skills }) =>
      asFailure(async () => {
        const platform = requirePlatform(deps, tenantId);
        const answers: SkillAnswer[] = [];
        await beating(() =>
          inLanes(skills.entries(), AT_ONCE, async ([index, skill]) => {
            answers[index] = await lookUp(platform, skill, options());
          }),
        );
        return answers;
      }),
  };
}

async function readAll(
  agentIds: readonly string[],
  readOne: (agentId: string) => Promise<AgentInventory>,
  pace: Pace,
): Promise<AgentsAnswer> {
  const answer: AgentsAnswer = { agents: [], unknown: [], unread: [] };
  const { cancellationSignal } = Context.current();
  let failuresInARow = 0;
  // Throttled, or nobody answers: the rest would only meet the same.
  const isStopped = (): boolean => answer.retryAfterMs !== undefined || failuresInARow >= AT_ONCE;
  let last: Promise<unknown> = Promise.resolve();
  /** One after another: a page waits for turns as one write does, and not as many as it has lanes. */
  const takeTurn = (): Promise<Turn | undefined> => {
    const taken = last.then(async () => {
      if (isStopped()) return undefined;
      const turn = await pace.take(LONGEST_WAIT_MS, cancellationSignal);
      if (turn.kind === 'sent-away') answer.retryAfterMs = turn.retryAfterMs;
      // What it was good for is over at once: this process was stopped.
      else if (!turn.use()) answer.retryAfterMs = 0;
      return turn;
    });
    last = taken;
    return taken;
  };
  await inLanes(agentIds, AT_ONCE, async (agentId) => {
    const turn = await takeTurn();
    if (turn?.kind !== 'permit' || isStopped()) {
      turnDone(turn);
      answer.unread.push(agentId);
      return;
    }
    try {
      answer.agents.push(await readOne(agentId));
      failuresInARow = 0;
    } catch (error) {
      if (error instanceof PlatformRefusedError && error.status === 404) {
        answer.unknown.push(agentId);
        return;
      }
      if (!isPassing(error)) throw error;
      answer.unread.push(agentId);
      failuresInARow += 1;
      if (error instanceof PlatformRefusedError && error.status === 429) {
        answer.retryAfterMs = error.retryAfterMs ?? 0;
      }
    } finally {
      turnDone(turn);
    }
  });
  return answer;
}

async function read(
  platform: CxoneClient,
  agentId: string,
  withRouting: boolean,
  options: CallOptions,
): Promise<AgentInventory> {
  const { skills, etag } = await platform.getAgent(agentId, options);
  const inventory = { agentId, skills: skills.map(({ skillId, level }) => ({ skillId, level })), etag };
  return withRouting ? { ...inventory, routing: await platform.getRoutingSkills(agentId, options) } : inventory;
}

/** Whether the same question may get an answer later. */
function isPassing(error: unknown): boolean {
  if (error instanceof PlatformRefusedError) return !isFinal(error);
  return error instanceof PlatformUnreachableError || error instanceof UnexpectedAnswerError;
}

async function lookUp(platform: CxoneClient, skill: SkillRef, options: CallOptions): Promise<SkillAnswer> {
  // As for a removal: a skill that can't be assigned any more may still have to be taken away.
  const found = await platform.resolveSkill(skill, 'remove', options);
  if (!found.ok) return { skill, ok: false, problem: found.problem };
  const { skillId, name, allowedLevels, retired } = found;
  const skillGroup = allowedLevels.length === 0 ? undefined : await groupOf(platform, skillId, options);
  return {
    skill,
    ok: true,
    facts: {
      skillId,
      ...(name === undefined ? {} : { name }),
      ...(skillGroup === undefined ? {} : { skillGroup }),
      allowedLevels,
      ...(retired === true ? { retired } : {}),
    },
  };
}

async function groupOf(platform: CxoneClient, skillId: string, options: CallOptions): Promise<string | undefined> {
  try {
    return (await platform.getSkill(skillId, options)).skillGroup;
  } catch (error) {
    // Gone since it was resolved.
    if (error instanceof PlatformRefusedError && error.status === 404) return undefined;
    throw error;
  }
}

/** Heartbeats while it works, so that a dead worker is noticed and a cancellation gets here. */
async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
