import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { Client } from 'pg';
import { NO_HASH } from '../../audit/chain/canonical-json.ts';
import { readCheckpoints } from '../../audit/chain/checkpoint-place.ts';
import { parseSigningKey, parseVerifyingKeys, signCheckpoint, type Checkpoint } from '../../audit/chain/checkpoint.ts';
import { newKeyPair } from '../../audit/chain/key-pair.ts';
import { linksAfter } from '../../audit/chain/link.ts';
import { makeCheckpoints } from '../../audit/chain/make-checkpoints.ts';
import { asRecordTime } from '../../audit/chain/record-time.ts';
import { UnsealableError } from '../../audit/chain/sealer.ts';
import { sealOfRecord } from '../../audit/chain/stored-record.ts';
import { auditRecord } from '../support/audit-record.ts';
import {
  idsOf,
  insertRecords,
  openTrail,
  sealAll,
  sealedTrail,
  sharedPostgres,
  verifyAll,
} from '../support/audit-trail.ts';
import { places } from '../support/chain.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const newDatabase = sharedPostgres();
const pair = newKeyPair();
const key = parseSigningKey(pair.privateKey);
const keys = parseVerifyingKeys(pair.publicKey);

interface Case {
  name: string;
  /** Run by the owner, who may do everything. */
  tamper: string;
  finds: string[];
}

const CASES: Case[] = [
  { name: 'nothing was done', tamper: '', finds: [] },
  {
    name: 'a record was changed',
    tamper: `update audit.records set record = jsonb_set(record, '{data,reason}', '"none"') where id = 'r-5' and tenant_id = 'acme'`,
    finds: ['record-changed 5 r-5'],
  },
  {
    name: 'a record was removed',
    tamper: `delete from audit.records where id = 'r-5' and tenant_id = 'acme'`,
    finds: ['record-removed 5 r-5'],
  },
  {
    name: 'a record was given another id',
    tamper: `alter table audit.records drop constraint key_of_record;
             update audit.records set id = 'x' where id = 'r-5' and tenant_id = 'acme'`,
    finds: ['record-removed 5 r-5', 'record-unsealed x'],
  },
  {
    name: 'a record was given to another tenant',
    tamper: `alter table audit.records drop constraint key_of_record;
             update audit.records set tenant_id = 'third' where id = 'r-5' and tenant_id = 'acme'`,
    finds: ['record-removed 5 r-5', 'record-unsealed r-5'],
  },
  {
    name: 'a record is found by another agent',
    tamper: `alter table audit.records alter column agent_id drop expression;
             update audit.records set agent_id = 'x' where id = 'r-5' and tenant_id = 'acme'`,
    finds: ['columns-differ 5 r-5'],
  },
  {
    name: 'a record was put in behind the sealer',
    tamper: `insert into audit.records (tenant_id, id, time, record, xid, sequence)
             select tenant_id, 'x', time, jsonb_set(record, '{id}', '"x"'), xid, sequence
               from audit.records where id = 'r-5' and tenant_id = 'acme'`,
    finds: ['record-unsealed x'],
  },
  {
    name: 'a record was put in where the sealer does not come',
    tamper: `insert into audit.records (tenant_id, id, time, record, xid)
             select tenant_id, 'x', time, jsonb_set(record, '{id}', '"x"'), '9000000000'
               from audit.records where id = 'r-5' and tenant_id = 'acme'`,
    finds: ['record-unsealed x'],
  },
  {
    name: 'how far records are sealed was removed',
    tamper: 'delete from audit.sealed_until',
    finds: ['sealing-stopped'],
  },
  {
    name: 'a link was changed',
    tamper: `update audit.chain set record_hash = sha256('x') where position = 5 and tenant_id = 'acme'`,
    finds: ['link-changed 5 r-5'],
  },
  {
    name: 'a record was removed together with its link',
    tamper: `delete from audit.records where id = 'r-5' and tenant_id = 'acme';
             delete from audit.chain where position = 5 and tenant_id = 'acme'`,
    finds: ['links-removed 5'],
  },
  {
    name: 'a record was removed together with its link, and the later ones got new numbers',
    tamper: `delete from audit.records where id = 'r-5' and tenant_id = 'acme';
             delete from audit.chain where position = 5 and tenant_id = 'acme';
             update audit.chain set position = position + 1000 where position > 5 and tenant_id = 'acme';
             update audit.chain set position = position - 1001 where position > 5 and tenant_id = 'acme'`,
    finds: ['links-removed 5 r-6'],
  },
  {
    name: 'two links changed places',
    tamper: `update audit.chain set position = 1000 where position = 3 and tenant_id = 'acme';
             update audit.chain set position = 3 where position = 8 and tenant_id = 'acme';
             update audit.chain set position = 8 where position = 1000 and tenant_id = 'acme'`,
    finds: ['links-reordered 3 r-8', 'links-reordered 8 r-3'],
  },
  {
    name: 'the last links were cut off, but not their records',
    tamper: `delete from audit.chain where position > 8 and tenant_id = 'acme'`,
    finds: ['record-unsealed r-10', 'record-unsealed r-9'],
  },
  {
    name: 'the whole chain was removed',
    tamper: `delete from audit.chain where tenant_id = 'acme'`,
    finds: idsOf(10)
      .sort()
      .map((id) => `record-unsealed ${id}`),
  },
];

