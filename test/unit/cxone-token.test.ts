import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConfigurationError,
  PlatformRefusedError,
  PlatformUnreachableError,
  UnexpectedAnswerError,
} from '../../cxone/errors.ts';
import {
  ALL_SCOPES,
  answerJson,
  answerToken,
  connect,
  createClock,
  gate,
  jwt,
  SECRET,
  startDouble,
} from '../support/cxone-double.ts';

const STATE = { agentId: 'A1', currentState: 'AVAILABLE' };

test('a token is asked for as the platform wants it', async (t) => {
  const double = await startDouble(t, () => {});
  await connect(t, double.url).checkScopes();
  const [request] = double.to('POST /oauth/token');
  assert.equal(request?.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), {
    grant_type: 'client_credentials',
    client_id: 'client-1',
    client_secret: SECRET,
    scope: ALL_SCOPES,
  });
});

test('many callers at once cost one token request', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, STATE);
  });
  const client = connect(t, double.url);
  await Promise.all(Array.from({ length: 50 }, () => client.getState('A1')));
  assert.equal(double.to('POST /oauth/token').length, 1);
  assert.equal(double.seen.length, 51);
});

test('a caller who gives up does not end the token request of the others', async (t) => {
  const asked = gate();
  const answer = gate();
  const double = await startDouble(
    t,
    (_request, response) => {
      answerJson(response, 200, STATE);
    },
    (_request, response) => {
      asked.open();
      void answer.opened.then(() => {
        answerToken(response, 1);
      });
    },
  );
  const client = connect(t, double.url);
  const abort = new AbortController();
  const impatient = client.getState('A1', { signal: abort.signal });
  const patient = client.getState('A1');
  await asked.opened;
  abort.abort();
  await assert.rejects(impatient, { name: 'PlatformUnreachableError', reason: 'aborted', maybeApplied: false });
  answer.open();
  assert.equal((await patient).state, 'AVAILABLE');
  assert.equal(double.to('POST /oauth/token').length, 1);
});

test('a token is not used in its last 300 seconds', async (t) => {
  const clock = createClock();
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, STATE);
  });
  const client = connect(t, double.url, { monotonicNow: clock.now });
  await client.getState('A1');
  clock.advance(3_298_999);
  await client.getState('A1');
  assert.equal(double.to('POST /oauth/token').length, 1);
  clock.advance(1);
  await client.getState('A1');
  assert.equal(double.to('POST /oauth/token').length, 2);
});

test('a token that expires while its request waits for a connection is replaced before anything is sent', async (t) => {
  const clock = createClock();
  let issued = 0;
  const double = await startDouble(
    t,
    (_request, response) => {
      answerJson(response, 200, STATE);
    },
    (_request, response) => {
      issued += 1;
      response.setHeader('connection', 'close');
      answerToken(response, issued);
    },
  );
  const client = connect(t, double.url, { monotonicNow: clock.now });
  await client.checkScopes();
  const sent = client.getState('A1');
  // Promises settle, the network does not: the request is now with its token, waiting to be connected.
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
  assert.equal(issued, 1);
  clock.advance(3_300_000);
  await sent;
  const used = double.to('GET /api/v2/supervisor/agents/A1/state').map(({ headers }) => headers.authorization);
  assert.deepEqual(used, [`Bearer ${jwt({ scope: ALL_SCOPES, n: 2 })}`]);
});

test('a token that is valid for 300 seconds or less is an error, not a loop', async (t) => {
  const double = await startDouble(
    t,
    () => {},
    (_request, response) => {
      answerToken(response, 1, { expires_in: 300 });
    },
  );
  await assert.rejects(connect(t, double.url).getState('A1'), UnexpectedAnswerError);
  assert.equal(double.seen.length, 1);
});

test('after a 401 the same bytes go out once more with a new token', async (t) => {
  const double = await startDouble(t, ({ headers }, response) => {
    const fresh = headers.authorization === `Bearer ${jwt({ scope: ALL_SCOPES, n: 2 })}`;
    if (fresh) answerJson(response, 200, { agentId: 'A1', skills: [{ skillId: '7', level: 4, name: 'Chat' }] });
    else answerJson(response, 401, { error: 'invalid_token' });
  });
  const client = connect(t, double.url);
  const patch = { wishes: [{ skillId: '7', level: 4 }], etag: '"1"', idempotencyKey: 'A1_7_1' };
  assert.deepEqual(await client.patchAgentSkills('A1', patch), { skills: [{ skillId: '7', level: 4, name: 'Chat' }] });
  const [first, second, ...more] = double.to('PATCH /api/v2/agents/A1');
  assert.equal(more.length, 0);
  assert.equal(first?.body, second?.body);
  assert.equal(first?.headers['x-idempotency-key'], second?.headers['x-idempotency-key']);
  assert.equal(double.to('POST /oauth/token').length, 2);
});

