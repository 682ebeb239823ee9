import { ApplicationFailure, patched } from '@temporalio/workflow';
import { FAILURE } from '../domain/failure-types.ts';
import { isRequestText, MAX_REASON, MAX_REQUESTED_BY } from '../domain/request-text.ts';
import {
  AGENT_ID_PATTERN,
  MAX_CHANGES,
  REQUEST_ID_PATTERN,
  TENANT_ID_PATTERN,
  type ProvisionRequest,
} from '../domain/request.ts';
import { OFFSET_TIME_PATTERN, TEMPORARY_ID_PATTERN, type TemporarySkill } from '../domain/temporary-skill.ts';
import {
  RECONCILE_ACTIONS,
  type CancelOrder,
  type ReconcileOrder,
  type RequestSettled,
} from './provision-skill.messages.ts';
import type { ExtendOrder, TemporaryOrder } from './temporary-skill.messages.ts';

/** A value that was checked, or what is wrong with it. */
export type Checked<T> = { ok: true; value: T } | { ok: false; problem: string };

type Fields = Record<string, unknown>;

/** The value, or the refusal that its sender hears. */
export function checked<T>(result: Checked<T>): T {
  if (result.ok) return result.value;
  throw refusal(FAILURE.invalidInput, result.problem);
}

/** The only error a workflow throws: any other would stall it. `type` is one of {@link FAILURE}. */
export function refusal(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}

/**
 * Checks by hand that a request has the shape the workflow relies on: anyone can start a run from the Web UI, and a
 * run that trips over its own argument would stand still for ever. The rules in full are checked by the first activity.
 */
export function checkRequest(value: unknown): Checked<ProvisionRequest> {
  if (!isObject(value))
    return { ok: false, problem: 'The input must be a request: an object with requestId, tenantId, …' };
  if (isDeeperThan(MAX_DEPTH, value)) return { ok: false, problem: 'The request is nested too deeply.' };
  const wrong = [
    ...mismatches(value, { requestId: REQUEST_ID_PATTERN, tenantId: TENANT_ID_PATTERN, agentId: AGENT_ID_PATTERN }),
    ...missingTexts(value, ['requestedBy', 'reason']),
    ...optionalTexts(value, ['ticket']),
    ...wrongChanges(value['changes']),
  ];
  const { notifyWorkflowId } = value;
  if (notifyWorkflowId !== undefined && typeof notifyWorkflowId !== 'string') {
    wrong.push('notifyWorkflowId must be a text');
  }
  if (value['policy'] !== undefined && !isObject(value['policy'])) wrong.push('policy must be an object');
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  return { ok: true, value: value as unknown as ProvisionRequest };
}

export function checkReconcileOrder(value: unknown): Checked<ReconcileOrder> {
  if (!isObject(value)) return { ok: false, problem: 'The order must be an object with action, operator and note.' };
  const wrong = [...missingTexts(value, ['operator', 'note']), ...optionalTexts(value, ['requestId'])];
  if (!(RECONCILE_ACTIONS as readonly unknown[]).includes(value['action'])) {
    wrong.push(`action must be one of ${RECONCILE_ACTIONS.join(', ')}`);
  }
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  return { ok: true, value: value as unknown as ReconcileOrder };
}

export function checkCancelOrder(value: unknown): Checked<CancelOrder> {
  if (!isObject(value)) return { ok: false, problem: 'The order must be an object with by and note.' };
  const wrong = [...missingTexts(value, ['by', 'note']), ...optionalTexts(value, ['requestId'])];
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  return { ok: true, value: value as unknown as CancelOrder };
}

/** The same for a temporary skill. */
export function checkTemporarySkill(value: unknown): Checked<TemporarySkill> {
  if (!isObject(value)) {
    return { ok: false, problem: 'The input must be a temporary skill: an object with temporaryId, tenantId, …' };
  }
  if (isDeeperThan(MAX_DEPTH, value)) return { ok: false, problem: 'The temporary skill is nested too deeply.' };
  const { skill, level, from, until, policy } = value;
  const wrong = [
    ...mismatches(value, { temporaryId: TEMPORARY_ID_PATTERN, tenantId: TENANT_ID_PATTERN, agentId: AGENT_ID_PATTERN }),
    ...missingTexts(value, ['requestedBy', 'reason']),
    ...optionalTexts(value, ['ticket']),
    ...wrongChanges([{ action: 'assign', skill, level }]),
    ...(from === undefined ? [] : wrongTime('from', from)),
    ...wrongTime('until', until),
  ];
  if (policy !== undefined && !isObject(policy)) wrong.push('policy must be an object');
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  return { ok: true, value: value as unknown as TemporarySkill };
}

