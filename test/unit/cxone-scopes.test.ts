import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError } from '../../cxone/errors.ts';
import { ALL_SCOPES, answerToken, connect, jwt, startDouble } from '../support/cxone-double.ts';

test('missing scopes are named, for a string and for a list', async (t) => {
  for (const scope of ['agents:view skills:view', ['agents:view', 'skills:view']]) {
    const double = await startDouble(
      t,
      () => {},
      (_request, response) => {
        answerToken(response, 1, { access_token: jwt({ scope }), scope: ALL_SCOPES });
      },
    );
    const client = connect(t, double.url);
    await assert.rejects(client.checkScopes(), (error) => {
      assert.ok(error instanceof ConfigurationError);
      assert.deepEqual(error.missingScopes, ['agents:edit', 'supervisor:control']);
      assert.match(error.message, /agents:edit, supervisor:control/);
      return true;
    });
    await assert.rejects(client.getState('A1'), ConfigurationError);
    assert.equal(double.to('GET /api/v2/supervisor/agents/A1/state').length, 0);
  }
});

test('a later token that lacks a scope is not used either', async (t) => {
  let issued = 0;
  const double = await startDouble(
    t,
    (_request, response) => {
      response.writeHead(401).end();
    },
    (_request, response) => {
      issued += 1;
      answerToken(response, issued, issued === 1 ? {} : { access_token: jwt({ scope: 'agents:view' }) });
    },
  );
  await assert.rejects(connect(t, double.url).getState('A1'), ConfigurationError);
  assert.equal(double.to('GET /api/v2/supervisor/agents/A1/state').length, 1);
});

test('a token that is no JWT is refused', async (t) => {
  for (const token of [
    'opaque',
    'a.b.c',
    `a.${Buffer.from('"x"').toString('base64url')}.c`,
    jwt({ scp: ALL_SCOPES }),
  ]) {
    const double = await startDouble(
      t,
      () => {},
      (_request, response) => {
        answerToken(response, 1, { access_token: token });
      },
    );
    await assert.rejects(connect(t, double.url).checkScopes(), ConfigurationError, token);
  }
});
