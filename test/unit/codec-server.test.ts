import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import { parseCodecServerConfig } from '../../codec-server/config.ts';
import {
  bearer,
  codecOf,
  createIssuer,
  ORIGIN,
  post,
  REQUEST,
  serveCodec,
  serveCodecProcess,
  toJson,
  WORKFLOW_ID,
} from '../support/codec-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function sealedJson(env: Record<string, string>, workflowId = WORKFLOW_ID) {
  const context = { type: 'workflow' as const, namespace: 'default', workflowId };
  const [payload] = await codecOf(env).encode([defaultPayloadConverter.toPayload(REQUEST)], context);
  return toJson(payload);
}

test('who has a token reads payloads, as the Web UI asks for them, and the log says whose', async (t) => {
  const issuer = await createIssuer(t);
  const { url, log } = await serveCodec(t, issuer.env);
  const plain = { metadata: { encoding: Buffer.from('json/plain').toString('base64') }, data: 'e30=' };
  const payloads = [await sealedJson(issuer.env), plain];
  const answer = await post(`${url}/mounted/decode?preserveStorageRefs=true`, await bearer(issuer), { payloads });
  assert.equal(answer.status, 200, JSON.stringify(answer.json));
  const [opened, same] = answer.json['payloads'] as { metadata: Record<string, string>; data: string }[];
  assert.deepEqual(JSON.parse(Buffer.from(opened?.data ?? '', 'base64').toString()), REQUEST);
  assert.deepEqual(opened?.metadata, plain.metadata);
  assert.deepEqual(same, plain);
  assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const [{ time, ...line } = { time: '' }] = log;
  assert.ok(Date.parse(time) > 0);
  assert.deepEqual(line, {
    operation: 'decode',
    status: 200,
    origin: ORIGIN,
    subject: 'kim',
    namespace: 'default',
    workflowIds: [WORKFLOW_ID],
    payloads: 1,
  });
});

test('an expired, forged, unsigned, foreign or missing token is turned away with the reason', async (t) => {
  const issuer = await createIssuer(t);
  const { url, log } = await serveCodec(t, issuer.env);
  const body = { payloads: [await sealedJson(issuer.env)] };
  const good = await issuer.token();
  const [, claims = ''] = good.split('.');
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const cases: [string | undefined, RegExp][] = [
    [undefined, /a token is required/],
    ['Basic abc', /a token is required/],
    ['Bearer abc', /no valid token/],
    [`Bearer ${await issuer.token({ expiresIn: '-2m' })}`, /has expired/],
    [`Bearer ${await issuer.forged()}`, /signature does not hold/],
    [`Bearer ${encode({ alg: 'none' })}.${claims}.`, /algorithm is not allowed/],
    [`Bearer ${encode({ alg: 'HS256' })}.${claims}.${'a'.repeat(43)}`, /algorithm is not allowed/],
    [`Bearer ${good.split('.').slice(0, 2).join('.')}.`, /./],
    [`Bearer ${await issuer.token({ aud: 'something-else' })}`, /claim aud/],
    [`Bearer ${await issuer.token({ iss: 'https://evil.example.com/' })}`, /claim iss/],
    [`Bearer ${await issuer.token({ nbf: now + 600 })}`, /claim nbf/],
    [`Bearer ${await issuer.token({ sub: undefined })}`, /claim sub/],
  ];
  for (const [authorization, message] of cases) {
    const answer = await post(`${url}/decode`, { authorization }, body);
    assert.equal(answer.status, 401, authorization);
    assert.equal(answer.json['error'], 'token-refused');
    assert.match(String(answer.json['message']), message, authorization);
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
    // Or a browser tells the page nothing at all.
    assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN);
  }
  assert.deepEqual(new Set(log.map(({ status, subject }) => `${status} ${subject}`)), new Set(['401 undefined']));
  assert.ok(!JSON.stringify(log).includes(good));
});

