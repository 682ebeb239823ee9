import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { PlatformRefusedError, PlatformUnreachableError, UnexpectedAnswerError } from '../../cxone/errors.ts';
import { type Answerer, answerJson, answerToken, connect, gate, startDouble } from '../support/cxone-double.ts';

const PATCH = { wishes: [{ skillId: '7', level: 4 }], etag: '"1"', idempotencyKey: 'A1_7_1' };
const AGENT = { agentId: 'A1', skills: [] };

test('a 200 that is not what it should be is unexpected, and may have been applied', async (t) => {
  const answers: Answerer[] = [
    (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>'),
    (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(JSON.stringify(AGENT)),
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"agentId":'),
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22])),
    (_request, response) => response.writeHead(200).end(),
    (_request, response) => response.writeHead(204).end(),
    (_request, response) => {
      answerJson(response, 200, []);
    },
    (_request, response) => {
      answerJson(response, 200, { agentId: 'A1', skills: [{ skillId: '7', level: 9 }] });
    },
    (_request, response) => {
      answerJson(response, 200, { agentId: 'A2', skills: [] });
    },
    (_request, response) => {
      answerJson(response, 200, AGENT, { 'content-encoding': 'gzip' });
    },
    (_request, response) => response.writeHead(307, { location: '/elsewhere' }).end(),
    (_request, response) => {
      answerJson(response, 200, { ...AGENT, filler: 'x'.repeat(1024 * 1024) });
    },
  ];
  let turn = 0;
  const double = await startDouble(t, (request, response) => answers[turn]?.(request, response));
  const client = connect(t, double.url);
  for (turn = 0; turn < answers.length; turn += 1) {
    await assert.rejects(
      client.patchAgentSkills('A1', PATCH),
      (error) => error instanceof UnexpectedAnswerError && error.maybeApplied,
      `answer ${turn}`,
    );
  }
  assert.equal(double.to('PATCH /api/v2/agents/A1').length, answers.length);
  assert.equal(double.seen.length, answers.length + 1, 'no redirect was followed');
});

test('an unexpected answer names the field, not its value', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, { agentId: 'A1', skills: [{ skillId: '../x', level: 3, name: 'n' }] }, { etag: '"1"' });
  });
  await assert.rejects(connect(t, double.url).getAgent('A1'), {
    name: 'UnexpectedAnswerError',
    message: 'GET /api/v2/agents/{agentId}: 200, skills.0.skillId is not as expected',
  });
});

test('JSON without a content type will do', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    response.writeHead(200, { etag: '"1"' }).end(JSON.stringify(AGENT));
  });
  assert.deepEqual(await connect(t, double.url).getAgent('A1'), { skills: [], etag: '"1"' });
});

test('a body that never ends is a timeout', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"agentId":');
  });
  await assert.rejects(connect(t, double.url).patchAgentSkills('A1', PATCH, { timeoutMs: 50 }), {
    name: 'PlatformUnreachableError',
    reason: 'timeout',
    maybeApplied: true,
  });
});

test('a refusal is known by its head, whatever comes of its body', async (t) => {
  const bodies: Answerer[] = [
    (_request, response) => response.writeHead(412).write('{"err'),
    (_request, response) => response.writeHead(412, { 'content-length': 100 }).write('x', () => response.destroy()),
    (_request, response) => response.writeHead(412).end('x'.repeat(2 * 1024 * 1024)),
    (_request, response) => response.writeHead(412, { 'content-type': 'text/html' }).end('<html>'),
  ];
  let turn = 0;
  const double = await startDouble(t, (request, response) => bodies[turn]?.(request, response));
  const client = connect(t, double.url);
  await client.checkScopes();
  for (turn = 0; turn < bodies.length; turn += 1) {
    await assert.rejects(
      client.patchAgentSkills('A1', PATCH, { timeoutMs: turn === 0 ? 50 : 5000 }),
      (error) => error instanceof PlatformRefusedError && error.status === 412 && !error.maybeApplied,
      `body ${turn}`,
    );
  }
});

test('only what looks like an error code is taken as one', async (t) => {
  const codes: [unknown, string | undefined][] = [
    ['agent_locked', 'agent_locked'],
    ['Agent Locked', undefined],
    ['x'.repeat(65), undefined],
    [{ a: 1 }, undefined],
    [undefined, undefined],
  ];
  let given: unknown;
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 422, { error: given, message: 'the text' });
  });
  const client = connect(t, double.url);
  for (const [error, code] of codes) {
    given = error;
    await assert.rejects(client.patchAgentSkills('A1', PATCH), (thrown) => {
      assert.ok(thrown instanceof PlatformRefusedError);
      assert.equal(thrown.code, code);
      return !thrown.message.includes('the text');
    });
  }
});