test('a second 401 is final', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 401, { error: 'invalid_token' });
  });
  await assert.rejects(connect(t, double.url).getState('A1'), (error) => {
    return error instanceof PlatformRefusedError && error.status === 401 && error.code === 'invalid_token';
  });
  assert.equal(double.to('GET /api/v2/supervisor/agents/A1/state').length, 2);
});

test('many requests that get a 401 at once cost one new token', async (t) => {
  const first = `Bearer ${jwt({ scope: ALL_SCOPES, n: 1 })}`;
  const double = await startDouble(t, ({ headers }, response) => {
    if (headers.authorization === first) response.writeHead(401).end();
    else answerJson(response, 200, STATE);
  });
  const client = connect(t, double.url);
  await Promise.all(Array.from({ length: 20 }, () => client.getState('A1')));
  assert.equal(double.to('POST /oauth/token').length, 2);
});

test('a late 401 for an old token does not throw the new one away', async (t) => {
  const first = `Bearer ${jwt({ scope: ALL_SCOPES, n: 1 })}`;
  const slow = gate();
  const arrived = gate();
  const double = await startDouble(t, ({ path, headers }, response) => {
    if (headers.authorization !== first) answerJson(response, 200, { ...STATE, agentId: path.split('/')[5] });
    else if (!path.includes('SLOW')) response.writeHead(401).end();
    else {
      arrived.open();
      void slow.opened.then(() => response.writeHead(401).end());
    }
  });
  const client = connect(t, double.url);
  const late = client.getState('SLOW');
  await arrived.opened;
  await client.getState('A1');
  slow.open();
  await late;
  assert.equal(double.to('POST /oauth/token').length, 2);
});

test('refused credentials name the variables to look at', async (t) => {
  const double = await startDouble(
    t,
    () => {},
    (_request, response) => {
      answerJson(response, 401, { error: 'invalid_client', message: `bad ${SECRET}` });
    },
  );
  await assert.rejects(connect(t, double.url).checkScopes(), (error: Error) => {
    assert.ok(error instanceof ConfigurationError);
    assert.match(error.message, /CXONE_CLIENT_ID and CXONE_CLIENT_SECRET/);
    return !error.message.includes(SECRET);
  });
});

test('a secret that was changed is used for the next token', async (t) => {
  const clock = createClock();
  const double = await startDouble(t, () => {});
  let secret = 'old';
  const client = connect(t, double.url, { clientSecret: () => secret, monotonicNow: clock.now });
  await client.checkScopes();
  secret = 'new';
  clock.advance(3_600_000);
  await client.checkScopes();
  const secrets = double.seen.map(({ body }) => new URLSearchParams(body).get('client_secret'));
  assert.deepEqual(secrets, ['old', 'new']);
});

test('a 404 of the token endpoint is not mistaken for an unknown agent', async (t) => {
  const double = await startDouble(
    t,
    () => {},
    (_request, response) => {
      answerJson(response, 404, { error: 'not_found' });
    },
  );
  await assert.rejects(connect(t, double.url).getAgent('A1'), ConfigurationError);
});

test('a failed token request is not remembered, and a PATCH that waited for it was not applied', async (t) => {
  let requests = 0;
  const double = await startDouble(
    t,
    (_request, response) => {
      answerJson(response, 200, STATE);
    },
    (_request, response) => {
      requests += 1;
      if (requests === 1) response.writeHead(503).end();
      else if (requests === 2) response.destroy();
      else answerToken(response, 3);
    },
  );
  const client = connect(t, double.url);
  const patch = { wishes: [{ skillId: '7', level: 4 }], etag: '"1"', idempotencyKey: 'A1_7_1' };
  await assert.rejects(client.patchAgentSkills('A1', patch), (error) => {
    return error instanceof PlatformRefusedError && error.status === 503 && !error.maybeApplied;
  });
  await assert.rejects(client.patchAgentSkills('A1', patch), (error) => {
    return error instanceof PlatformUnreachableError && !error.maybeApplied;
  });
  assert.equal((await client.getState('A1')).state, 'AVAILABLE');
});
