import { describeProblems } from '../domain/field-problem.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import { settlePolicy } from '../domain/settle-policy.ts';
import { parseTemporarySkill } from '../domain/temporary-skill.schema.ts';
import type { TemporaryActivities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { refuseLevel } from './resolve-skill.ts';

/** Checks a temporary skill in full, whoever started the run and however, and settles its policy. */
export function createCheckTemporary(deps: ActivityDeps): TemporaryActivities['checkTemporary'] {
  return async ({ temporary }) => {
    const { tenantId, level, policy } = temporary;
    const platform = deps.platformFor(tenantId);
    if (platform === undefined) {
      const message = `This worker does not serve the tenant ${tenantId}.`;
      return { ok: false, problem: { code: 'unknown-tenant', message } };
    }
    const parsed = parseTemporarySkill(temporary, { allowShortGap: platform.loopback });
    if (parsed.ok) return { ok: true, policy: settlePolicy(DEFAULT_POLICY, deps.policyOverrides, policy) };
    const isLevel = parsed.problems.some(({ code }) => code === 'level-refused');
    if (isLevel) refuseLevel(level);
    const message = `${describeProblems(parsed.problems)}.`;
    return { ok: false, problem: { code: isLevel ? 'level-refused' : 'invalid-request', message } };
  };
}
