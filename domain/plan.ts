import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { SkillLevel } from './inventory.ts';
import type { SkillStep } from './state-difference.ts';

/** One agent of a plan, with what they had in the directory when it was made. */
export interface PlannedAgent {
  agentId: string;
  steps: SkillStep[];
  before: SkillLevel[];
}

export interface PlanWarning {
  code: 'skill-without-agent' | 'level-not-allowed' | 'unknown-agent';
  message: string;
  /** Agents it is about; the first {@link MAX_WARNED_AGENTS} of them. */
  agentIds: string[];
}

export const MAX_WARNED_AGENTS = 20;

/** What a saved plan says. Agents with nothing to change are only counted. */
export interface PlanContent {
  tenantId: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** The file it was made from, and its SHA-256. */
  source: { name: string; sha256: string };
  agentsCompared: number;
  agents: PlannedAgent[];
  warnings: PlanWarning[];
}

/** A plan as it is saved. The digest shows an edit by hand; it is no signature. */
export interface SavedPlan extends PlanContent {
  version: 1;
  /** SHA-256 (hex) of the content. */
  digest: string;
}

export function savedPlan(content: PlanContent): SavedPlan {
  return { version: 1, ...content, digest: planDigest(content) };
}

/** Of the values in a fixed order: the order of a document's fields means nothing. */
export function planDigest({ tenantId, createdAt, source, agentsCompared, agents, warnings }: PlanContent): string {
  const values = [
    tenantId,
    createdAt,
    [source.name, source.sha256],
    agentsCompared,
    agents.map(({ agentId, steps, before }) => [
      agentId,
      steps.map(({ skillId, name, skillGroup, from, to }) => [skillId, name ?? null, skillGroup ?? null, from, to]),
      before.map(({ skillId, level }) => [skillId, level]),
    ]),
    warnings.map(({ code, message, agentIds }) => [code, message, agentIds]),
  ];
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(values))));
}
