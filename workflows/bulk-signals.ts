import { log, patched } from '@temporalio/workflow';
import type { PageOrder, PageReport } from './bulk.messages.ts';
import { checkCancelOrder, isObject, type Checked } from './check-input.ts';

/**
 * Whether to act on a signal, to a bulk or a page of one, that was checked. Anybody may send one from the Web UI, and an
 * error in its handler would stall the run. What did not stall a run of before is acted on again when it is replayed.
 */
export function makesSense(signal: string, given: Checked<unknown>): boolean {
  if (given.ok || !patched('bulk-signals-are-checked')) return true;
  log.warn(`a ${signal} signal makes no sense`, { problem: given.problem });
  return false;
}

/** What the coordinator says to a page. */
export function checkPageOrder(value: unknown): Checked<PageOrder> {
  if (!isObject(value)) return { ok: false, problem: 'The order must be an object with isOpen, isPaused and slots.' };
  const { perMinute, cancel } = value;
  const wrong = [
    ...otherThan('boolean', value, ['isOpen', 'isPaused', ...given(value, 'mayEnd')]),
    ...otherThan('number', value, ['slots', ...given(value, 'perMinute', 'notBefore')]),
  ];
  if (typeof perMinute === 'number' && perMinute < 1) wrong.push('perMinute must be at least 1');
  if (cancel !== undefined && !checkCancelOrder(cancel).ok) wrong.push('cancel must have by and note');
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  return { ok: true, value: value as unknown as PageOrder };
}

/** What a page says to the coordinator. */
export function checkPageReport(value: unknown): Checked<PageReport> {
  if (!isObject(value)) return { ok: false, problem: 'The report must be an object with page and counts.' };
  const { counts } = value;
  const wrong = [
    ...otherThan('number', value, ['page', 'waiting', 'open', 'nextAt', ...given(value, 'blocked')]),
    ...otherThan('boolean', value, ['isClosed']),
  ];
  if (!isObject(counts)) wrong.push('counts must be an object');
  else wrong.push(...otherThan('number', counts, Object.keys(counts)));
  if (wrong.length > 0) return { ok: false, problem: `${wrong.join('; ')}.` };
  return { ok: true, value: value as unknown as PageReport };
}

function given(value: Record<string, unknown>, ...fields: string[]): string[] {
  return fields.filter((field) => value[field] !== undefined);
}

function otherThan(type: 'boolean' | 'number', value: Record<string, unknown>, fields: string[]): string[] {
  return fields.filter((field) => typeof value[field] !== type).map((field) => `${field} must be a ${type}`);
}
