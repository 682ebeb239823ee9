import type { PolicyOverrides } from './policy.ts';

/**
 * How a caller names a skill: by its id (with the name as a cross-check, if given) or by its name, which is unique
 * within a skill group only.
 */
export type SkillRef = { skillId: string; name?: string } | { name: string; skillGroup?: string };

/**
 * One wish about one skill. `level` is 1–5; a decimal inside that range is rounded half up, anything else is refused.
 * With `expectedLevel` it is carried out only if the directory shows that level (0 = not assigned) when it is about to
 * be written.
 */
export type SkillChange =
  | { action: 'assign'; skill: SkillRef; level: number; expectedLevel?: number }
  | { action: 'remove'; skill: SkillRef; expectedLevel?: number };

/** What a caller asks for. The same `requestId` with the same content never takes effect twice. */
export interface ProvisionRequest {
  /** `^[A-Za-z0-9_-]{1,64}$`; unique per agent for at least 24 hours. */
  requestId: string;
  /** One DNS label, the first of the platform's host name. */
  tenantId: string;
  /** `^[A-Za-z0-9][A-Za-z0-9-]{0,63}$` */
  agentId: string;
  /** 1 to 50 changes, each skill once. */
  changes: SkillChange[];
  /** Who asked; goes into the audit trail. */
  requestedBy: string;
  /** Why; goes into the audit trail. */
  reason: string;
  ticket?: string;
  policy?: PolicyOverrides;
  /** A workflow of ours that wants a signal when this request has ended or waits for a person. */
  notifyWorkflowId?: string;
}

export const REQUEST_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;
export const TENANT_ID_PATTERN = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
export const AGENT_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;
export const MAX_CHANGES = 50;

/** A skill reference in words, for messages and the Web UI. */
export function describeSkill(skill: SkillRef): string {
  if ('skillId' in skill) return skill.name === undefined ? skill.skillId : `${skill.name} (${skill.skillId})`;
  return skill.skillGroup === undefined ? skill.name : `${skill.name} in ${skill.skillGroup}`;
}
