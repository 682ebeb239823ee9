import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import { parsePayloadKeys, type PayloadProtection } from '../../domain/payload-keys.ts';
import { createPayloadCodec } from '../../payloads/codec.ts';
import { PayloadRefusedError, type RefusalReason } from '../../payloads/refusal.ts';
import { newKey } from '../support/payload-keys.ts';

const PLACE: SerializationContext = { type: 'workflow', namespace: 'default', workflowId: 'provision-skill/acme/4711' };
const VALUE = { reason: 'planted reason' };
const [KEY_1, KEY_2] = [newKey(), newKey()];

function protection(keys: Record<string, string> = { k1: KEY_1 }, plain: PayloadProtection['plain'] = 'refuse') {
  const parsed = parsePayloadKeys({ encodeWith: Object.keys(keys)[0] ?? '', keys });
  assert.ok(parsed.ok);
  return { keys: parsed.keys, plain };
}

const codec = createPayloadCodec({ namespace: 'default', protection: protection() });

async function sealed(context: SerializationContext | undefined = PLACE, by = codec): Promise<Payload> {
  const [payload] = await by.encode([defaultPayloadConverter.toPayload(VALUE)], context);
  assert.ok(payload);
  return payload;
}

async function opened(payload: Payload, context: SerializationContext | undefined = PLACE, by = codec) {
  const [decoded] = await by.decode([payload], context);
  assert.ok(decoded);
  return defaultPayloadConverter.fromPayload(decoded);
}

function refused(reason: RefusalReason, message = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof PayloadRefusedError, String(error));
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message + JSON.stringify(error.details), /planted/);
    return true;
  };
}

function textOf({ metadata, data }: Payload): string {
  return [...Object.entries(metadata ?? {}).flat(), data ?? ''].map((part) => Buffer.from(part).toString()).join('\n');
}

test('a payload comes back as it was, and says outside only where it belongs and with which key', async () => {
  const payload = await sealed();
  assert.deepEqual(await opened(payload), VALUE);
  assert.doesNotMatch(textOf(payload), /planted|json/);
  const { metadata } = payload;
  assert.deepEqual(Object.fromEntries(Object.entries(metadata ?? {}).map(([k, v]) => [k, Buffer.from(v).toString()])), {
    encoding: 'binary/encrypted',
    'encryption-format': 'skill-provisioner/1',
    'encryption-key-id': 'k1',
    namespace: 'default',
    'workflow-id': 'provision-skill/acme/4711',
  });
  assert.notDeepEqual(payload.data, (await sealed()).data);
});

test('nothing and bytes come back too', async () => {
  for (const value of [undefined, null, new Uint8Array([0, 255, 7])]) {
    const payloads = await codec.encode([defaultPayloadConverter.toPayload(value)], PLACE);
    const [decoded] = await codec.decode(payloads, PLACE);
    assert.ok(decoded);
    assert.deepEqual(defaultPayloadConverter.fromPayload(decoded) ?? null, value ?? null);
  }
  assert.deepEqual(await codec.decode(await codec.encode([], PLACE), PLACE), []);
});

test('no flipped bit and no cut goes unseen', async () => {
  const payload = await sealed();
  const data = Buffer.from(payload.data ?? []);
  for (let index = 0; index < data.length; index += 1) {
    const spoilt = Buffer.from(data);
    spoilt[index] = (spoilt[index] ?? 0) ^ (1 << (index % 8));
    await assert.rejects(opened({ ...payload, data: spoilt }), refused('damaged', /altered or cut off/));
    await assert.rejects(opened({ ...payload, data: data.subarray(0, index) }), refused('damaged'));
  }
  await assert.rejects(opened({ metadata: payload.metadata ?? {} }), refused('damaged'));
});

test('what belongs to another workflow or namespace is refused, also when its metadata is rewritten', async () => {
  const payload = await sealed();
  const elsewhere = { ...PLACE, workflowId: 'provision-skill/acme/4712' };
  await assert.rejects(
    opened(payload, elsewhere),
    refused('foreign', /acme\/4712.*belongs to workflow "provision-skill\/acme\/4711"/),
  );
  await assert.rejects(opened(payload, { ...PLACE, namespace: 'other' }), refused('foreign'));
  const relabel = (name: string, value: string | undefined): Payload => {
    const { [name]: _old, ...rest } = payload.metadata ?? {};
    return { ...payload, metadata: value === undefined ? rest : { ...rest, [name]: Buffer.from(value) } };
  };
  await assert.rejects(opened(relabel('workflow-id', elsewhere.workflowId), elsewhere), refused('damaged'));
  await assert.rejects(opened(relabel('workflow-id', undefined)), refused('foreign'));
  await assert.rejects(codec.decode([relabel('workflow-id', undefined)], undefined), refused('damaged'));
});