export function checkTemporaryOrder(value: unknown): Checked<TemporaryOrder> {
  if (!isObject(value)) return { ok: false, problem: 'The order must be an object with by and note.' };
  const wrong = missingTexts(value, ['by', 'note']);
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  // They go into the request that takes the skill back.
  const isUsable = isRequestText(value['by'], MAX_REQUESTED_BY) && isRequestText(value['note'], MAX_REASON);
  if (!isUsable && patched('orders-fit-requests')) {
    const problem = `by and note must each be one line, of at most ${MAX_REQUESTED_BY} and ${MAX_REASON} characters.`;
    return { ok: false, problem };
  }
  return { ok: true, value: value as unknown as TemporaryOrder };
}

export function checkExtendOrder(value: unknown): Checked<ExtendOrder> {
  const order = checkTemporaryOrder(value);
  if (!order.ok) return order;
  const wrong = wrongTime('until', (value as Fields)['until']);
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  return { ok: true, value: value as ExtendOrder };
}

/** What another run says of a request; only what is used is looked at. */
export function checkRequestSettled(value: unknown): Checked<RequestSettled> {
  if (!isObject(value)) return { ok: false, problem: 'The news must be an object with requestId.' };
  const { outcome, parked } = value;
  const wrong = missingTexts(value, ['requestId']);
  if (outcome !== undefined && !(isObject(outcome) && Array.isArray(outcome['changes']))) {
    wrong.push('outcome must be an outcome');
  }
  if (parked !== undefined && !isObject(parked)) wrong.push('parked must be an object');
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  return { ok: true, value: value as unknown as RequestSettled };
}

/** A time without its offset would be read differently by workers in different zones. */
function wrongTime(field: string, value: unknown): string[] {
  const isTime = typeof value === 'string' && OFFSET_TIME_PATTERN.test(value) && Number.isFinite(Date.parse(value));
  return isTime ? [] : [`${field} must be a time with its offset, such as 2026-11-23T13:00:00+01:00`];
}

/** Twice as deep as a request can be. What is endlessly deep could not be written down as JSON again. */
const MAX_DEPTH = 10;

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeperThan(levels - 1, item));
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mismatches(value: Fields, patterns: Record<string, RegExp>): string[] {
  return Object.entries(patterns)
    .filter(([field, pattern]) => typeof value[field] !== 'string' || !pattern.test(value[field]))
    .map(([field, pattern]) => `${field} must match ${pattern.source}`);
}

/** Long texts would not fit into the audit trail or the Web UI. */
const MAX_TEXT = 500;

function missingTexts(value: Fields, fields: string[]): string[] {
  return fields
    .filter((field) => !isText(value[field]))
    .map((field) => `${field} must be a text of at most ${MAX_TEXT} characters`);
}

function optionalTexts(value: Fields, fields: string[]): string[] {
  return missingTexts(
    value,
    fields.filter((field) => value[field] !== undefined),
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= MAX_TEXT;
}

function wrongChanges(changes: unknown): string[] {
  if (!Array.isArray(changes) || changes.length < 1 || changes.length > MAX_CHANGES) {
    return [`changes must be a list of 1 to ${MAX_CHANGES}`];
  }
  return changes.flatMap((change: unknown, index) => {
    const at = `changes[${index}]`;
    if (!isObject(change) || !isObject(change['skill'])) return [`${at} must have an action and a skill`];
    const { skillId, name, skillGroup } = change['skill'];
    const wrong = optionalTexts({ skillId, name, skillGroup }, ['skillId', 'name', 'skillGroup']);
    if (skillId === undefined && name === undefined) wrong.push('skill must have a skillId or a name');
    if (change['action'] !== 'assign' && change['action'] !== 'remove') wrong.push('action must be assign or remove');
    if (change['action'] === 'assign' && typeof change['level'] !== 'number') wrong.push('level must be a number');
    const expected = change['expectedLevel'];
    if (expected !== undefined && typeof expected !== 'number') wrong.push('expectedLevel must be a number');
    return wrong.map((problem) => `${at}: ${problem}`);
  });
}
