/**
 * What verification can find:
 * - `record-changed`: a record is not what was sealed;
 * - `record-removed`: a sealed record is gone, and no purge took it;
 * - `record-unsealed`: a record that the sealer has passed is in no link: it was put in behind the sealer's back, or its
 *   link was changed or removed; or its transaction number is one to which the sealer will not come;
 * - `sealing-stopped`: how far records are sealed has been removed, so none will be;
 * - `columns-differ`: a record is found under other values than its own;
 * - `not-canonical`: a record that no program of ours can have written;
 * - `link-changed`: a link is not what was sealed;
 * - `link-rewritten`: a link agrees with itself, but the next one continues another;
 * - `links-removed`, `links-inserted`: links are missing, or too many, with or without new numbers for the later ones;
 * - `links-reordered`: links stand where others were sealed;
 * - `chain-rewritten`: the chain does not have what a checkpoint says;
 * - `tail-cut`: the chain ends before a checkpoint's position;
 * - `checkpoint-forged`, `checkpoint-unreadable`: a checkpoint that no known key has signed, or that is none;
 * - `purged-early`: records were purged before their time of retention was over;
 * - `purge-forged`: a note of a purge that no purge of ours can have left.
 */
export type FindingKind =
  | 'record-changed'
  | 'record-removed'
  | 'record-unsealed'
  | 'sealing-stopped'
  | 'columns-differ'
  | 'not-canonical'
  | 'link-changed'
  | 'link-rewritten'
  | 'links-removed'
  | 'links-inserted'
  | 'links-reordered'
  | 'chain-rewritten'
  | 'tail-cut'
  | 'checkpoint-forged'
  | 'checkpoint-unreadable'
  | 'purged-early'
  | 'purge-forged';

/** One sign of tampering and where it is. */
export interface Finding {
  kind: FindingKind;
  /** Absent where it can't be told whose it is. */
  tenantId?: string;
  /** In the tenant's chain, as it is now. */
  position?: number;
  recordId?: string;
  /** What it is about, for people. */
  message: string;
}