test('a PATCH that got a 5xx or no answer may have been applied, a read never is', async (t) => {
  let answer: Answerer = (_request, response) => response.writeHead(502).end();
  const double = await startDouble(t, (request, response) => {
    answer(request, response);
  });
  const client = connect(t, double.url);
  await assert.rejects(client.patchAgentSkills('A1', PATCH), { status: 502, maybeApplied: true });
  await assert.rejects(client.setState('A1', 'AVAILABLE', undefined), { status: 502, maybeApplied: true });
  await assert.rejects(client.getAgent('A1'), { status: 502, maybeApplied: false });
  answer = (_request, response) => response.destroy();
  await assert.rejects(client.patchAgentSkills('A1', PATCH), { reason: 'connection', maybeApplied: true });
  await assert.rejects(client.getAgent('A1'), { reason: 'connection', maybeApplied: false });
});

test('a PATCH that found nobody listening was not applied', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(connect(t, `http://127.0.0.1:${port}`).patchAgentSkills('A1', PATCH), {
    name: 'PlatformUnreachableError',
    networkCode: 'ECONNREFUSED',
    maybeApplied: false,
  });
});

test('what beforeSend throws stops the request, and nothing is sent', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, AGENT);
  });
  const client = connect(t, double.url);
  const stop = new Error('stopped for too long');
  const beforeSend = () => {
    throw stop;
  };
  await assert.rejects(client.patchAgentSkills('A1', PATCH, { beforeSend }), stop);
  await assert.rejects(client.setState('A1', 'AVAILABLE', undefined, { beforeSend }), stop);
  await client.patchAgentSkills('A1', PATCH);
  assert.equal(double.to('PATCH /api/v2/agents/A1').length, 1);
  assert.equal(double.to('PATCH /api/v2/supervisor/agents/A1/state').length, 0);
});

test('beforeSend is asked again when a 401 makes the request go out twice', async (t) => {
  let requests = 0;
  const double = await startDouble(t, (_request, response) => {
    requests += 1;
    if (requests === 1) response.writeHead(401).end();
    else answerJson(response, 200, AGENT);
  });
  let asked = 0;
  await connect(t, double.url).patchAgentSkills('A1', PATCH, {
    beforeSend: () => {
      asked += 1;
      assert.equal(requests, asked - 1, 'before the bytes are written');
    },
  });
  assert.equal(asked, 2);
});

test('an abort before sending is not applied, one after it may be', async (t) => {
  const arrived = gate();
  const double = await startDouble(t, () => {
    arrived.open();
  });
  const client = connect(t, double.url);
  await assert.rejects(client.patchAgentSkills('A1', PATCH, { signal: AbortSignal.abort() }), {
    reason: 'aborted',
    maybeApplied: false,
  });
  const abort = new AbortController();
  const sent = client.patchAgentSkills('A1', PATCH, { signal: abort.signal });
  await arrived.opened;
  abort.abort();
  await assert.rejects(sent, { reason: 'aborted', maybeApplied: true });
  assert.equal(double.to('PATCH /api/v2/agents/A1').length, 1);
});

test('an agent who answers slowly does not hold up the others', async (t) => {
  const slow = gate();
  const double = await startDouble(t, ({ path }, response) => {
    const agentId = path.split('/')[5];
    const answer = () => {
      answerJson(response, 200, { agentId, currentState: 'AVAILABLE' });
    };
    if (agentId?.startsWith('SLOW')) void slow.opened.then(answer);
    else answer();
  });
  const client = connect(t, double.url);
  const waiting = Array.from({ length: 60 }, (_, n) => client.getState(`SLOW-${n}`));
  await client.getState('QUICK');
  slow.open();
  await Promise.all(waiting);
});

test('a closed client says so', async (t) => {
  const double = await startDouble(t, () => {});
  const client = connect(t, double.url);
  await client.checkScopes();
  await client.close();
  await assert.rejects(client.patchAgentSkills('A1', PATCH), (error) => {
    return error instanceof PlatformUnreachableError && error.reason === 'closed' && !error.maybeApplied;
  });
});

test('every request, tokens too, names the program and asks for plain JSON', async (t) => {
  const double = await startDouble(t, (_request, response) => {
    answerJson(response, 200, AGENT, { etag: '"1"' });
  });
  await connect(t, double.url).getAgent('A1');
  assert.equal(double.seen.length, 2);
  for (const { headers } of double.seen) {
    assert.equal(headers['user-agent'], 'skill-provisioner/test (unit)');
    assert.equal(headers['accept-encoding'], 'identity');
  }
});

test('the path of the base URL goes before every path', async (t) => {
  const double = await startDouble(t, ({ method }, response) => {
    if (method === 'POST') answerToken(response, 1);
    else answerJson(response, 200, AGENT, { etag: '"1"' });
  });
  await connect(t, `${double.url}/gateway/cx/`).getAgent('A1');
  const paths = double.seen.map(({ path }) => path);
  assert.deepEqual(paths, ['/gateway/cx/oauth/token', '/gateway/cx/api/v2/agents/A1']);
});