for (const { name, tamper, finds } of CASES) {
  test(`${name}: verification says exactly that`, async (t) => {
    const { owner, reader } = await sealedTrail(t, await newDatabase(t));
    await owner.query(tamper);
    const { findings } = await verifyAll(reader);
    assert.deepEqual(places(findings), finds);
    const { findings: ofOther } = await verifyAll(reader, { tenantId: 'other' });
    assert.deepEqual(
      places(ofOther),
      finds.filter((kind) => kind === 'sealing-stopped'),
    );
  });
}

test('a cut tail is found by a checkpoint, and by nothing else', async (t) => {
  const { owner, reader, sealer } = await sealedTrail(t, await newDatabase(t));
  const place = join(temporaryFolder(t), 'checkpoints.jsonl');
  await makeCheckpoints(sealer, place, key);
  await owner.query(`delete from audit.chain where position > 8 and tenant_id = 'acme';
                     delete from audit.records where id in ('r-9', 'r-10') and tenant_id = 'acme';
                     delete from audit.checkpoints`);
  assert.deepEqual(places((await verifyAll(reader)).findings), []);
  const { findings } = await verifyAll(reader, { checkpoints: await readCheckpoints(place), keys });
  assert.deepEqual(places(findings), ['tail-cut 9']);
});

test('a tenant that was removed altogether is found by its checkpoint', async (t) => {
  const { owner, reader, sealer } = await sealedTrail(t, await newDatabase(t));
  const place = join(temporaryFolder(t), 'checkpoints.jsonl');
  await makeCheckpoints(sealer, place, key);
  await owner.query(`delete from audit.chain where tenant_id = 'acme'; delete from audit.records where tenant_id = 'acme';
                     delete from audit.checkpoints`);
  const { findings } = await verifyAll(reader, { checkpoints: await readCheckpoints(place), keys });
  assert.deepEqual(places(findings), ['tail-cut 1']);
});

test('a chain that was made anew around a changed record is found by a checkpoint, with the place since which it is', async (t) => {
  const { owner, writer, reader, sealer } = await sealedTrail(t, await newDatabase(t));
  const place = join(temporaryFolder(t), 'checkpoints.jsonl');
  await makeCheckpoints(sealer, place, key);
  await insertRecords(writer, idsOf(5, 's'));
  await sealAll(sealer);
  await makeCheckpoints(sealer, place, key);
  await owner.query(
    `update audit.records set record = jsonb_set(record, '{data,requestedBy}', '"nobody"') where id = 's-2' and tenant_id = 'acme'`,
  );
  await reseal(owner, 'acme');
  await owner.query('delete from audit.checkpoints');
  assert.deepEqual(places((await verifyAll(reader)).findings), []);
  const { findings, tenants } = await verifyAll(reader, { checkpoints: await readCheckpoints(place), keys });
  assert.deepEqual(places(findings), ['chain-rewritten 15']);
  assert.match(findings[0]?.message ?? '', /after position 10/);
  assert.equal(tenants.find(({ tenantId }) => tenantId === 'acme')?.confirmed, 10);
});

