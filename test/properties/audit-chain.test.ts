import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { NO_HASH, canonicalJson, sha256Hex } from '../../audit/chain/canonical-json.ts';
import { signCheckpoint, parseSigningKey } from '../../audit/chain/checkpoint.ts';
import { newKeyPair } from '../../audit/chain/key-pair.ts';
import type { Finding } from '../../audit/chain/finding.ts';
import { linksAfter } from '../../audit/chain/link.ts';
import { createCheckpointVerifier } from '../../audit/chain/verify-checkpoints.ts';
import type { LinkWithRecord } from '../../audit/chain/verify-links.ts';
import { toRecordTime, verifyLinks, withRecord } from '../support/chain.ts';

const content = fc.record({
  recordId: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  recordTime: fc.integer({ min: 0, max: 4_000_000_000_000_000 }).map(toRecordTime),
  recordHash: fc.string().map(sha256Hex),
});
const contents = fc.uniqueArray(content, { selector: ({ recordId }) => recordId, minLength: 2, maxLength: 30 });

/** No content above has it. */
const OTHER_HASH = sha256Hex('\0');

type Tampering = (links: LinkWithRecord[], at: number, other: number) => LinkWithRecord[];

const renumber = (links: LinkWithRecord[]): LinkWithRecord[] =>
  links.map((link, index) => ({ ...link, position: index + 1 }));
const change = (links: LinkWithRecord[], at: number, to: Partial<LinkWithRecord>): LinkWithRecord[] =>
  links.map((link, index) => (index === at ? { ...link, ...to } : link));

/** Everything but the last link may be tampered with by these: of the last one only a checkpoint knows. */
const TAMPERINGS: Record<string, Tampering> = {
  'a link is removed': (links, at) => links.filter((_, index) => index !== at),
  'a link is removed and the later ones get new numbers': (links, at) =>
    renumber(links.filter((_, index) => index !== at)),
  'a link is there twice': (links, at) => renumber([...links.slice(0, at + 1), ...links.slice(at)]),
  'two links change places': (links, at, other) => {
    const moved = [...links];
    [moved[at], moved[other]] = [links[other] as LinkWithRecord, links[at] as LinkWithRecord];
    return renumber(moved);
  },
  'a hash is another': (links, at) => change(links, at, { hash: OTHER_HASH }),
  'the hash before is another': (links, at) => change(links, at, { previous: OTHER_HASH }),
  'an id is another': (links, at) => change(links, at, { recordId: `${links[at]?.recordId ?? ''}x` }),
  'a time is another': (links, at) => change(links, at, { recordTime: '1969-01-01T00:00:00.000000Z' }),
  'a record is another': (links, at) =>
    change(links, at, { record: { state: 'present', hash: OTHER_HASH, canonical: true, differing: [] } }),
  'a record is gone': (links, at) => change(links, at, { record: { state: 'gone' } }),
};

test('any chain that was made from records verifies, in whatever pieces it was made', () => {
  fc.assert(
    fc.property(contents, fc.nat(30), (records, cut) => {
      const first = linksAfter('acme', { position: 0, hash: NO_HASH }, records.slice(0, cut));
      const head = first.at(-1) ?? { position: 0, hash: NO_HASH };
      const links = [...first, ...linksAfter('acme', head, records.slice(cut))];
      assert.deepEqual(links, linksAfter('acme', { position: 0, hash: NO_HASH }, records));
      assert.deepEqual(verifyLinks(links.map(withRecord)).findings, []);
    }),
  );
});

for (const [name, tamper] of Object.entries(TAMPERINGS)) {
  test(`any chain in which ${name} does not verify`, () => {
    fc.assert(
      fc.property(contents, fc.nat(), fc.nat(), (records, one, two) => {
        const links = linksAfter('acme', { position: 0, hash: NO_HASH }, records).map(withRecord);
        const at = one % (links.length - 1);
        const other = at + 1 + (two % (links.length - at - 1));
        assert.notDeepEqual(verifyLinks(tamper(links, at, other)).findings, []);
      }),
    );
  });
}

test('a chain that was made anew, or cut, from anywhere before a checkpoint is found by it', () => {
  const key = parseSigningKey(newKeyPair().privateKey);
  fc.assert(
    fc.property(contents, fc.nat(), fc.boolean(), (records, one, cut) => {
      const start = { position: 0, hash: NO_HASH };
      const sealed = linksAfter('acme', start, records);
      const at = one % records.length;
      const forged = linksAfter(
        'acme',
        start,
        cut
          ? records.slice(0, at)
          : records.map((record, index) =>
              index === at ? { ...record, recordHash: sha256Hex(record.recordHash) } : record,
            ),
      );
      assert.deepEqual(verifyLinks(forged.map(withRecord)).findings, []);
      const checkpoint = signCheckpoint('acme', sealed.at(-1) ?? start, '2026-10-01T12:00:00.000Z', key);
      const findings: Finding[] = [];
      const verifier = createCheckpointVerifier('acme', [checkpoint], (finding) => findings.push(finding));
      for (const link of forged) verifier.next(link);
      verifier.end(forged.at(-1) ?? start);
      assert.deepEqual(
        findings.map(({ kind }) => kind),
        [cut ? 'tail-cut' : 'chain-rewritten'],
      );
    }),
    { numRuns: 50 },
  );
});

test('canonical JSON is the same however a value was written, and reads back as the same value', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const canonical = canonicalJson(JSON.parse(text));
      assert.deepEqual(JSON.parse(canonical), JSON.parse(JSON.stringify(JSON.parse(text))));
      assert.equal(canonicalJson(JSON.parse(JSON.stringify(JSON.parse(text), null, 3))), canonical);
    }),
  );
});
