import {
  isLost,
  isReading,
  endOf,
  ref,
  total,
  wishesOf,
  type AgentEvidence,
  type Evidence,
  type Verdict,
} from './evidence.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';

/** I4: every PATCH carries the ETag of a read made for it, so one that is newer than the last PATCH before it. */
export function etagOfARead({ agents }: Evidence): Verdict {
  return total(agents.map(judge));
}

function judge(agent: AgentEvidence): Verdict {
  const violations: string[] = [];
  for (const [index, patch] of agent.patches.entries()) {
    const previous = agent.patches.slice(0, index).findLast((other) => !leavesReadingFresh(other, patch));
    const reads = agent.entries.filter(
      (entry) => isReading(entry, 'getAgent') && entry.etag === patch.ifMatch && endOf(entry) <= patch.arrivedMono,
    );
    if (patch.ifMatch === undefined) violations.push(`${agent.name}: ${ref(patch)} has no If-Match`);
    else if (reads.length === 0) violations.push(`${agent.name}: no read before ${ref(patch)} answered its ETag`);
    else if (previous !== undefined && !reads.some((read) => read.arrivedMono >= previous.arrivedMono)) {
      violations.push(`${agent.name}: ${ref(patch)} uses a read from before ${ref(previous)}`);
    }
  }
  return { cases: agent.patches.length, violations };
}

/**
 * Refused because it was wrong itself, for its token, or for being too early: nothing has changed, and what was read for
 * it still holds. A batch that is sent again one by one, and a repeat after a 401 or a 429, need no new read.
 */
function leavesReadingFresh(earlier: LedgerEntry, patch: LedgerEntry): boolean {
  if (isLost(earlier)) return false;
  const invalid = earlier.status === 400 || (earlier.status === 422 && earlier.errorCode === 'validation_failed');
  const early = earlier.status === 429 || earlier.status === 401;
  const repeated = early && JSON.stringify(wishesOf(earlier)) === JSON.stringify(wishesOf(patch));
  return invalid || repeated;
}
