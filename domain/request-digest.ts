import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ProvisionRequest } from './request.ts';

/**
 * SHA-256 (hex) over what a request asks for, by whom and why. Two requests with one id must agree in it. The policy
 * and `notifyWorkflowId` say how, not what, and may differ between a delivery and its repeat.
 */
export function requestDigest(request: ProvisionRequest): string {
  const { tenantId, agentId, requestedBy, reason, ticket, changes } = request;
  const wishes = changes.map((change) => {
    const skill = change.skill;
    const reference = 'skillId' in skill ? ['id', skill.skillId, skill.name] : ['name', skill.name, skill.skillGroup];
    const condition = change.expectedLevel === undefined ? [] : [change.expectedLevel];
    return [...reference, change.action === 'assign' ? change.level : 'remove', ...condition];
  });
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([tenantId, agentId, requestedBy, reason, ticket, wishes]))));
}
