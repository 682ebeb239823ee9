import { z } from 'zod';
import { toFieldProblems, wording, type Parsed } from '../domain/field-problem.ts';
import { agentIdText } from '../domain/request.schema.ts';
import { REQUEST_ID_PATTERN } from '../domain/request.ts';
import { RECONCILE_ACTIONS, type CancelOrder, type ReconcileOrder } from '../workflows/provision-skill.messages.ts';

const requestId = z.string().regex(REQUEST_ID_PATTERN, { error: "must be 1 to 64 letters, digits, '_' or '-'" });
const actions = RECONCILE_ACTIONS as readonly [ReconcileOrder['action'], ...ReconcileOrder['action'][]];

const reconcileSchema = z.strictObject({
  agentId: agentIdText,
  requestId: requestId.exactOptional(),
  action: z.enum(actions),
  operator: line(200),
  note: line(500),
});
const cancelSchema = z.strictObject({
  agentId: agentIdText,
  requestId: requestId.exactOptional(),
  by: line(200),
  note: line(500),
});
const requestKeySchema = z.strictObject({ agentId: agentIdText, requestId });
const agentSchema = z.strictObject({ agentId: agentIdText });

/** A person's order with the agent it is about. */
export type AgentOrder<Order> = { agentId: string } & Order;

export function parseReconcileOrder(value: unknown): Parsed<'value', AgentOrder<ReconcileOrder>> {
  return parsed(reconcileSchema, value);
}

export function parseCancelOrder(value: unknown): Parsed<'value', AgentOrder<CancelOrder>> {
  return parsed(cancelSchema, value);
}

export function parseRequestKey(value: unknown): Parsed<'value', { agentId: string; requestId: string }> {
  return parsed(requestKeySchema, value);
}

export function parseAgentKey(value: unknown): Parsed<'value', { agentId: string }> {
  return parsed(agentSchema, value);
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): Parsed<'value', T> {
  const result = schema.safeParse(value, { error: wording });
  return result.success ? { ok: true, value: result.data } : { ok: false, problems: toFieldProblems(result.error) };
}

/** Words by a person, in one line; the same rule as for the texts of a request. */
function line(max: number) {
  return z
    .string()
    .max(max, { error: `must be at most ${max} characters long` })
    .regex(/\S/, { error: 'must not be empty' })
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'must not contain control characters or line breaks' });
}
