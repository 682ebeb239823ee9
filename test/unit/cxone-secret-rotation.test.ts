import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { CxoneClient } from '../../cxone/client.ts';
import { ConfigurationError, PlatformUnreachableError } from '../../cxone/errors.ts';
import { answerJson, answerToken, connect, createClock, startDouble } from '../support/cxone-double.ts';

interface Rotation {
  client: CxoneClient;
  /** What the platform takes. */
  accepted: Set<string>;
  /** What the file holds; throws if it is undefined. */
  file: { content: string | undefined };
  /** The secrets of the token requests so far. */
  tried: () => (string | null)[];
  /** Lets the token that is held expire. */
  expire: () => void;
  pass: (ms: number) => void;
}

/** A client that has got its first token with `old`. */
async function started(t: TestContext): Promise<Rotation> {
  const accepted = new Set(['old']);
  const file: Rotation['file'] = { content: 'old' };
  const clock = createClock();
  let tokens = 0;
  const double = await startDouble(
    t,
    () => {},
    ({ body }, response) => {
      if (accepted.has(new URLSearchParams(body).get('client_secret') ?? '')) answerToken(response, (tokens += 1));
      else answerJson(response, 401, { error: 'invalid_client' });
    },
  );
  const clientSecret = (): string => {
    if (file.content === undefined) throw new Error('no such file');
    return file.content;
  };
  const client = connect(t, double.url, { clientSecret, monotonicNow: clock.now });
  await client.checkScopes();
  return {
    client,
    accepted,
    file,
    tried: () => double.seen.map(({ body }) => new URLSearchParams(body).get('client_secret')),
    expire: () => clock.advance(3_600_000),
    pass: clock.advance,
  };
}

test('a file that is empty, gone or half-written for a moment costs nothing while the old secret holds', async (t) => {
  const { client, file, expire, tried } = await started(t);
  for (const content of ['', undefined, 'ne']) {
    file.content = content;
    expire();
    await client.checkScopes();
  }
  assert.deepEqual(tried(), ['old', 'old', 'old', 'ne', 'old']);
});

test('a secret that the platform has and the file has not yet is waited for', async (t) => {
  const { client, accepted, file, expire, pass } = await started(t);
  accepted.clear();
  accepted.add('new');
  expire();
  for (const content of ['old', '', 'ne']) {
    file.content = content;
    await assert.rejects(client.checkScopes(), PlatformUnreachableError);
    pass(5_000);
  }
  file.content = 'new';
  await client.checkScopes();
});

test('credentials that stay refused are a matter of configuration after a minute', async (t) => {
  const { client, accepted, file, expire, pass } = await started(t);
  accepted.clear();
  expire();
  await assert.rejects(client.checkScopes(), PlatformUnreachableError);
  pass(59_000);
  await assert.rejects(client.checkScopes(), PlatformUnreachableError);
  pass(1_000);
  await assert.rejects(client.checkScopes(), ConfigurationError);
  accepted.add('new');
  file.content = 'new';
  await client.checkScopes();
  accepted.clear();
  expire();
  await assert.rejects(client.checkScopes(), PlatformUnreachableError, 'the minute begins anew');
});

test('refused credentials are not tried again within a second, unless the file has changed', async (t) => {
  const { client, accepted, file, expire, pass, tried } = await started(t);
  accepted.clear();
  expire();
  for (let call = 0; call < 5; call += 1) await assert.rejects(client.checkScopes(), PlatformUnreachableError);
  assert.deepEqual(tried(), ['old', 'old']);
  pass(1_000);
  await assert.rejects(client.checkScopes(), PlatformUnreachableError);
  assert.equal(tried().length, 3);
  accepted.add('new');
  file.content = 'new';
  await client.checkScopes();
});

test('credentials that have never worked are refused at once', async (t) => {
  const double = await startDouble(
    t,
    () => {},
    (_request, response) => {
      answerJson(response, 401, {});
    },
  );
  const client = connect(t, double.url);
  await assert.rejects(client.checkScopes(), ConfigurationError);
  await assert.rejects(client.checkScopes(), ConfigurationError);
  assert.equal(double.seen.length, 2);
});
