import { setTimeout as delay } from 'node:timers/promises';
import type { NewTemporarySkill, TemporaryView } from '../../client/index.ts';
import { temporaryRequestIds } from '../../domain/temporary-skill.ts';
import { assign, remove, type Stack } from './stack.ts';
import { uniqueName } from './temporal.ts';

/** A temporary skill for the stack's agent; by default `skill-voice` at 4 for an hour. */
export function lent(s: Stack, more: Partial<NewTemporarySkill> = {}): NewTemporarySkill & { temporaryId: string } {
  const length = more.until === undefined ? { for: '1h' } : {};
  return {
    temporaryId: uniqueName('temporary'),
    agentId: s.agentId,
    skill: { skillId: 'skill-voice' },
    level: 4,
    ...length,
    requestedBy: 'test',
    reason: 'peak hours',
    ...more,
  };
}

/** Who ends, extends or cancels one, and why. */
export function order({ agentId, temporaryId }: { agentId: string; temporaryId: string }) {
  return { agentId, temporaryId, by: 'kim', note: 'peak is over' };
}

/** Waits until a temporary skill stands so that `holds`. */
export async function untilTemporary(
  s: Stack,
  { temporaryId }: { temporaryId: string },
  holds: (view: TemporaryView) => boolean,
): Promise<TemporaryView> {
  for (;;) {
    const view = await s.client.temporary.status(s.agentId, temporaryId);
    if (holds(view)) return view;
    await delay(100);
  }
}

/** Tells the invariants of the two requests that a temporary skill has made. */
export function countRequests(s: Stack, { temporaryId, skill, level, start, end }: TemporaryView): void {
  const ids = temporaryRequestIds(temporaryId);
  if (start !== undefined) s.request({ requestId: ids.start, changes: [{ action: 'assign', skill, level }] });
  const { skillId, previousLevel } = start?.changes[0] ?? {};
  if (end === undefined || skillId === undefined || previousLevel === undefined) return;
  const change = previousLevel === 0 ? remove(skillId) : assign(skillId, previousLevel);
  s.request({ requestId: end.requestId, changes: [change] });
}

/** The levels an agent has in the directory, by skill. */
export function levelsOf(s: Stack): Record<string, number> {
  return Object.fromEntries(s.agent().skills.map(({ skillId, level }) => [skillId, level]));
}
