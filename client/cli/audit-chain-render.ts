import type { Finding } from '../../audit/chain/finding.ts';
import type { TenantVerified } from '../../audit/chain/verify-trail.ts';
import { renderTable } from './table.ts';

/** What `audit verify` has to say. */
export interface Verification {
  /** Nothing was found. */
  sound: boolean;
  tenants: readonly TenantVerified[];
  findings: readonly Finding[];
  /** Findings beyond those listed. */
  leftOut: number;
  /** Lines read from the second place. */
  checkpoints: number;
  /** Where lines of it lie that are only the beginning of a checkpoint, as a crash or a full disk leaves it. */
  torn: readonly string[];
  signatures: 'judged' | 'not judged';
  seconds: number;
}

/** The same for people. */
export function renderVerification(verification: Verification): string {
  const { sound, tenants, findings, leftOut, seconds } = verification;
  const links = tenants.reduce((sum, tenant) => sum + tenant.links, 0);
  return [
    sound ? 'No sign of tampering.' : `Signs of tampering: ${findings.length + leftOut}`,
    ...findings.map(renderFinding),
    ...(leftOut === 0 ? [] : [`  and ${leftOut} more`]),
    '',
    ...renderTable(
      ['TENANT', 'SEALED', 'PURGED', 'CHECKPOINT AT', 'UNSEALED', 'OLDEST'],
      tenants.map(({ tenantId, head, purged, confirmed, unsealed }) => [
        tenantId,
        String(head.position),
        String(purged),
        confirmed === 0 ? '-' : String(confirmed),
        String(unsealed.records),
        unsealed.oldest === undefined ? '-' : `${unsealed.ageSeconds} s`,
      ]),
    ),
    ...verification.torn.map(
      (where) => `${where} is the beginning of a checkpoint: a crash or a full disk ended it there.`,
    ),
    ...advice(verification),
    `Verified ${links} records in ${seconds} s.`,
  ].join('\n');
}

function renderFinding({ kind, tenantId, position, recordId, message }: Finding): string {
  const where = [
    ...(tenantId === undefined ? [] : [`tenant ${tenantId}`]),
    ...(position === undefined ? [] : [`position ${position}`]),
    ...(recordId === undefined ? [] : [`record ${recordId}`]),
  ];
  return `  ${kind}: ${[...where, message].join(', ')}`;
}

/** What this verification can't have seen. */
function advice({ checkpoints, signatures }: Verification): string[] {
  if (checkpoints === 0) {
    return ['Without checkpoints of a second place (--checkpoints) a cut tail or a chain made anew does not show.'];
  }
  if (signatures === 'not judged') return ['Without --public-key no signature of a checkpoint was judged.'];
  return [];
}
