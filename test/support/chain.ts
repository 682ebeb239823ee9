import { NO_HASH, sha256Hex } from '../../audit/chain/canonical-json.ts';
import type { Finding } from '../../audit/chain/finding.ts';
import { hashOfLink, linksAfter, type Link } from '../../audit/chain/link.ts';
import { createLinkVerifier, type LinkWithRecord, type Verified } from '../../audit/chain/verify-links.ts';

const EMPTY = { position: 0, hash: NO_HASH };

/** A sound chain of so many links, whose records are `record-1`, `record-2` and so on. */
export function soundChain(length: number, tenantId = 'acme'): LinkWithRecord[] {
  const contents = Array.from({ length }, (_, index) => ({
    recordId: `record-${index + 1}`,
    recordTime: toRecordTime(1_790_000_000_000_000 + index),
    recordHash: sha256Hex(`content ${index + 1}`),
  }));
  return linksAfter(tenantId, EMPTY, contents).map(withRecord);
}

/** Microseconds since 1970 as links have them. */
export function toRecordTime(micros: number): string {
  const millis = Math.floor(micros / 1000);
  return `${new Date(millis).toISOString().slice(0, -1)}${String(micros - millis * 1000).padStart(3, '0')}Z`;
}

/** The link with its record as it was sealed. */
export function withRecord(link: Link): LinkWithRecord {
  return { ...link, record: { state: 'present', hash: link.recordHash, canonical: true, differing: [] } };
}

/** The link as somebody would make it who wants it to agree with itself. */
export function resealed(link: LinkWithRecord, change: Partial<LinkWithRecord>): LinkWithRecord {
  const changed = { ...link, ...change };
  return { ...changed, hash: hashOfLink(changed, changed) };
}

export function verifyLinks(links: readonly LinkWithRecord[], tenantId = 'acme'): Verified & { findings: Finding[] } {
  const findings: Finding[] = [];
  const verifier = createLinkVerifier(tenantId, (finding) => findings.push(finding));
  for (const link of links) verifier.next(link);
  return { ...verifier.end(), findings };
}

/** Findings as `kind position record`, for comparing. */
export function places(findings: readonly Finding[]): string[] {
  return findings.map(({ kind, position, recordId }) =>
    [kind, position, recordId].filter((part) => part !== undefined).join(' '),
  );
}
