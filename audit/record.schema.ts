import { z } from 'zod';
import {
  AUDIT_DATA_SCHEMA,
  auditType,
  type AuditedChange,
  type AuditEventStatus,
  type AuditRecord,
  type AuditStage,
} from '../domain/audit-record.ts';
import type { OutcomeStatus } from '../domain/outcome.ts';

/** What neither PostgreSQL's jsonb (NUL) nor canonical JSON (lone surrogates) can hold. */
const text = z.string().regex(/^[^\0\p{Cs}]*$/u, { error: 'must not contain NUL or half a character' });
const filled = text.min(1);

/** PostgreSQL takes the same, and has neither a year 0 nor digits beyond microseconds. */
const time = z.iso.datetime().regex(/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/, {
  error: 'must have seconds and at most six decimals',
});

const levels = z.array(z.strictObject({ skillId: text, level: z.number() }));

/** A refused level is recorded as it was given, and it may have been no number: JSON has only scalars for it then. */
const levelAsAsked = z.union([z.number(), text, z.boolean(), z.null()], {
  error: 'must be a scalar',
}) as z.ZodType as z.ZodType<number>;

const changes = z
  .array(
    z.strictObject({
      action: z.enum(['assign', 'remove']),
      skillId: text.exactOptional(),
      name: text.exactOptional(),
      requestedLevel: levelAsAsked.describe('as asked; 0 is a removal'),
      targetLevel: z.number().exactOptional().describe('after rounding'),
    }) satisfies z.ZodType<AuditedChange>,
  )
  .describe('what was asked for; of an intent, what is about to be written');

const workflowOrigin = z.strictObject({
  workflowId: filled,
  runId: filled,
  attempt: z.int().min(0).describe('number of the write attempt; 0 is none'),
  host: filled,
});
const workerOrigin = z.strictObject({ host: filled, instance: filled });

const outcome = z.enum(['success', 'failure', 'noop', 'unknown']);
const outcomeStatus = z.enum([
  'provisioned',
  'unchanged',
  'rejected',
  'failed',
  'accepted',
  'rolled-back',
  'abandoned',
  'cancelled',
] satisfies OutcomeStatus[]);
const eventStatus = z.enum([
  'reconcile-retry',
  'reconcile-accept',
  'reconcile-rollback',
  'reconcile-abandon',
  'reconcile',
  'cancel',
  'parked',
  'reconciled',
  'refused',
  'temporary-extend',
  'temporary-end',
  'temporary-cancel',
  'temporary-overstayed',
  'drift',
  'login-failed',
  'scope-missing',
] satisfies AuditEventStatus[]);

const who = { actor: filled.describe('who acted'), tenantId: filled };
const remarks = {
  operator: text.exactOptional(),
  note: text.exactOptional(),
  problem: z.strictObject({ code: text, message: text }).exactOptional(),
};
const request = {
  requestId: filled,
  requestedBy: filled,
  reason: text,
  ticket: text.exactOptional(),
  agentId: filled,
  changes,
  before: levels.exactOptional().describe("the agent's skills in the directory, as read before the write"),
  after: levels.exactOptional().describe('the same after it'),
};

/** What has its fields in this order: each line of a trail begins with `{"specversion":"1.0","id":`. */
function envelope<Data extends z.ZodType>(stage: AuditStage, data: Data) {
  return z.strictObject({
    specversion: z.literal('1.0'),
    id: filled.max(500),
    source: filled,
    type: z.literal(auditType(stage)),
    subject: filled.describe('the agent, or the tenant for what concerns none'),
    time,
    datacontenttype: z.literal('application/json'),
    dataschema: z.literal(AUDIT_DATA_SCHEMA),
    data,
  });
}

const intent = envelope(
  'intent',
  z.strictObject({
    stage: z.literal('intent'),
    outcome: z.literal('unknown'),
    ...who,
    ...request,
    ...remarks,
    origin: workflowOrigin,
  }),
);
const end = envelope(
  'outcome',
  z.strictObject({
    stage: z.literal('outcome'),
    outcome,
    status: outcomeStatus,
    ...who,
    ...request,
    ...remarks,
    origin: workflowOrigin,
  }),
);
const event = { stage: z.literal('event'), outcome, status: eventStatus, ...who };
const requestEvent = envelope(
  'event',
  z.strictObject({
    ...event,
    ...request,
    ...remarks,
    closes: filled.exactOptional().describe('id of the unknown record that this closes'),
    origin: workflowOrigin,
  }),
);
const otherEvent = envelope(
  'event',
  z.strictObject({
    ...event,
    agentId: text.exactOptional(),
    requestId: text.exactOptional(),
    ...remarks,
    origin: z.union([workflowOrigin, workerOrigin]),
  }),
);

/**
 * Strict schemas of the records. An unknown field is refused, so that nothing gets into the trail that nobody thought of.
 */
const schemas = { intent, outcome: end, requestEvent, otherEvent } satisfies Record<string, z.ZodType<AuditRecord>>;

/** The schema that a value should follow, so that what is wrong with it can be said. */
export function auditRecordSchemaFor(value: unknown): z.ZodType<AuditRecord> {
  const { data } = (value ?? {}) as { data?: unknown };
  const { stage, changes: asked } = (data ?? {}) as { stage?: unknown; changes?: unknown };
  if (stage === 'intent') return schemas.intent;
  if (stage === 'event') return asked === undefined ? schemas.otherEvent : schemas.requestEvent;
  return schemas.outcome;
}

/** The form of a record as a JSON Schema. */
export function auditRecordJsonSchema(): object {
  const schema = z.toJSONSchema(z.union([intent, end, requestEvent, otherEvent]));
  return { title: 'One record of the audit trail, a CloudEvents 1.0 envelope', $id: AUDIT_DATA_SCHEMA, ...schema };
}