test('a checkpoint that somebody else has signed, or that was changed, is found with its line', async (t) => {
  const { reader, sealer } = await sealedTrail(t, await newDatabase(t));
  const place = join(temporaryFolder(t), 'checkpoints.jsonl');
  const [first] = await makeCheckpoints(sealer, place, key);
  assert.ok(first);
  const stranger = parseSigningKey(newKeyPair().privateKey);
  const forged = [signCheckpoint('acme', first, first.time, stranger), { ...first, position: 9 }, { not: 'one' }];
  await appendFile(place, forged.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { findings } = await verifyAll(reader, { checkpoints: await readCheckpoints(place), keys });
  assert.deepEqual(places(findings), ['checkpoint-forged 10', 'checkpoint-forged 9', 'checkpoint-unreadable']);
  assert.deepEqual(
    findings.map(({ message }) => /:\d+/.exec(message)?.[0]),
    [':3', ':4', ':5'],
  );
});

test('what a full disk has left of a checkpoint is told, and no sign of tampering', async (t) => {
  const { writer, reader, sealer } = await sealedTrail(t, await newDatabase(t));
  const place = join(temporaryFolder(t), 'checkpoints.jsonl');
  const [first] = await makeCheckpoints(sealer, place, key);
  const whole = JSON.stringify(first);
  await appendFile(place, whole.slice(0, 150));
  await insertRecords(writer, ['late']);
  await sealAll(sealer);
  await makeCheckpoints(sealer, place, key);
  const torn: string[] = [];
  const onTornCheckpoint = (where: string): unknown => torn.push(where);
  const { findings } = await verifyAll(reader, { checkpoints: await readCheckpoints(place), keys, onTornCheckpoint });
  assert.deepEqual(places(findings), []);
  assert.deepEqual(torn, [`${place}:3`]);
});

test('a sealer does not sign a chain that no longer has what it signed before, and does sign the others', async (t) => {
  const { owner, writer, sealer } = await sealedTrail(t, await newDatabase(t));
  const place = join(temporaryFolder(t), 'checkpoints.jsonl');
  await makeCheckpoints(sealer, place, key);
  await owner.query(`delete from audit.chain where position > 8 and tenant_id = 'acme'`);
  for (const tenantId of ['acme', 'other']) await insertRecords(writer, ['late'], tenantId);
  await sealAll(sealer);
  await assert.rejects(makeCheckpoints(sealer, place, key), (error) => {
    assert.ok(error instanceof UnsealableError);
    assert.match(error.message, /tenant acme does/);
    return true;
  });
  const lines = (await readCheckpoints(place)).map(({ text }) => JSON.parse(text) as Checkpoint);
  assert.deepEqual(
    lines.map(({ tenantId, position }) => [tenantId, position]),
    [
      ['acme', 10],
      ['other', 10],
      ['other', 11],
    ],
  );
});

test('a record that JSON can not hold does not stop the sealer, and is found', async (t) => {
  const { writer, sealer, reader } = await openTrail(t, await newDatabase(t));
  const record = JSON.stringify(auditRecord('r-1')).replace('3.7', '1e999');
  await writer.query(
    `insert into audit.records (tenant_id, id, time, record) values ('acme', 'r-1', '2026-11-23T08:00Z', $1)`,
    [record],
  );
  await insertRecords(writer, ['r-2']);
  assert.equal(await sealAll(sealer), 2);
  assert.deepEqual(places((await verifyAll(reader)).findings), ['not-canonical 1 r-1']);
});

/** What somebody does who has the database and reads this project: every link anew, so that all agree again. */
async function reseal(owner: Client, tenantId: string): Promise<void> {
  const { rows } = await owner.query<{ id: string; time: string; record: string }>(
    `select r.id, ${asRecordTime('r.time')} as time, r.record::text from audit.chain c
       join audit.records r on r.tenant_id = c.tenant_id and r.id = c.record_id and r.time = c.record_time
      where c.tenant_id = $1 order by c.position`,
    [tenantId],
  );
  const contents = rows.map(({ id, time, record }) => ({
    recordId: id,
    recordTime: time,
    recordHash: sealOfRecord(record).hash,
  }));
  for (const link of linksAfter(tenantId, { position: 0, hash: NO_HASH }, contents)) {
    await owner.query(
      `update audit.chain set record_hash = decode($3, 'hex'), previous = decode($4, 'hex'), hash = decode($5, 'hex')
        where tenant_id = $1 and position = $2`,
      [tenantId, link.position, link.recordHash, link.previous, link.hash],
    );
  }
}
