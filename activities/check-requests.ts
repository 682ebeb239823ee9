import { describeProblems } from '../domain/field-problem.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import { parseRequest } from '../domain/request.schema.ts';
import type { ProvisionRequest } from '../domain/request.ts';
import { judgeLevel } from '../domain/skill-level.ts';
import { settlePolicy } from '../domain/settle-policy.ts';
import type { ProvisioningActivities, RequestCheck } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { refuseLevel } from './resolve-skill.ts';

/** Checks requests in full, whoever started the run and however, and settles their policy. */
export function createCheckRequests(deps: ActivityDeps): ProvisioningActivities['checkRequests'] {
  return async ({ requests }) => requests.map((request) => check(deps, request));
}

function check(deps: ActivityDeps, request: ProvisionRequest): RequestCheck {
  const { requestId, tenantId } = request;
  const refuse = (code: string, message: string): RequestCheck => ({
    requestId,
    ok: false,
    problem: { code, message },
  });
  const platform = deps.platformFor(tenantId);
  if (platform === undefined) return refuse('unknown-tenant', `This worker does not serve the tenant ${tenantId}.`);
  // Limits that protect people are checked here as well: a request may come past every other check.
  const parsed = parseRequest(request, { allowShortGap: platform.loopback });
  if (parsed.ok) {
    return { requestId, ok: true, policy: settlePolicy(DEFAULT_POLICY, deps.policyOverrides, request.policy) };
  }
  const levels = parsed.problems.filter(({ code }) => code === 'level-refused');
  for (const change of levels.length > 0 ? request.changes : []) {
    if (change.action === 'assign' && !judgeLevel(change.level).ok) refuseLevel(change.level);
  }
  const onlyPolicy = parsed.problems.every(({ path }) => path.startsWith('policy'));
  const code = levels.length > 0 ? 'level-refused' : onlyPolicy ? 'policy-refused' : 'invalid-request';
  return refuse(code, `${describeProblems(parsed.problems)}.`);
}
