/**
 * What the documents allow, written down once more without the schemas: design first, so that a mistake in one shows
 * against the other.
 */
type Fields = Record<string, unknown>;

const REQUEST_FIELDS = ['requestId', 'tenantId', 'agentId', 'changes', 'requestedBy', 'reason'];
const OPTIONAL_FIELDS = ['ticket', 'policy', 'notifyWorkflowId'];
const WAITS = ['conflictWait', 'lockWait', 'lockLimit', 'verifyWindow', 'verifyInterval', 'propagationWindow'];
const LONG_WAITS = ['idleInterval', 'idleLimit', 'outageLimit', 'escalateAfter', 'requestTimeout', 'overstayAfter'];
const YEAR_MS = 365 * 24 * 3_600_000;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A request that may be taken in. */
export function isRequest(value: unknown): boolean {
  if (!isFields(value) || !hasOnly(value, REQUEST_FIELDS, OPTIONAL_FIELDS)) return false;
  const { requestId, tenantId, agentId, changes, requestedBy, reason, ticket, policy, notifyWorkflowId } = value;
  const skills = Array.isArray(changes) ? changes.map(skillKey) : [];
  return (
    isIdOf(requestId, 64, '_-') &&
    isIdOf(tenantId, 63, '-') &&
    !tenantId.startsWith('-') &&
    !tenantId.endsWith('-') &&
    isIdOf(agentId, 64, '-') &&
    !agentId.startsWith('-') &&
    skills.length >= 1 &&
    skills.length <= 50 &&
    skills.every((key) => key !== undefined) &&
    new Set(skills).size === skills.length &&
    isLine(requestedBy, 200) &&
    isLine(reason, 500) &&
    (ticket === undefined || isLine(ticket, 200)) &&
    (notifyWorkflowId === undefined ||
      (isLine(notifyWorkflowId, 1_000) && Buffer.byteLength(notifyWorkflowId) <= 1_000)) &&
    (policy === undefined || isPolicy(policy))
  );
}

/** What a change names, if it is one. */
function skillKey(change: unknown): string | undefined {
  if (!isFields(change) || !isFields(change['skill'])) return undefined;
  const { action, skill, level, expectedLevel } = change;
  const isAssignment = action === 'assign' && typeof level === 'number' && level >= 1 && level <= 5;
  if (!isAssignment && action !== 'remove') return undefined;
  const required = isAssignment ? ['action', 'skill', 'level'] : ['action', 'skill'];
  if (!hasOnly(change, required, ['expectedLevel'])) return undefined;
  if (![undefined, 0, 1, 2, 3, 4, 5].includes(expectedLevel as number | undefined)) return undefined;
  const { skillId, name, skillGroup } = skill;
  if (!hasOnly(skill, [], ['skillId', 'name', 'skillGroup'])) return undefined;
  if (name !== undefined && !isLine(name, 500)) return undefined;
  if (skillId !== undefined) {
    return isSkillId(skillId) && skillGroup === undefined ? JSON.stringify({ skillId }) : undefined;
  }
  if (typeof name !== 'string' || (skillGroup !== undefined && !isLine(skillGroup, 500))) return undefined;
  return JSON.stringify({ name: name.trim(), group: typeof skillGroup === 'string' ? skillGroup.trim() : null });
}

/** Overrides of a policy for a platform where people work. */
export function isPolicy(value: unknown): boolean {
  if (!isFields(value)) return false;
  return Object.entries(value).every(([name, setting]) => {
    if (name === 'toggleLimit') return isCount(setting, 3);
    if (name === 'conflictLimit') return isCount(setting, 5);
    const lengthMs = durationMs(setting);
    if (lengthMs === undefined) return false;
    if (name === 'toggleGap') return lengthMs >= 500 && lengthMs <= 30_000;
    if (name === 'shiftMargin') return lengthMs > 0 && lengthMs <= 3_600_000;
    return [...WAITS, ...LONG_WAITS].includes(name) && lengthMs > 0 && lengthMs <= YEAR_MS;
  });
}

/** An id of a skill that may be a part of a path. */
export function isSkillId(value: unknown): value is string {
  return isIdOf(value, 64, '_.-') && isIdOf(value.slice(0, 1), 1, '');
}

/** One line of words by a person. */
export function isLine(value: unknown, max: number): value is string {
  if (typeof value !== 'string' || value.length > max || value.trim() === '') return false;
  return Array.from(value).every((letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return code > 0x1f && !(code >= 0x7f && code <= 0x9f) && !(code >= 0xd800 && code <= 0xdfff);
  });
}

/** Letters, digits and `others`, at least one and at most `max` of them. */
export function isIdOf(value: unknown, max: number, others: string): value is string {
  if (typeof value !== 'string' || value.length < 1 || value.length > max) return false;
  const allowed = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${others}`;
  return Array.from(value).every((letter) => allowed.includes(letter));
}

export function hasOnly(value: Fields, required: readonly string[], optional: readonly string[]): boolean {
  const names = Object.keys(value);
  return (
    required.every((name) => names.includes(name)) && names.every((name) => [...required, ...optional].includes(name))
  );
}

function isCount(value: unknown, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;
}

const UNITS: readonly [RegExp, number][] = [
  [/^(?:ms|msecs?|milliseconds?)$/i, 1],
  [/^(?:s|secs?|seconds?)$/i, 1_000],
  [/^(?:m|mins?|minutes?)$/i, 60_000],
  [/^(?:h|hrs?|hours?)$/i, 3_600_000],
  [/^(?:d|days?)$/i, 86_400_000],
  [/^(?:w|weeks?)$/i, 7 * 86_400_000],
  [/^(?:y|yrs?|years?)$/i, 365.25 * 86_400_000],
];

function durationMs(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 40) return undefined;
  const digits = value.search(/[^0-9.]/);
  const count = value.slice(0, digits);
  const unit = UNITS.find(([pattern]) => pattern.test(value.slice(digits).replace(/^ /, '')));
  if (!/^\d+(?:\.\d+)?$/.test(count) || unit === undefined) return undefined;
  return Number(count) * unit[1];
}
