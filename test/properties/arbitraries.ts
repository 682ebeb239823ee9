import fc from 'fast-check';
import type { ResolvedChange } from '../../activities/contract.ts';
import type { SkillLevel } from '../../domain/inventory.ts';
import type { PolicyOverrides } from '../../domain/policy.ts';
import { MAX_CHANGES, type ProvisionRequest, type SkillChange, type SkillRef } from '../../domain/request.ts';

/** What the names of these requests mean on the platform. A name without a group means the first. */
const CATALOGUE: readonly { skillId: string; name: string; skillGroup: string }[] = [
  { skillId: 's1', name: 'Voice', skillGroup: 'Berlin' },
  { skillId: 's2', name: 'Voice', skillGroup: 'Paris' },
  { skillId: 's3', name: 'Chat', skillGroup: 'Berlin' },
  { skillId: 's4', name: 'Mail', skillGroup: 'Berlin' },
];

/** Records as JSON has them; by default some would have no prototype, which no comparison takes for equal. */
export function plain<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true });
}

export const skillIds = CATALOGUE.map(({ skillId }) => skillId);
const anySkill = fc.constantFrom(...CATALOGUE);

/** Every way to name a skill of the catalogue. Blanks around a name mean nothing. */
const skillRef: fc.Arbitrary<SkillRef> = anySkill.chain(({ skillId, name, skillGroup }) =>
  fc.constantFrom<SkillRef>({ skillId }, { skillId, name }, { name }, { name: ` ${name} ` }, { name, skillGroup }),
);

const skillChange: fc.Arbitrary<SkillChange> = fc.oneof(
  plain({ action: fc.constant('assign' as const), skill: skillRef, level: fc.integer({ min: 1, max: 5 }) }),
  plain({ action: fc.constant('remove' as const), skill: skillRef }),
);

/** Changes of different skills. */
export const changes = fc.uniqueArray(skillChange, {
  selector: ({ skill }) => skillIdOf(skill),
  minLength: 1,
  maxLength: 3,
});

/** Two settings in either order are one policy. */
const policy: fc.Arbitrary<PolicyOverrides> = fc.constantFrom<PolicyOverrides>(
  { lockWait: '1s', conflictWait: '2s' },
  { conflictWait: '2s', lockWait: '1s' },
  { lockWait: '1s' },
);

/** Requests for one agent, of few ids, so that ids come back with the same and with other content. */
export const request: fc.Arbitrary<ProvisionRequest> = fc
  .record({
    id: fc.integer({ min: 1, max: 12 }),
    variant: fc.integer({ min: 0, max: 5 }),
    changes,
    policy: fc.option(policy, { nil: undefined, freq: 2 }),
  })
  .map(({ id, variant, changes: wishes, policy: overrides }) => ({
    requestId: `r${id}`,
    tenantId: 'acme',
    agentId: 'agent-1',
    changes: wishes,
    requestedBy: 'ops',
    reason: variant === 0 ? 'another reason' : 'on call',
    ...(overrides === undefined ? {} : { policy: overrides }),
  }));

/** A request with nearly as many changes as one PATCH takes. */
export function largeRequest(id: string, size: number): ProvisionRequest {
  const wishes = Array.from({ length: Math.min(size, MAX_CHANGES) }, (_, index): SkillChange => {
    return { action: 'assign', skill: { skillId: `${id}-${index}` }, level: 3 };
  });
  return { requestId: id, tenantId: 'acme', agentId: 'agent-1', changes: wishes, requestedBy: 'ops', reason: 'r' };
}

/** An agent's skills, each once. */
export const inventory: fc.Arbitrary<SkillLevel[]> = fc.uniqueArray(
  plain({ skillId: fc.constantFrom(...skillIds, 's5', 's6'), level: fc.integer({ min: 1, max: 5 }) }),
  { selector: ({ skillId }) => skillId },
);

/** The id of what a reference means. */
export function skillIdOf(skill: SkillRef): string {
  if ('skillId' in skill) return skill.skillId;
  const name = skill.name.trim();
  const found = CATALOGUE.find(
    (known) => known.name === name && (skill.skillGroup === undefined || known.skillGroup === skill.skillGroup),
  );
  return found?.skillId ?? 'none';
}

/** A change as the platform's catalogue resolves it. */
export function resolve(change: SkillChange): ResolvedChange {
  return {
    skillId: skillIdOf(change.skill),
    targetLevel: change.action === 'assign' ? change.level : 0,
    ageMs: 0,
  };
}
