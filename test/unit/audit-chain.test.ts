import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { canonicalJson, NO_HASH, sha256Hex } from '../../audit/chain/canonical-json.ts';
import {
  isSigned,
  isTorn,
  parseCheckpoint,
  parseSigningKey,
  parseVerifyingKeys,
  signCheckpoint,
} from '../../audit/chain/checkpoint.ts';
import type { Finding } from '../../audit/chain/finding.ts';
import { judgeCheckpoints } from '../../audit/chain/judge-checkpoints.ts';
import { newKeyPair } from '../../audit/chain/key-pair.ts';
import { hashOfLink, hashOfRecord } from '../../audit/chain/link.ts';
import { microsOf } from '../../audit/chain/record-time.ts';
import type { LinkWithRecord } from '../../audit/chain/verify-links.ts';
import { places, resealed, soundChain, toRecordTime, verifyLinks, withRecord } from '../support/chain.ts';

test('a sound chain has no finding', () => {
  const { findings, head, links } = verifyLinks(soundChain(20));
  assert.deepEqual(findings, []);
  assert.equal(links, 20);
  assert.equal(head.position, 20);
});

test('a chain without links is sound', () => {
  assert.deepEqual(verifyLinks([]), { findings: [], head: { position: 0, hash: NO_HASH }, links: 0, purged: 0 });
});

test('a link is hashed as the canonical JSON of what the documentation lists', () => {
  const content = {
    recordId: 'a "b" \u00e9 \u2028 \u{1f600}',
    recordTime: '2026-10-01T12:00:00.000000Z',
    recordHash: 'ab',
  };
  const place = { tenantId: 'acme', position: 7, previous: NO_HASH };
  assert.equal(hashOfLink(place, content), sha256Hex(canonicalJson({ ...place, ...content })));
});

test('a record has one hash whatever the order of its members and the form of its numbers', () => {
  assert.equal(
    hashOfRecord(JSON.parse('{"b":1.0,"a":{"d":[1e2],"c":"\\u00e9"}}')),
    hashOfRecord({ a: { c: 'é', d: [100] }, b: 1 }),
  );
});

test('what has no canonical JSON has no hash', () => {
  for (const value of [JSON.parse('1e999'), { a: '\ud800' }, undefined]) assert.equal(hashOfRecord(value), undefined);
});

test('a time keeps its microseconds on the way to a link', () => {
  assert.equal(microsOf('2026-10-01T12:00:00Z'), 1_790_856_000_000_000);
  assert.equal(microsOf('2026-10-01T14:00:00.12+02:00'), 1_790_856_000_120_000);
  assert.equal(microsOf('2026-10-01T12:00:00.123456Z'), 1_790_856_000_123_456);
  assert.equal(toRecordTime(1_790_856_000_123_456), '2026-10-01T12:00:00.123456Z');
  assert.equal(microsOf('yesterday'), undefined);
  assert.equal(microsOf(4), undefined);
});

