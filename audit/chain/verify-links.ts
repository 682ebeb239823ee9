import { NO_HASH } from './canonical-json.ts';
import type { Finding, FindingKind } from './finding.ts';
import { hashOfLink, type Head, type Link } from './link.ts';
import { createMovedLinks } from './moved-links.ts';

/** What has become of the record of a link. */
export type RecordState =
  /** `differing`: names of columns that say something else than the record. */
  | { state: 'present'; hash: string; canonical: boolean; differing: readonly string[] }
  | { state: 'purged' }
  | { state: 'gone' };

export interface LinkWithRecord extends Link {
  record: RecordState;
}

/** How far a chain has been verified. */
export interface Verified {
  head: Head;
  links: number;
  /** Links of records that retention has removed. */
  purged: number;
}

export interface LinkVerifier {
  /** The links of one tenant, by ascending position. */
  next(link: LinkWithRecord): void;
  /** Ends the chain, and finds what only then can be known. */
  end(): Verified;
}

/** Looking for pairs among changed links takes the square of their number. */
const MOST_PAIRED = 50;

/**
 * Verifies the chain of one tenant, link by link, in memory of a fixed size. A link has to agree with itself (its hash is
 * that of its content and place), with the one before it (`previous`), and with its record; `report` is told of each
 * that does not.
 */
export function createLinkVerifier(tenantId: string, report: (finding: Finding) => void): LinkVerifier {
  let before: Link | undefined;
  /** By so many places the link before has moved; undefined if it agrees with no place near. */
  let offsetBefore: number | undefined = 0;
  let purged = 0;
  let links = 0;
  let changed: Link[] = [];
  const moved = createMovedLinks((finding) => report({ tenantId, ...finding }));

  function say(kind: FindingKind, link: Pick<Link, 'position' | 'recordId'>, message: string): void {
    report({ kind, tenantId, position: link.position, recordId: link.recordId, message });
  }

  function next(link: LinkWithRecord): void {
    links += 1;
    const isAfterGap = judgeGap(link);
    const offset = moved.offsetOf(link, before);
    if (offset === undefined) keepChanged(link);
    // Links that moved together still follow each other. What moved alone is reported, and what follows from it is not.
    else if (offset === offsetBefore && !isAfterGap) compareWithBefore(link);
    judgeRecord(link, offset !== undefined);
    offsetBefore = offset;
    before = link;
  }

  function judgeGap({ position }: Link): boolean {
    const expected = (before?.position ?? 0) + 1;
    if (position <= expected) return false;
    const which = position - expected === 1 ? `link ${expected} is` : `links ${expected} to ${position - 1} are`;
    report({ kind: 'links-removed', tenantId, position: expected, message: `${which} missing` });
    return true;
  }

  function compareWithBefore({ position, previous }: Link): void {
    if (previous === (before?.hash ?? NO_HASH)) return;
    if (before !== undefined) say('link-rewritten', before, `link ${position} continues another than this one`);
    else report({ kind: 'links-removed', tenantId, position, message: 'the first link continues another' });
  }

  function judgeRecord(link: LinkWithRecord, linkAgrees: boolean): void {
    const { record } = link;
    if (record.state === 'purged') purged += 1;
    if (record.state === 'gone' && linkAgrees) say('record-removed', link, 'the record is gone');
    if (record.state !== 'present') return;
    if (linkAgrees && record.hash !== link.recordHash) say('record-changed', link, 'the record is not what was sealed');
    else if (!record.canonical) say('not-canonical', link, 'the record holds what no program of ours writes');
    if (record.differing.length > 0) {
      say('columns-differ', link, `these columns say something else than the record: ${record.differing.join(', ')}`);
    }
  }

  function keepChanged(link: Link): void {
    changed.push(link);
    if (changed.length >= MOST_PAIRED) reportChanged();
  }

  function reportChanged(): void {
    for (const link of changed) {
      const [kind, message] = explain(link, changed);
      say(kind, link, message);
    }
    changed = [];
  }

  return {
    next,
    end() {
      moved.end();
      reportChanged();
      const { position, hash } = before ?? { position: 0, hash: NO_HASH };
      return { head: { position, hash }, links, purged };
    },
  };
}

/** A link that agrees with no place near may have changed places, or contents, with one far away. */
function explain(link: Link, changed: readonly Link[]): [FindingKind, string] {
  for (const other of changed) {
    if (other === link) continue;
    const { position } = other;
    if (hashOfLink({ ...link, position }, link) === link.hash) {
      return ['links-reordered', `the link was sealed as ${position}`];
    }
    if (hashOfLink(link, other) === link.hash) {
      return ['links-reordered', `what was sealed here stands at position ${position}`];
    }
  }
  return ['link-changed', 'the link is not what was sealed'];
}
