import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import {
  bearer,
  codecOf,
  createIssuer,
  post,
  REQUEST,
  serveCodec,
  toJson,
  WORKFLOW_ID,
} from '../support/codec-server.ts';

const TEMPORARY = {
  temporaryId: 'tmp-1',
  tenantId: 'acme',
  agentId: '4711',
  skill: { skillId: '5' },
  level: 3,
  until: '2026-11-30T12:00:00Z',
  requestedBy: 'kim',
  reason: 'planted reason',
};

test('the argument of a start is encrypted for the workflow that it names, and nothing else is', async (t) => {
  const issuer = await createIssuer(t);
  const { url, log } = await serveCodec(t, issuer.env);
  const plain = (value: unknown) => toJson(defaultPayloadConverter.toPayload(value));
  const encode = async (...values: unknown[]) =>
    post(`${url}/encode`, await bearer(issuer), { payloads: values.map(plain) });
  const answer = await encode(REQUEST);
  assert.equal(answer.status, 200, JSON.stringify(answer.json));
  const [sealed] = answer.json['payloads'] as ReturnType<typeof toJson>[];
  const payload: Payload = {
    metadata: Object.fromEntries(
      Object.entries(sealed?.metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    ),
    data: Buffer.from(sealed?.data ?? '', 'base64'),
  };
  const context = { type: 'workflow' as const, namespace: 'default', workflowId: WORKFLOW_ID };
  const [opened] = await codecOf(issuer.env).decode([payload], context);
  assert.ok(opened);
  assert.deepEqual(defaultPayloadConverter.fromPayload(opened), REQUEST);
  assert.deepEqual(log.at(-1)?.workflowIds, [WORKFLOW_ID]);
  assert.equal((await encode(TEMPORARY)).status, 200);
  assert.deepEqual(log.at(-1)?.workflowIds, ['temporary/acme/4711/tmp-1']);
  for (const value of [{ action: 'retry', operator: 'kim' }, 'text', null, { ...REQUEST, agentId: '../x' }]) {
    const refused = await encode(value);
    assert.deepEqual([refused.status, refused.json['error']], [422, 'not-encodable']);
  }
  const twice = await post(`${url}/encode`, await bearer(issuer), { payloads: [sealed] });
  assert.equal(twice.status, 422);
});

test('an order or a forged message does not pass as a request by naming an agent', async (t) => {
  const issuer = await createIssuer(t);
  const { url } = await serveCodec(t, issuer.env);
  const ids = { tenantId: 'acme', agentId: '4711' };
  const forged = [
    { ...ids, action: 'accept', operator: 'kim', note: 'looks fine' },
    { ...ids, by: 'kim', note: 'stop it', requestId: 'req-1' },
    { ...ids, temporaryId: 'tmp-1', requestId: 'tmp-1-start', outcome: { changes: [] } },
    { ...REQUEST, action: 'accept', operator: 'kim', note: 'looks fine' },
    { ...TEMPORARY, requestId: 'tmp-1-start', outcome: { changes: [] } },
    { ...REQUEST, temporaryId: 'tmp-1' },
  ];
  for (const value of forged) {
    const payloads = [toJson(defaultPayloadConverter.toPayload(value))];
    const refused = await post(`${url}/encode`, await bearer(issuer), { payloads });
    assert.deepEqual([refused.status, refused.json['error']], [422, 'not-encodable'], JSON.stringify(value));
  }
});
