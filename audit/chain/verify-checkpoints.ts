import type { Checkpoint } from './checkpoint.ts';
import type { Finding } from './finding.ts';
import type { Head, Link } from './link.ts';

/** What the checkpoints of one tenant have to say of its chain. */
export interface CheckpointVerifier {
  next(link: Pick<Link, 'position' | 'hash'>): void;
  /** Answers the last position that a checkpoint has confirmed; 0 for none. */
  end(head: Head): number;
}

/**
 * Compares a chain with checkpoints whose signatures have been judged, as far as they could be. The first one that the
 * chain contradicts is reported with what is known of the place, the others follow from it.
 */
export function createCheckpointVerifier(
  tenantId: string,
  checkpoints: readonly Checkpoint[],
  report: (finding: Finding) => void,
): CheckpointVerifier {
  const open = [...checkpoints].sort((a, b) => a.position - b.position);
  let at = 0;
  let confirmed = 0;
  let contradicted = false;

  return {
    next({ position, hash }) {
      for (let checkpoint = open[at]; checkpoint !== undefined; checkpoint = open[at]) {
        if (checkpoint.position > position) return;
        at += 1;
        if (checkpoint.position < position) continue;
        if (checkpoint.hash === hash) confirmed = contradicted ? confirmed : position;
        else if (!contradicted) {
          contradicted = true;
          const since = confirmed === 0 ? '' : `; what changed it lies after position ${confirmed}`;
          const message = `the checkpoint of ${checkpoint.time} has another hash for this position${since}`;
          report({ kind: 'chain-rewritten', tenantId, position, message });
        }
      }
    },
    end(head) {
      const last = open.at(-1);
      if (last !== undefined && last.position > head.position) {
        const message = `the chain ends at ${head.position}, but the checkpoint of ${last.time} is of position ${last.position}`;
        report({ kind: 'tail-cut', tenantId, position: head.position + 1, message });
      }
      return confirmed;
    },
  };
}
