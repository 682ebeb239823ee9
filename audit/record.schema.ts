import { z } from 'zod';
import type { AuditData, AuditedChange, AuditOrigin, AuditRecord } from '../domain/audit-record.ts';

const level = z.strictObject({ skillId: z.string(), level: z.number() });

/** A refused level is recorded as it was given, and it may have been no number: JSON has only scalars for it then. */
const levelAsAsked = z.custom<number>(
  (value) => value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean',
  { error: 'must be a scalar' },
);

const change = z.strictObject({
  action: z.enum(['assign', 'remove']),
  skillId: z.string().exactOptional(),
  name: z.string().exactOptional(),
  requestedLevel: levelAsAsked,
  targetLevel: z.number().exactOptional(),
}) satisfies z.ZodType<AuditedChange>;

const origin = z.strictObject({
  workflowId: z.string().min(1),
  runId: z.string().min(1),
  attempt: z.int().min(0),
  host: z.string().exactOptional(),
}) satisfies z.ZodType<AuditOrigin>;

const data = z.strictObject({
  stage: z.enum(['intent', 'outcome', 'event']),
  outcome: z.string().min(1).exactOptional(),
  requestId: z.string(),
  requestedBy: z.string(),
  reason: z.string(),
  ticket: z.string().exactOptional(),
  tenantId: z.string(),
  agentId: z.string(),
  changes: z.array(change),
  before: z.array(level).exactOptional(),
  after: z.array(level).exactOptional(),
  operator: z.string().exactOptional(),
  note: z.string().exactOptional(),
  origin,
  problem: z.strictObject({ code: z.string(), message: z.string() }).exactOptional(),
}) satisfies z.ZodType<AuditData>;

/**
 * Strict schema of a record. An unknown field is refused, so that nothing gets into the trail that nobody thought of.
 * What it parses has its fields in this order: each line of the trail begins with `{"specversion":"1.0","id":`.
 */
export const auditRecordSchema = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(500),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data,
}) satisfies z.ZodType<AuditRecord>;
