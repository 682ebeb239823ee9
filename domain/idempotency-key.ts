import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { SkillLevel } from './inventory.ts';

/**
 * `{agentId}_{skillId}_{unix ms}`, the value of `X-Idempotency-Key`. For several skills the middle part is a digest of
 * the sorted `skillId:level` pairs. One key, one body: the platform repeats its first answer whatever a repeat says.
 */
export function idempotencyKey(agentId: string, wishes: readonly SkillLevel[], unixMs: number): string {
  const [only] = wishes;
  const middle = wishes.length === 1 && only !== undefined ? only.skillId : digestOf(wishes);
  return `${agentId}_${middle}_${unixMs}`;
}

function digestOf(wishes: readonly SkillLevel[]): string {
  const pairs = wishes.map(({ skillId, level }) => `${skillId}:${level}`).sort();
  return bytesToHex(sha256(utf8ToBytes(pairs.join(',')))).slice(0, 16);
}