test('what belongs to no workflow is read where none is named, and only there', async () => {
  const payload = (await codec.encode([defaultPayloadConverter.toPayload(VALUE)]))[0];
  assert.ok(payload);
  const [decoded] = await codec.decode([payload]);
  assert.ok(decoded);
  assert.deepEqual(defaultPayloadConverter.fromPayload(decoded), VALUE);
  await assert.rejects(opened(payload), refused('foreign', /belongs to no workflow/));
  await assert.rejects(codec.decode([await sealed()]), refused('foreign'));
});

test("an activity's payloads belong to its workflow, and those of a schedule's runs to the schedule", async () => {
  const { namespace, workflowId } = { namespace: 'default', workflowId: 'drift-check/acme/nightly' };
  const activity: SerializationContext = { type: 'activity', namespace, workflowId, activityId: '1', isLocal: true };
  const ofRun = (at: string): SerializationContext => ({
    type: 'workflow',
    namespace,
    workflowId: `${workflowId}-${at}`,
  });
  const payload = await sealed(activity);
  assert.deepEqual(await opened(payload, { type: 'workflow', namespace, workflowId }), VALUE);
  assert.deepEqual(await opened(payload, ofRun('2026-11-29T02:00:00Z')), VALUE);
  assert.deepEqual(await opened(await sealed(ofRun('2026-11-29T02:00:00Z')), ofRun('2026-11-30T02:00:00Z')), VALUE);
  await assert.rejects(opened(payload, ofRun('2026-11-29')), refused('foreign'));
});

test('an old key goes on reading after another one has taken its place, and an unknown one is named', async () => {
  const old = await sealed();
  const rotated = createPayloadCodec({ namespace: 'default', protection: protection({ k2: KEY_2, k1: KEY_1 }) });
  assert.deepEqual(await opened(old, PLACE, rotated), VALUE);
  const fresh = await sealed(PLACE, rotated);
  assert.equal(Buffer.from(fresh.metadata?.['encryption-key-id'] ?? []).toString(), 'k2');
  await assert.rejects(opened(fresh), refused('unknown-key', /the key "k2", which is not among.*\(k1\)/));
  const impostor = createPayloadCodec({ namespace: 'default', protection: protection({ k1: KEY_2 }) });
  await assert.rejects(opened(old, PLACE, impostor), refused('damaged', /holds another one/));
  const without = createPayloadCodec({ namespace: 'default' });
  await assert.rejects(opened(old, PLACE, without), refused('no-keys', /no keys are set here/));
});

test('plain payloads are refused where keys are set, unless they are to be accepted', async () => {
  const plain = defaultPayloadConverter.toPayload(VALUE);
  await assert.rejects(opened(plain), refused('plain', /PROVISIONING_PAYLOAD_PLAIN=accept/));
  const between = createPayloadCodec({ namespace: 'default', protection: protection({ k1: KEY_1 }, 'accept') });
  assert.deepEqual(await opened(plain, PLACE, between), VALUE);
  assert.deepEqual(await opened(await sealed(PLACE, between)), VALUE);
  const without = createPayloadCodec({ namespace: 'default' });
  assert.deepEqual(await without.encode([plain], PLACE), [plain]);
  assert.deepEqual(await opened(plain, PLACE, without), VALUE);
});

test("an encrypted payload of somebody else's is refused, not taken for one of ours", async () => {
  const foreign = { metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.alloc(64) };
  await assert.rejects(opened(foreign), refused('damaged', /in a way that is not known here/));
});

test('each refusal is told to whoever counts them', async () => {
  const told: string[] = [];
  const counting = createPayloadCodec({
    namespace: 'default',
    protection: protection(),
    onRefused: ({ reason }) => told.push(reason),
  });
  await assert.rejects(counting.decode([defaultPayloadConverter.toPayload(VALUE)], PLACE));
  assert.deepEqual(told, ['plain']);
});
