import type { DriftCheckInput } from '../domain/drift.ts';
import { TENANT_ID_PATTERN } from '../domain/request.ts';

/** What keeps an input from being used at all; each page is checked again where it is read. */
export function problemOfInput(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return 'the input must be an object';
  const {
    tenantId,
    state,
    source,
    requestedBy,
    reason,
    repair: repairs,
    settleMs,
  } = input as Partial<Record<keyof DriftCheckInput, unknown>>;
  if (typeof tenantId !== 'string' || !TENANT_ID_PATTERN.test(tenantId)) return 'tenantId must be one DNS label';
  if (!isState(state)) return 'state must be a packed desired state';
  if (typeof source !== 'object' || source === null) return 'source must be an object';
  if (typeof requestedBy !== 'string' || typeof reason !== 'string') return 'requestedBy and reason must be texts';
  if (typeof repairs !== 'boolean') return 'repair must be true or false';
  if (typeof settleMs !== 'number' || !(settleMs >= 0)) return 'settleMs must be a number of milliseconds';
  return undefined;
}

function isState(state: unknown): boolean {
  if (typeof state !== 'object' || state === null) return false;
  const { lists, agents, exclusive } = state as Record<string, unknown>;
  return (
    Array.isArray(agents) &&
    agents.every((entry) => Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number') &&
    Array.isArray(lists) &&
    lists.every((list) => Array.isArray(list) && list.every(isDesiredSkill)) &&
    Array.isArray(exclusive)
  );
}

function isDesiredSkill(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { skill, level } = value as Record<string, unknown>;
  return typeof skill === 'object' && skill !== null && typeof level === 'number';
}
