import { isSigned, isTorn, parseCheckpoint, type Checkpoint, type VerifyingKeys } from './checkpoint.ts';
import type { Finding } from './finding.ts';

/** A line that should hold a checkpoint, and where it lies. */
export interface CheckpointLine {
  text: string;
  /** For people: a file and line, or a table. */
  where: string;
}

export interface CheckpointReports {
  /** Told of those that can't be trusted. */
  report: (finding: Finding) => void;
  /** Told where lines lie that are only the beginning of a checkpoint. */
  onTorn?: ((where: string) => void) | undefined;
}

/**
 * The checkpoints that can be trusted, of all tenants, each once. Without `keys` no signature can be judged, and each is
 * taken for what it says.
 */
export function judgeCheckpoints(
  lines: readonly CheckpointLine[],
  keys: VerifyingKeys | undefined,
  { report, onTorn }: CheckpointReports,
): Checkpoint[] {
  // The database has what the second place has; a signature takes its time.
  const judged = new Set<string>();
  return lines.flatMap(({ text, where }) => {
    const parsed = parseCheckpoint(text);
    if ('why' in parsed) {
      if (isTorn(text)) onTorn?.(where);
      else report({ kind: 'checkpoint-unreadable', message: `${where} holds no checkpoint: ${parsed.why}` });
      return [];
    }
    const { checkpoint } = parsed;
    const content = JSON.stringify(checkpoint);
    if (judged.has(content)) return [];
    judged.add(content);
    if (keys === undefined || isSigned(checkpoint, keys)) return [checkpoint];
    const { tenantId, position, keyId } = checkpoint;
    const why = keys.has(keyId) ? `key ${keyId} has not signed it` : `its key ${keyId} is not among those given`;
    report({ kind: 'checkpoint-forged', tenantId, position, message: `${where}: ${why}` });
    return [];
  });
}
