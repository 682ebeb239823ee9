import { patched } from '@temporalio/workflow';
import type { AgentReading, ResolvedChange, SkillResolution } from '../activities/contract.ts';
import { levelOf } from '../domain/inventory.ts';
import type { Problem } from '../domain/outcome.ts';
import { describeSkill, type SkillChange } from '../domain/request.ts';
import type { AgentRun } from './agent-run.ts';
import type { Batch } from './batch.ts';
import { matchedAnswers } from './matched-answers.ts';
import { changesToResolve, wishesOf, type OpenRequest } from './open-request.ts';
import { resolveSkills, type Patience, type Read } from './platform.ts';
import { isEntangled } from './request-queue.ts';
import { leave } from './settle.ts';

/**
 * An id may be 60 s old when the platform gets it. Until then a PATCH may wait 10 s for a worker, and for its turn and a
 * token there. As long as the lookup keeps its answers: a resolution that is too old for us is too old there as well.
 */
const RESOLUTION_MAX_AGE_MS = 45_000;
/** What was allowed before that was taken off. */
const FORMER_MAX_AGE_MS = 60_000;

/** Resolutions of the requests that need one, in the order of `needing`. */
interface Resolutions {
  /** With the changes that were asked about: what a rollback restores depends on what is read meanwhile. */
  needing: { entry: OpenRequest; changes: SkillChange[] }[];
  askedAt: number;
  found: SkillResolution[];
}

export function needsResolution({ progress }: OpenRequest): boolean {
  if (progress.resolvedAt === undefined) return true;
  const ageMs = Date.now() - progress.resolvedAt;
  return ageMs > FORMER_MAX_AGE_MS || (ageMs > RESOLUTION_MAX_AGE_MS && patched('ids-are-written-sooner'));
}

export async function resolve(run: AgentRun, batch: Batch, patience: Patience): Promise<Read<Resolutions>> {
  const needing = batch.entries.filter(needsResolution).map((entry) => ({ entry, changes: changesToResolve(entry) }));
  const askedAt = Date.now();
  if (needing.length === 0) return { kind: 'read', value: { needing, askedAt, found: [] } };
  const read = await resolveSkills(
    run,
    needing.flatMap(({ changes }) => changes),
    patience,
  );
  return read.kind === 'read' ? { kind: 'read', value: { needing, askedAt, found: read.value } } : read;
}

/** Takes the resolutions over, request by request; a request with one that was refused leaves. */
export async function adopt(
  run: AgentRun,
  batch: Batch,
  read: Read<Resolutions>,
  inventory: AgentReading['skills'],
): Promise<void> {
  if (read.kind !== 'read') return;
  const { needing, askedAt, found } = read.value;
  const matched = matchedAnswers(
    needing.map(({ changes }) => changes),
    found,
  );
  for (const [place, { entry, changes }] of needing.entries()) {
    const answers = matched[place];
    if (answers === undefined) {
      delete entry.progress.resolvedAt;
      continue;
    }
    const resolved: ResolvedChange[] = [];
    let problem: Problem | undefined;
    for (const [index, { asked: _asked, ...answer }] of answers.entries()) {
      const change = changes[index];
      if (change === undefined) continue;
      const usable = answer.ok ? answer : goneSkill(change, answer.problem, inventory);
      if (usable === undefined) problem ??= answer.ok ? undefined : answer.problem;
      else if (usable.retired === 'gone' && levelOf(inventory, usable.skillId) === 0) {
        problem ??= { code: 'unknown-skill', message: `There is no skill ${describeSkill(change.skill)}.` };
      } else resolved.push(usable);
    }
    problem ??= duplicateIn(resolved);
    problem ??= recycledIn(entry, resolved);
    if (problem === undefined) {
      if (!entry.progress.rollback) entry.progress.resolved = resolved;
      entry.progress.resolvedAt = askedAt - Math.max(0, ...resolved.map(({ ageMs }) => ageMs));
      continue;
    }
    batch.remove(entry);
    await leave(run, entry, problem, 'skill-changed');
  }
}

/** What the catalogue has, but refuses, is not looked for in the inventory: it may be another skill of the same name. */
function goneSkill(
  change: Parameters<typeof formerSkill>[0],
  problem: Problem,
  inventory: AgentReading['skills'],
): ResolvedChange | undefined {
  const former = formerSkill(change, inventory);
  if (former === undefined || problem.code === 'unknown-skill') return former;
  return patched('refused-names-stay-refused') ? undefined : former;
}

/** A skill that is gone from the catalogue keeps its name in the inventory of an agent who still has it. */
function formerSkill(
  change: { action: string; skill: { name?: string } },
  inventory: AgentReading['skills'],
): ResolvedChange | undefined {
  if (change.action !== 'remove' || 'skillId' in change.skill || 'skillGroup' in change.skill) return undefined;
  const [only, ...others] = inventory.filter(({ name }) => name !== undefined && name === change.skill.name?.trim());
  if (only === undefined || others.length > 0) return undefined;
  return {
    skillId: only.skillId,
    targetLevel: 0,
    retired: 'gone',
    ageMs: 0,
    ...(only.name ? { name: only.name } : {}),
  };
}

function duplicateIn(resolved: readonly ResolvedChange[]): Problem | undefined {
  const seen = new Set<string>();
  for (const { skillId, name } of resolved) {
    if (seen.has(skillId)) {
      const message = `Two changes name the same skill, ${describeSkill({ skillId, ...(name ? { name } : {}) })}.`;
      return { code: 'duplicate-skill', message };
    }
    seen.add(skillId);
  }
  return undefined;
}

/** An id that was written already must not mean another skill now. */
function recycledIn({ progress }: OpenRequest, resolved: readonly ResolvedChange[]): Problem | undefined {
  if (!isEntangled(progress) || progress.rollback) return undefined;
  const changed = progress.resolved?.some(({ skillId }, index) => resolved[index]?.skillId !== skillId) ?? false;
  if (!changed) return undefined;
  return { code: 'skill-changed', message: 'A reference means another skill now than when it was written.' };
}

/** Two requests that turn out to mean one skill run in order: the later one waits for the next batch. */
export function separate(batch: Batch): void {
  const taken = new Set<string>();
  for (const entry of [...batch.entries]) {
    const ids = wishesOf(entry).map(({ skillId }) => skillId);
    if (ids.some((id) => taken.has(id))) batch.release(entry);
    for (const id of ids) taken.add(id);
  }
}
