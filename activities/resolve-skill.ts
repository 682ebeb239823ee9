import { log, metricMeter } from '@temporalio/activity';
import type { CallOptions } from '../cxone/authorized-wire.ts';
import type { CxoneClient } from '../cxone/client.ts';
import { METRICS } from '../domain/metric-names.ts';
import { describeSkill, type SkillChange } from '../domain/request.ts';
import { judgeLevel } from '../domain/skill-level.ts';
import type { ProvisioningActivities, SkillResolution } from './contract.ts';
import { requirePlatform, type ActivityDeps } from './deps.ts';
import { asFailure, readOptions } from './read-platform.ts';

/** Turns references into ids and checks each level against its skill, before anything is written. */
export function createResolveSkill(deps: ActivityDeps): ProvisioningActivities['resolveSkill'] {
  return async (input) =>
    asFailure(() => {
      const platform = requirePlatform(deps, input.tenantId);
      const options = readOptions(input);
      return Promise.all(
        input.changes.map(async (change) => ({ ...(await resolve(platform, change, options)), asked: change })),
      );
    });
}

async function resolve(platform: CxoneClient, change: SkillChange, options: CallOptions): Promise<SkillResolution> {
  const found = await platform.resolveSkill(change.skill, change.action, options);
  if (!found.ok) return found;
  const { skillId, name, ageMs, allowedLevels } = found;
  const known = { ok: true, skillId, ageMs, ...(name === undefined ? {} : { name }) } as const;
  if (change.action === 'remove') {
    // A skill that is gone has no levels any more; an inactive one still has.
    const retired = found.retired !== true ? undefined : allowedLevels.length === 0 ? 'gone' : 'inactive';
    return { ...known, targetLevel: 0, ...(retired === undefined ? {} : { retired }) };
  }
  const verdict = judgeLevel(change.level);
  if (!verdict.ok || !allowedLevels.includes(verdict.level)) {
    refuseLevel(change.level, skillId);
    const message = `Level ${change.level} is not allowed for ${describeSkill(change.skill)}; allowed: ${allowedLevels.join(', ')}.`;
    return { ok: false, problem: { code: 'level-not-allowed', message } };
  }
  if (verdict.corrected) log.info('a level was rounded', { skillId, given: change.level, corrected: verdict.level });
  return { ...known, targetLevel: verdict.level };
}

/** A refused level is logged and counted with the value it was given as. */
export function refuseLevel(given: unknown, skillId?: string): void {
  metricMeter.createCounter(METRICS.refusedLevels, '1', 'Levels that were refused').add(1);
  log.warn('a level was refused', { given, ...(skillId === undefined ? {} : { skillId }) });
}