test('the key may be in a file of its own, or be fetched from the issuer, whose absence is not the fault of a token', async (t) => {
  const issuer = await createIssuer(t);
  const { CODEC_SERVER_JWKS: jwks = '', ...env } = issuer.env;
  const body = { payloads: [await sealedJson(env)] };
  const pem = join(temporaryFolder(t), 'key.pem');
  writeFileSync(pem, issuer.publicKey);
  const withPem = await serveCodec(t, { ...env, CODEC_SERVER_PUBLIC_KEY: pem });
  assert.equal((await post(`${withPem.url}/decode`, await bearer(issuer), body)).status, 200);
  assert.equal(
    (await post(`${withPem.url}/decode`, { authorization: `Bearer ${await issuer.forged()}` }, body)).status,
    401,
  );

  let isServed = false;
  const keys = createServer((_request, response) => {
    response.writeHead(isServed ? 200 : 500, { 'content-type': 'application/json' }).end(readFileSync(jwks));
  });
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  t.after(() => keys.close());
  const address = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks.json`;
  const withUrl = await serveCodec(t, { ...env, CODEC_SERVER_JWKS_URL: address });
  const away = await post(`${withUrl.url}/decode`, await bearer(issuer), body);
  assert.deepEqual([away.status, away.json['error']], [503, 'token-keys']);
  isServed = true;
  assert.equal((await post(`${withUrl.url}/decode`, await bearer(issuer), body)).status, 200);
});

test("a browser's preflight is answered for the origins that are listed, and for no other", async (t) => {
  const issuer = await createIssuer(t);
  const { url } = await serveCodec(t, issuer.env);
  const preflight = (origin: string) =>
    fetch(`${url}/decode`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-namespace',
      },
    });
  const allowed = await preflight(ORIGIN);
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get('access-control-allow-origin'), ORIGIN);
  assert.equal(allowed.headers.get('access-control-allow-methods'), 'POST');
  for (const name of ['authorization', 'content-type', 'x-namespace']) {
    assert.match(allowed.headers.get('access-control-allow-headers') ?? '', new RegExp(name));
  }
  assert.equal(allowed.headers.get('access-control-allow-credentials'), null);
  assert.match(allowed.headers.get('vary') ?? '', /Origin/i);
  for (const origin of ['https://evil.example.com', `${ORIGIN}.evil.com`, 'null', ORIGIN.replace('https', 'http')]) {
    const refused = await preflight(origin);
    assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [403, null], origin);
    const asked = await post(`${url}/decode`, { ...(await bearer(issuer)), origin }, { payloads: [] });
    assert.deepEqual([asked.status, asked.json['error']], [403, 'other-origin']);
  }
  // Temporal's command line is no page.
  assert.equal(
    (await post(`${url}/decode`, { ...(await bearer(issuer)), origin: undefined }, { payloads: [] })).status,
    200,
  );
});

test('another namespace, a bad body, another method and another path are refused', async (t) => {
  const issuer = await createIssuer(t);
  const { url, log } = await serveCodec(t, issuer.env);
  const token = await bearer(issuer);
  const body = { payloads: [await sealedJson(issuer.env)] };
  for (const namespace of ['other', undefined]) {
    const answer = await post(`${url}/decode`, { ...token, 'x-namespace': namespace }, body);
    assert.deepEqual([answer.status, answer.json['error']], [403, 'other-namespace']);
  }
  for (const bad of ['', '{', '[]', '{"payloads": 7}', '{"payloads": [{"data": "%"}]}']) {
    const answer = await post(`${url}/decode`, token, bad);
    assert.deepEqual([answer.status, answer.json['error']], [400, 'bad-body'], bad);
  }
  const large = await post(`${url}/decode`, token, `{"payloads": ["${'a'.repeat(17 * 1024 * 1024)}"]}`).catch(
    () => undefined,
  );
  // The connection may be gone before the answer is read.
  if (large !== undefined) assert.equal(large.status, 413);
  assert.equal(log.at(-1)?.status, 413);
  assert.equal((await fetch(`${url}/decode`, { headers: token })).status, 405);
  assert.equal((await post(`${url}/download`, token, body)).status, 404);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
});

test('a payload with something bottomless, or with more metadata than one has, does not end the server', async (t) => {
  const issuer = await createIssuer(t);
  const { url, log } = await serveCodec(t, issuer.env);
  const token = await bearer(issuer);
  const sealed = await sealedJson(issuer.env);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const answer = await post(
    `${url}/decode`,
    token,
    `{"payloads": [{"metadata": {}, "data": "e30=", "more": ${deep}}]}`,
  );
  assert.deepEqual([answer.status, answer.json['payloads']], [200, [{ metadata: {}, data: 'e30=' }]]);
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`key-${index}`, 'eA==']));
  const crowded = await post(`${url}/decode`, token, { payloads: [{ metadata: { ...sealed.metadata, ...many } }] });
  assert.deepEqual([crowded.status, crowded.json['error']], [400, 'bad-body']);
  assert.equal((await post(`${url}/decode`, token, { payloads: [sealed] })).status, 200);
  await post(`${url}/${'a'.repeat(5_000)}`, token, { payloads: [] });
  assert.equal(log.at(-1)?.operation.length, 100);
});

test('a payload that was altered is refused; one that was moved is not noticed, as nobody says where it was found', async (t) => {
  const issuer = await createIssuer(t);
  const { url, log } = await serveCodec(t, issuer.env);
  const payload = await sealedJson(issuer.env);
  const data = Buffer.from(payload.data, 'base64');
  data[20] = (data[20] ?? 0) ^ 1;
  const answer = await post(`${url}/decode`, await bearer(issuer), {
    payloads: [{ ...payload, data: data.toString('base64') }],
  });
  assert.deepEqual([answer.status, answer.json['error']], [422, 'payload-refused']);
  assert.match(String(answer.json['message']), /altered or cut off/);
  const moved = await post(`${url}/decode`, await bearer(issuer), {
    payloads: [await sealedJson(issuer.env, 'somewhere')],
  });
  assert.equal(moved.status, 200);
  assert.deepEqual(log.at(-1)?.workflowIds, ['somewhere']);
});

test('as a process it says all that is wrong with its settings, serves, logs a line for each request and stops', async (t) => {
  const issuer = await createIssuer(t);
  const problems = parseCodecServerConfig({
    CODEC_SERVER_ORIGINS: '*, https://temporal.example.com/path',
    CODEC_SERVER_ALGORITHMS: 'none,HS256',
    CODEC_SERVER_TLS_CERT: issuer.env['CODEC_SERVER_JWKS'],
    CODEC_SERVER_ISUER: 'x',
  });
  assert.ok(!problems.ok);
  assert.deepEqual([...new Set(problems.problems.map(({ path }) => path.split('.')[0]))].sort(), [
    'CODEC_SERVER_ALGORITHMS',
    'CODEC_SERVER_AUDIENCE',
    'CODEC_SERVER_ISSUER',
    'CODEC_SERVER_ISUER',
    'CODEC_SERVER_JWKS',
    'CODEC_SERVER_ORIGINS',
    'CODEC_SERVER_TLS_KEY',
    'PROVISIONING_PAYLOAD_KEYS',
  ]);
  const server = await serveCodecProcess(t, issuer.env);
  const token = await issuer.token();
  const body = { payloads: [await sealedJson(issuer.env)] };
  const answer = await post(`${server.url}/decode`, { authorization: `Bearer ${token}` }, body);
  assert.equal(answer.status, 200);
  const expired = await issuer.token({ expiresIn: '-2m' });
  assert.equal((await post(`${server.url}/decode`, { authorization: `Bearer ${expired}` }, body)).status, 401);
  assert.equal(await server.stop(), 0);
  const lines = server
    .log()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { status: number; subject?: string });
  assert.deepEqual(
    lines.map(({ status, subject }) => [status, subject]),
    [
      [200, 'kim'],
      [401, undefined],
    ],
  );
  assert.ok(![token, expired, 'planted'].some((secret) => (server.log() + server.said()).includes(secret)));
});
