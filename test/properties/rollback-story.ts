import fc from 'fast-check';
import { levelOf, type SkillLevel } from '../../domain/inventory.ts';
import type { SkillChange } from '../../domain/request.ts';
import { Batch } from '../../workflows/batch.ts';
import { openRequest, type OpenRequest } from '../../workflows/open-request.ts';
import { plain, resolve, skillIds } from './arbitraries.ts';

/** What becomes of an attempt: it shows in the answer, the answer is lost, it never arrives, or it comes out wrong. */
type Fate = 'answered' | 'lost-and-applied' | 'lost' | 'stale' | 'clamped';
export type StoryStep = { kind: 'attempt'; fate: Fate } | { kind: 'edit'; skillId: string };

export const storySteps: fc.Arbitrary<StoryStep[]> = fc.array(
  fc.oneof(
    plain({
      kind: fc.constant('attempt' as const),
      fate: fc.constantFrom<Fate>('answered', 'lost-and-applied', 'lost', 'stale', 'clamped'),
    }),
    plain({ kind: fc.constant('edit' as const), skillId: fc.constantFrom(...skillIds) }),
  ),
  { minLength: 1, maxLength: 8 },
);

interface Told {
  entry: OpenRequest;
  directory: SkillLevel[];
  /** Levels before this request changed them, of the skills whose present level is this request's doing. */
  ours: Map<string, number>;
  /** Skills that an attempt was sent for, whatever became of it. */
  sent: Set<string>;
  /** Skills that were this request's doing and that somebody else has changed since, after the last attempt. */
  overtaken: Set<string>;
}

/** Carries one request out on a directory that others edit as well; their levels are ones this request never uses. */
export function tell(wishes: SkillChange[], initial: readonly SkillLevel[], steps: readonly StoryStep[]): Told {
  const entry = openRequest(
    { requestId: 'r1', tenantId: 'acme', agentId: 'a1', changes: wishes, requestedBy: 'ops', reason: 'r' },
    'digest',
    0,
  );
  const { progress } = entry;
  progress.resolved = wishes.map(resolve);
  const levels = new Map(initial.map(({ skillId, level }) => [skillId, level]));
  const read = () => [...levels].map(([skillId, level]) => ({ skillId, level }));
  const ours = new Map<string, number>();
  progress.before = read();
  const [everSent, overtaken] = [new Set<string>(), new Set<string>()];
  let foreign = 100;
  let keyTime = 0;
  for (const [turn, step] of steps.entries()) {
    if (step.kind === 'edit') {
      levels.set(step.skillId, (foreign += 1));
      if (ours.delete(step.skillId)) overtaken.add(step.skillId);
      continue;
    }
    const skills = read();
    if (progress.wrote === 'no') progress.before = skills;
    const batch = new Batch([entry]);
    if (batch.missing(skills).length === 0) continue;
    const { wishes: sent } = batch.attemptFor('a1', { skills, etag: `"${turn}"` }, () => (keyTime += 1));
    const applied = step.fate === 'answered' || step.fate === 'lost-and-applied' || step.fate === 'clamped';
    for (const { skillId } of sent) {
      everSent.add(skillId);
      overtaken.delete(skillId);
    }
    for (const { skillId, level } of applied ? sent : []) {
      if (!ours.has(skillId)) ours.set(skillId, levelOf(skills, skillId));
      const shown = step.fate === 'clamped' ? 50 + turn : level;
      if (shown === 0) levels.delete(skillId);
      else levels.set(skillId, shown);
    }
    if (step.fate === 'answered' || step.fate === 'clamped') {
      progress.wrote = 'yes';
      progress.written = read();
    } else if (step.fate !== 'stale' && progress.wrote === 'no') progress.wrote = 'maybe';
  }
  progress.after = read();
  if (progress.wrote === 'no') progress.before = read();
  return { entry, directory: read(), ours, sent: everSent, overtaken };
}
