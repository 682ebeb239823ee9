import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  type Answerer,
  ALL_SCOPES,
  answerJson,
  answerToken,
  connect,
  jwt,
  SECRET,
  startDouble,
} from '../support/cxone-double.ts';

const TOKEN = jwt({ scope: ALL_SCOPES, n: 1 });
const BODY = 'text-of-the-platform';

function assertClean(value: unknown, where: string): void {
  const shown = inspect(value, { depth: 10, showHidden: true }) + JSON.stringify(value);
  for (const secret of [SECRET, TOKEN, 'client-1', BODY]) assert.ok(!shown.includes(secret), `${where}: ${shown}`);
}

test('no error and no client shows a secret, a token or a text of the platform', async (t) => {
  const echo = { error: 'no such code', message: `${BODY} ${SECRET}` };
  const failures: Answerer[] = [
    (_request, response) => {
      answerJson(response, 400, echo, { 'x-echo': SECRET });
    },
    (_request, response) => {
      answerJson(response, 500, echo);
    },
    (_request, response) => {
      answerJson(response, 200, { ...echo, agentId: BODY, skills: BODY });
    },
    (_request, response) => response.writeHead(200).end(`{"a": ${BODY}`),
    (_request, response) => response.writeHead(302, { location: `https://${SECRET}/` }).end(),
    (_request, response) => response.writeHead(200, { 'content-length': '9' }).write(BODY[0], () => response.destroy()),
    (_request, response) => response.destroy(),
    (_request, response) => response.socket?.end(`HTTP/1.1 ${BODY}\r\n\r\n`),
  ];
  let turn = 0;
  let tokensFail = false;
  const fail: Answerer = (request, response) => failures[turn]?.(request, response);
  const double = await startDouble(t, fail, (request, response) => {
    if (tokensFail) fail(request, response);
    else answerToken(response, 1);
  });
  for (tokensFail of [false, true]) {
    for (turn = 0; turn < failures.length; turn += 1) {
      const client = connect(t, double.url);
      const where = `${tokensFail ? 'token' : 'agent'} ${turn}`;
      await assert.rejects(client.getAgent('A1'), (error) => {
        assertClean(error, where);
        assert.equal((error as Error).cause, undefined);
        return true;
      });
      assertClean(client, where);
    }
  }
});

test('a secret that can not be read does not show what reading it threw', async (t) => {
  const double = await startDouble(t, () => {});
  const clientSecret = () => {
    throw new Error(`cannot parse ${SECRET}`);
  };
  await assert.rejects(connect(t, double.url, { clientSecret }).checkScopes(), (error) => {
    assertClean(error, 'secret');
    return (error as Error).name === 'ConfigurationError';
  });
  assert.equal(double.seen.length, 0);
});

test('what an answer repeats of a secret is not taken from it, whatever it looks like', async (t) => {
  const secret = 'a_secret_like_a_code';
  let token = '';
  const double = await startDouble(t, ({ method, path, headers }, response) => {
    token = headers.authorization?.slice('Bearer '.length) ?? '';
    const skills = [{ skillId: '7', level: 4, name: `of ${secret}` }];
    if (method === 'PATCH') answerJson(response, 403, { error: secret });
    else if (path.endsWith('/state')) answerJson(response, 200, { agentId: 'A1', currentState: 'BUSY', reason: token });
    else answerJson(response, 200, { agentId: 'A1', skills }, { etag: `"${path.endsWith('A1') ? secret : 1}"` });
  });
  const client = connect(t, double.url, { clientSecret: () => secret });
  const patch = { wishes: [{ skillId: '7', level: 4 }], etag: '"1"', idempotencyKey: 'A1_7_1' };
  await assert.rejects(client.patchAgentSkills('A1', patch), (error: Error & { code?: string }) => {
    return error.code === undefined && !error.message.includes(secret);
  });
  assert.deepEqual(await client.getState('A1'), { state: 'BUSY', reason: '[a secret]' });
  await assert.rejects(client.getAgent('A1'), /there is no usable ETag/);
  assert.ok(token.length > 100, 'a reason is cut to less than this token');
});
