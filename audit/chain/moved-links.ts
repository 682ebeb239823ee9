import type { Finding } from './finding.ts';
import { hashOfLink, type Link } from './link.ts';

/** How far from where it was sealed a link is looked for. */
const REACH = 1_000;
/** So many times. A chain with more at fault is not verified any better by more of it. */
const SEARCHES = 100;

type Report = (finding: Pick<Finding, 'kind' | 'position' | 'recordId' | 'message'>) => void;

/** Links one after the other that all stand so many places before (or after, if negative) where they were sealed. */
interface Run {
  offset: number;
  first: number;
  last: number;
  recordId: string;
  /** The record of the link before the first. */
  recordIdBefore: string | undefined;
}

/** Follows where links were sealed, so that new numbers for the later ones are one finding and not a million. */
export interface MovedLinks {
  /**
   * How many places after its own position a link was sealed: 0 for one that is where it belongs, undefined for one that
   * agrees with no place near.
   */
  offsetOf(link: Link, before: Link | undefined): number | undefined;
  end(): void;
}

export function createMovedLinks(report: Report): MovedLinks {
  let run: Run | undefined;
  let searches = 0;
  const ended: Run[] = [];

  function find(link: Link): number | undefined {
    for (const offset of run === undefined ? [0] : [run.offset, 0]) if (wasSealed(link, offset)) return offset;
    if (searches >= SEARCHES) return undefined;
    searches += 1;
    for (let distance = 1; distance <= REACH; distance += 1) {
      if (wasSealed(link, distance)) return distance;
      if (distance < link.position && wasSealed(link, -distance)) return -distance;
    }
    return undefined;
  }

  function follow(offset: number, link: Link, before: Link | undefined): void {
    if (run?.offset === offset) {
      run.last = link.position;
      return;
    }
    if (run !== undefined) {
      reportReordered(run);
      ended.push(run);
      run = undefined;
    }
    if (offset === 0) return;
    const { position, recordId } = link;
    run = { offset, first: position, last: position, recordId, recordIdBefore: before?.recordId };
  }

  function reportReordered({ first, last, offset, recordId }: Run): void {
    const message =
      first === last
        ? `the link was sealed as ${first + offset}`
        : `links ${first} to ${last} were sealed as ${first + offset} to ${last + offset}`;
    report({ kind: 'links-reordered', position: first, recordId, message });
  }

  return {
    offsetOf(link, before) {
      const offset = find(link);
      if (offset !== undefined && (offset !== 0 || run !== undefined)) follow(offset, link, before);
      return offset;
    },
    end() {
      if (run === undefined) return;
      const { offset, first, recordId, recordIdBefore } = run;
      const count = Math.abs(offset);
      const wasSealedAt = first + offset;
      if (ended.some((other) => wasSealedAt >= other.first && wasSealedAt <= other.last)) reportReordered(run);
      else if (offset > 0) {
        const message = `${count === 1 ? 'a link is' : `${count} links are`} missing before this one; the later ones have new numbers`;
        report({ kind: 'links-removed', position: first, recordId, message });
      } else {
        const message = `${count === 1 ? 'this link was' : `${count} links from here were`} put in; the later ones have new numbers`;
        const extra = count === 1 && recordIdBefore !== undefined ? { recordId: recordIdBefore } : {};
        report({ kind: 'links-inserted', position: wasSealedAt, ...extra, message });
      }
    },
  };
}

function wasSealed(link: Link, offset: number): boolean {
  return hashOfLink({ ...link, position: link.position + offset }, link) === link.hash;
}
