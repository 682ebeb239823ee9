import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import type { PayloadProtection } from '../domain/payload-keys.ts';
import { parseRequest } from '../domain/request.schema.ts';
import { parseTemporarySkill } from '../domain/temporary-skill.schema.ts';
import { provisionWorkflowId, temporaryWorkflowId } from '../domain/workflow-id.ts';
import { openPayload, sealPayload } from '../payloads/codec.ts';
import { isEncrypted, readSealed } from '../payloads/seal.ts';

/** Payloads as the Web UI sends them: the JSON of protobuf, with bytes in base64. */
export type JsonPayload = z.output<typeof jsonPayload>;

/** What was asked for can't be done; `message` may be told to whoever asked. */
export class NotEncodableError extends Error {
  override readonly name = 'NotEncodableError';
}

export interface Converted {
  payloads: JsonPayload[];
  /** The workflows that payloads belong to, for the access log. */
  workflowIds: string[];
  /** How many were decrypted or encrypted; the others went through as they were. */
  converted: number;
}

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, { error: 'must be base64' });
/** Ours have five. */
const MAX_METADATA = 100;
const metadata = z.record(z.string(), base64).refine((entries) => Object.keys(entries).length <= MAX_METADATA, {
  error: `must have at most ${MAX_METADATA} entries`,
});
/** What else a payload has is dropped: nobody has checked that it can be written down again. */
const jsonPayload = z.object({ metadata: metadata.optional(), data: base64.nullish() });
const bodySchema = z.object({ payloads: z.array(jsonPayload).max(10_000, { error: 'must be at most 10000' }) });

/** The payloads of a body, without what is not known of one. Throws a `SyntaxError` or a `ZodError`. */
export function parsePayloads(body: string): JsonPayload[] {
  return bodySchema.parse(JSON.parse(body)).payloads;
}

/**
 * Decrypts what was encrypted for this namespace, and leaves the rest. It is not told where a payload was found, so it
 * reads one that was moved, too. Throws a `PayloadRefusedError`.
 */
export function decodePayloads(
  payloads: readonly JsonPayload[],
  namespace: string,
  protection: PayloadProtection,
): Converted {
  const workflowIds = new Set<string>();
  let converted = 0;
  const decoded = payloads.map((json) => {
    const payload = fromJson(json);
    if (!isEncrypted(payload)) return json;
    const sealed = readSealed(payload);
    const place = sealed && { namespace, workflowId: sealed.workflowId };
    const opened = openPayload(payload, place, protection);
    workflowIds.add(sealed?.workflowId ?? '');
    converted += 1;
    return toJson(opened);
  });
  return { payloads: decoded, workflowIds: [...workflowIds], converted };
}

/**
 * Encrypts what names its own workflow: a request or a temporary skill, with which the Web UI starts a run. Throws
 * {@link NotEncodableError} for all else: the UI does not say for which workflow it asks.
 */
export function encodePayloads(
  payloads: readonly JsonPayload[],
  namespace: string,
  protection: PayloadProtection,
): Converted {
  const bound = payloads.map((json) => {
    const payload = fromJson(json);
    const workflowId = isEncrypted(payload) ? undefined : workflowIdIn(payload);
    if (workflowId === undefined) throw new NotEncodableError(NOT_ENCODABLE);
    return { workflowId, json: toJson(sealPayload(payload, { namespace, workflowId }, protection)) };
  });
  return {
    payloads: bound.map(({ json }) => json),
    workflowIds: [...new Set(bound.map(({ workflowId }) => workflowId))],
    converted: bound.length,
  };
}

const NOT_ENCODABLE =
  'only valid requests and temporary skills, with no field more, are encrypted here, as they name the workflow they ' +
  'are for; for all else use cxone-skills with the keys';

/** Which gap is too short is for the worker to judge. */
const ANY_GAP = { allowShortGap: true };

/**
 * Strict, as workflows look only at the fields they need: an order to which the ids of a request were added would be
 * sealed for that agent's run and be obeyed there.
 */
function workflowIdIn({ data }: Payload): string | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(data ?? []).toString('utf8'));
    const request = parseRequest(value, ANY_GAP);
    if (request.ok) return provisionWorkflowId(request.request.tenantId, request.request.agentId);
    const lent = parseTemporarySkill(value, ANY_GAP);
    if (!lent.ok) return undefined;
    return temporaryWorkflowId(lent.temporary.tenantId, lent.temporary.agentId, lent.temporary.temporaryId);
  } catch {
    return undefined;
  }
}

function fromJson({ metadata = {}, data }: JsonPayload): Payload {
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    data: Buffer.from(data ?? '', 'base64'),
  };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const entries = Object.entries(metadata ?? {});
  return {
    metadata: Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
    data: Buffer.from(data ?? []).toString('base64'),
  };
}
