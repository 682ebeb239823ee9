import { isSigned, parseCheckpoint, type Checkpoint, type VerifyingKeys } from './checkpoint.ts';
import type { Finding } from './finding.ts';

/** A line that should hold a checkpoint, and where it lies. */
export interface CheckpointLine {
  text: string;
  /** For people: a file and line, or a table. */
  where: string;
}

/**
 * The checkpoints that can be trusted, of all tenants. Without `keys` no signature can be judged, and each is taken for
 * what it says. `report` is told of those that can't be trusted.
 */
export function judgeCheckpoints(
  lines: readonly CheckpointLine[],
  keys: VerifyingKeys | undefined,
  report: (finding: Finding) => void,
): Checkpoint[] {
  return lines.flatMap(({ text, where }) => {
    const parsed = parseCheckpoint(text);
    if ('why' in parsed) {
      report({ kind: 'checkpoint-unreadable', message: `${where} holds no checkpoint: ${parsed.why}` });
      return [];
    }
    const { checkpoint } = parsed;
    if (keys === undefined || isSigned(checkpoint, keys)) return [checkpoint];
    const { tenantId, position, keyId } = checkpoint;
    const why = keys.has(keyId) ? `key ${keyId} has not signed it` : `its key ${keyId} is not among those given`;
    report({ kind: 'checkpoint-forged', tenantId, position, message: `${where}: ${why}` });
    return [];
  });
}