test('the examples of the documentation have the hash, the signature and the key that it says', () => {
  const text = readFileSync('docs/audit-chain.md', 'utf8');
  const [, link = '', hash = ''] = /^(\{"position".+\})$[^`]+```[^`]+`([0-9a-f]{64})`/m.exec(text) ?? [];
  assert.equal(sha256Hex(link), hash);
  const [pem = ''] = /-----BEGIN PUBLIC KEY-----[^`]+/.exec(text) ?? [];
  const compact = text.replaceAll(/\n\s*/g, ' ');
  const [line = ''] = /\{ ?"type": ?"skill-provisioner.audit-checkpoint[^}]+\}/.exec(compact) ?? [];
  const parsed = parseCheckpoint(line);
  assert.ok('checkpoint' in parsed);
  assert.ok(isSigned(parsed.checkpoint, parseVerifyingKeys(pem)));
  assert.ok(!isSigned({ ...parsed.checkpoint, position: 41 }, parseVerifyingKeys(pem)));
});

test('every beginning of a checkpoint is torn, and nothing else is', () => {
  const key = parseSigningKey(newKeyPair().privateKey);
  const time = '2026-11-29T13:06:41.618Z';
  const whole = JSON.stringify(signCheckpoint('acme', { position: 12, hash: NO_HASH }, time, key));
  for (let length = 0; length < whole.length; length += 1)
    assert.ok(isTorn(whole.slice(0, length)), whole.slice(0, length));
  for (const text of [
    whole,
    `${whole} `,
    'x',
    '{"a',
    whole.slice(1),
    `${whole.slice(0, 10)}!`,
    `${whole.slice(0, 100)} {`,
  ]) {
    assert.ok(!isTorn(text), text);
  }
});

test('a checkpoint that lies in both places is judged once, and one that differs in them twice', () => {
  const pair = newKeyPair();
  const checkpoint = signCheckpoint(
    'acme',
    { position: 1, hash: NO_HASH },
    '2026-11-29T13:06:41.618Z',
    parseSigningKey(pair.privateKey),
  );
  const { signature, ...content } = checkpoint;
  const lines = [checkpoint, { signature, ...content }, { ...checkpoint, position: 2 }, { ...checkpoint, position: 2 }];
  const findings: Finding[] = [];
  const trusted = judgeCheckpoints(
    lines.map((line) => ({ text: JSON.stringify(line), where: 'here' })),
    parseVerifyingKeys(pair.publicKey),
    { report: (finding) => findings.push(finding) },
  );
  assert.deepEqual(trusted, [checkpoint]);
  assert.deepEqual(places(findings), ['checkpoint-forged 2']);
});

interface Case {
  name: string;
  tamper: (links: LinkWithRecord[]) => LinkWithRecord[];
  finds: string[];
}

const CASES: Case[] = [
  {
    name: 'a changed record is found at its link',
    tamper: (links) => replace(links, 5, (link) => ({ ...link, record: present(link, 'other') })),
    finds: ['record-changed 5 record-5'],
  },
  {
    name: 'a removed record is found at its link',
    tamper: (links) => replace(links, 5, (link) => ({ ...link, record: { state: 'gone' } })),
    finds: ['record-removed 5 record-5'],
  },
  {
    name: 'a record that was purged is no finding',
    tamper: (links) => replace(links, 5, (link) => ({ ...link, record: { state: 'purged' } })),
    finds: [],
  },
  {
    name: 'a changed hash of a link is found there, not at the next one',
    tamper: (links) => replace(links, 5, (link) => ({ ...link, hash: sha256Hex('x') })),
    finds: ['link-changed 5 record-5'],
  },
  {
    name: 'a changed id in a link is found there',
    tamper: (links) => replace(links, 5, (link) => ({ ...link, recordId: 'other', record: { state: 'gone' } })),
    finds: ['link-changed 5 other'],
  },
  {
    name: 'a record that was changed together with its link is found by the next link',
    tamper: (links) =>
      replace(links, 5, (link) => withRecord(resealed(link, { recordHash: sha256Hex('other content') }))),
    finds: ['link-rewritten 5 record-5'],
  },
  {
    name: 'a removed link is found where it was',
    tamper: (links) => links.filter(({ position }) => position !== 5),
    finds: ['links-removed 5'],
  },
  {
    name: 'removed links are found although the later ones got new numbers',
    tamper: (links) => renumbered(links.filter(({ position }) => position !== 5 && position !== 6)),
    finds: ['links-removed 5 record-7'],
  },
  {
    name: 'a link that was made anew is found although it and those around it got new numbers',
    tamper: (links) => {
      const [eighth] = links.slice(7, 8);
      assert.ok(eighth);
      const changed = withRecord(resealed(eighth, { recordHash: sha256Hex('other content') }));
      return renumbered(replace(links, 8, () => changed).filter(({ position }) => position !== 5));
    },
    finds: ['link-rewritten 7 record-8', 'links-removed 5 record-6'],
  },
  {
    name: 'a removed beginning is found',
    tamper: (links) => renumbered(links.slice(3)),
    finds: ['links-removed 1 record-4'],
  },
  {
    name: 'a link that was put in is found although it agrees with the one before',
    tamper: (links) => {
      const [fourth] = links.slice(3, 4);
      assert.ok(fourth);
      const extra = resealed(fourth, { position: 5, previous: fourth.hash, recordId: 'extra' });
      return renumbered([...links.slice(0, 4), extra, ...links.slice(4)]);
    },
    finds: ['links-inserted 5 extra'],
  },
  {
    name: 'two links that changed places are found at both',
    tamper: (links) => swapped(links, 3, 8),
    finds: ['links-reordered 3 record-8', 'links-reordered 8 record-3'],
  },
  {
    name: 'two neighbours that changed places are found at both',
    tamper: (links) => swapped(links, 3, 4),
    finds: ['links-reordered 3 record-4', 'links-reordered 4 record-3'],
  },
  {
    name: 'a link that changed places with the last one is found at both',
    tamper: (links) => swapped(links, 3, 10),
    finds: ['links-reordered 3 record-10', 'links-reordered 10 record-3'],
  },
  {
    name: 'two links that changed contents but not hashes are found at both',
    tamper: (links) => {
      const [third, eighth] = [links[2], links[7]];
      assert.ok(third && eighth);
      return replace(
        replace(links, 3, ({ position, previous, hash }) => ({ ...eighth, position, previous, hash })),
        8,
        ({ position, previous, hash }) => ({ ...third, position, previous, hash }),
      );
    },
    finds: ['links-reordered 3 record-8', 'links-reordered 8 record-3'],
  },
  {
    name: 'a record that is found under other values than its own is found',
    tamper: (links) =>
      replace(links, 5, (link) => ({ ...link, record: { ...present(link), differing: ['agent_id'] } })),
    finds: ['columns-differ 5 record-5'],
  },
  {
    name: 'a chain of another tenant is not taken for that of this one',
    tamper: () => soundChain(2, 'other').map((link) => ({ ...link, tenantId: 'acme' })),
    finds: ['link-changed 1 record-1', 'link-changed 2 record-2'],
  },
];

for (const { name, tamper, finds } of CASES) {
  test(name, () => {
    assert.deepEqual(places(verifyLinks(tamper(soundChain(10))).findings), finds);
  });
}

test('links that changed places over a great distance are found at both', () => {
  const { findings } = verifyLinks(swapped(soundChain(3_000), 10, 2_900));
  assert.deepEqual(places(findings), ['links-reordered 10 record-2900', 'links-reordered 2900 record-10']);
});

test('a chain of which nothing agrees is verified to its end', () => {
  const links = soundChain(5_000).map((link) => ({ ...link, hash: sha256Hex(link.hash) }));
  assert.equal(verifyLinks(links).findings.length, 5_000);
});

function replace(links: LinkWithRecord[], position: number, change: (link: LinkWithRecord) => LinkWithRecord) {
  return links.map((link) => (link.position === position ? change(link) : link));
}

function present(link: LinkWithRecord, content?: string): LinkWithRecord['record'] & { state: 'present' } {
  const hash = content === undefined ? link.recordHash : sha256Hex(content);
  return { state: 'present', hash, canonical: true, differing: [] };
}

function renumbered(links: LinkWithRecord[]): LinkWithRecord[] {
  return links.map((link, index) => ({ ...link, position: index + 1 }));
}

function swapped(links: LinkWithRecord[], one: number, other: number): LinkWithRecord[] {
  const number = new Map([
    [one, other],
    [other, one],
  ]);
  return links
    .map((link) => ({ ...link, position: number.get(link.position) ?? link.position }))
    .sort((a, b) => a.position - b.position);
}
