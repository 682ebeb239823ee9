import type { PolicyOverrides } from './policy.ts';
import type { SkillRef } from './request.ts';

/** A skill, or another level of one, that an agent has for a time. Times are ISO 8601 with an offset. */
export interface TemporarySkill {
  /** `^[A-Za-z0-9_-]{1,48}$`; unique per agent. The ids of its two requests begin with it. */
  temporaryId: string;
  tenantId: string;
  agentId: string;
  skill: SkillRef;
  /** As in a request. */
  level: number;
  /** Absent: at once. */
  from?: string;
  /** From here on the agent is to have again what they had before. */
  until: string;
  requestedBy: string;
  reason: string;
  ticket?: string;
  policy?: PolicyOverrides;
}

/** A time that means the same wherever it is read. Whether there is such a day is for others to judge. */
export const OFFSET_TIME_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
export const TEMPORARY_ID_PATTERN = /^[A-Za-z0-9_-]{1,48}$/;
/** Nothing is lent for longer; a date that far ahead is more likely a slip. */
export const MAX_TEMPORARY_DAYS = 366;

/** The ids of the two requests of a temporary skill. An end that was refused is made again by an id of its own. */
export function temporaryRequestIds(temporaryId: string, refusedEnds = 0): { start: string; end: string } {
  const again = refusedEnds === 0 ? '' : `-${refusedEnds + 1}`;
  return { start: `${temporaryId}-start`, end: `${temporaryId}-end${again}` };
}
