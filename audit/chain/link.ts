import { canonicalJson, sha256Hex } from './canonical-json.ts';

/** What a link of the chain says of its record. All hashes are SHA-256 in lower-case hexadecimal digits. */
export interface LinkContent {
  recordId: string;
  /** The record's time in UTC with six decimals, such as `2026-10-01T12:00:00.000000Z`. */
  recordTime: string;
  /** Of the record's canonical JSON. */
  recordHash: string;
}

/** Where a link stands. */
export interface LinkPlace {
  tenantId: string;
  /** From 1, without gaps. */
  position: number;
  /** The hash of the link before it; {@link NO_HASH} for the first. */
  previous: string;
}

/** One record's link in the chain of its tenant. */
export interface Link extends LinkContent, LinkPlace {
  hash: string;
}

/** The last link of a chain; position 0 and {@link NO_HASH} where there is none. */
export interface Head {
  position: number;
  hash: string;
}

/**
 * The hash of a link: of the canonical JSON of an object with these six members. Written out here, in the order of
 * RFC 8785, as it is made a million times; a test compares it with the general way.
 */
export function hashOfLink({ tenantId, position, previous }: LinkPlace, content: LinkContent): string {
  const { recordHash, recordId, recordTime } = content;
  return sha256Hex(
    `{"position":${position},"previous":"${previous}","recordHash":"${recordHash}",` +
      `"recordId":${JSON.stringify(recordId)},"recordTime":"${recordTime}","tenantId":${JSON.stringify(tenantId)}}`,
  );
}

/** The hash of a record; undefined for one that has no canonical JSON, which no program of ours writes. */
export function hashOfRecord(record: unknown): string | undefined {
  try {
    return sha256Hex(canonicalJson(record));
  } catch {
    return undefined;
  }
}

/** The links that these records add to a chain, in this order. */
export function linksAfter(tenantId: string, head: Head, contents: readonly LinkContent[]): Link[] {
  let { position, hash } = head;
  return contents.map((content) => {
    const place = { tenantId, position: position + 1, previous: hash };
    hash = hashOfLink(place, content);
    position = place.position;
    return { ...content, ...place, hash };
  });
}
