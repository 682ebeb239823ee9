import { z } from 'zod';
import { toFieldProblems, wording, type Parsed } from './field-problem.ts';
import type { SkillLevel } from './inventory.ts';
import { planDigest, type PlannedAgent, type PlanWarning, type SavedPlan } from './plan.ts';
import { agentIdText, skillIdText, tenantIdText } from './request.schema.ts';
import { MAX_LEVEL } from './skill-level.ts';
import type { SkillStep } from './state-difference.ts';

const level = z.int().min(0).max(MAX_LEVEL);
const sha256Text = z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be a SHA-256 in hex' });

const step = z.strictObject({
  skillId: skillIdText,
  name: z.string().max(500).exactOptional(),
  skillGroup: z.string().max(500).exactOptional(),
  from: level,
  to: level,
}) satisfies z.ZodType<SkillStep>;

const plannedAgent = z.strictObject({
  agentId: agentIdText,
  steps: z.array(step).min(1),
  before: z.array(z.strictObject({ skillId: skillIdText, level: level.min(1) }) satisfies z.ZodType<SkillLevel>),
}) satisfies z.ZodType<PlannedAgent>;

const warning = z.strictObject({
  code: z.enum(['skill-without-agent', 'level-not-allowed', 'unknown-agent']),
  message: z.string(),
  agentIds: z.array(agentIdText),
}) satisfies z.ZodType<PlanWarning>;

const schema = z.strictObject({
  version: z.literal(1),
  tenantId: tenantIdText,
  createdAt: z.iso.datetime(),
  source: z.strictObject({ name: z.string(), sha256: sha256Text }),
  agentsCompared: z.int().min(0),
  agents: z.array(plannedAgent),
  warnings: z.array(warning),
  digest: sha256Text,
}) satisfies z.ZodType<SavedPlan>;

/** Reads a saved plan from its text. One that was edited since is refused: what is applied is what was planned. */
export function parsePlan(text: string): Parsed<'plan', SavedPlan> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problems: [{ path: '', message: 'must be the JSON document that plan has written' }] };
  }
  const parsed = schema.safeParse(value, { error: wording });
  if (!parsed.success) return { ok: false, problems: toFieldProblems(parsed.error) };
  const problems = repeatedAgents(parsed.data);
  if (planDigest(parsed.data) !== parsed.data.digest) {
    problems.push({
      path: 'digest',
      message: 'is not that of the content: the plan was changed by hand; make a new one',
    });
  }
  return problems.length === 0 ? { ok: true, plan: parsed.data } : { ok: false, problems };
}

function repeatedAgents({ agents }: SavedPlan): { path: string; message: string }[] {
  const seen = new Set<string>();
  return agents.flatMap(({ agentId }, index) => {
    const isNew = !seen.has(agentId);
    seen.add(agentId);
    return isNew ? [] : [{ path: `agents.${index}.agentId`, message: 'is there already; each agent once' }];
  });
}
