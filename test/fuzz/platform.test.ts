import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCxoneClient, type CxoneClient } from '../../cxone/client.ts';
import {
  ConfigurationError,
  PlatformRefusedError,
  PlatformUnreachableError,
  UnexpectedAnswerError,
} from '../../cxone/errors.ts';
import { SECRET } from '../support/cxone-double.ts';
import { anyDocument, nearValid } from './near-valid.ts';
import { isFields, isSkillId } from './oracle.ts';
import { answersLike, GOOD, textOf } from './platform-answers.ts';
import { httpAnswer, startRawPlatform } from './raw-platform.ts';

const DECLARED = [ConfigurationError, PlatformRefusedError, PlatformUnreachableError, UnexpectedAnswerError];
const PATCH = { wishes: [{ skillId: '7', level: 4 }], etag: '"1"', idempotencyKey: 'A1_7_1' };
const SCOPES = ['agents:edit', 'agents:view', 'skills:view', 'supervisor:control'];

interface Call {
  good: object;
  send: (client: CxoneClient) => Promise<unknown>;
  isGood: (value: unknown) => boolean;
  writes?: true;
}

const CALLS: Record<string, Call> = {
  getAgent: {
    good: GOOD.agent,
    send: (client) => client.getAgent('A1'),
    isGood: (value) => isAgent(value) && hasEtag(value, true),
  },
  patchAgent: {
    good: GOOD.agent,
    send: (client) => client.patchAgentSkills('A1', PATCH),
    isGood: (value) => isAgent(value) && hasEtag(value, false),
    writes: true,
  },
  getState: { good: GOOD.state, send: (client) => client.getState('A1'), isGood: isState },
  setState: {
    good: GOOD.state,
    send: (client) => client.setState('A1', 'NOTAVAILABLE', 'ADMINISTRATIVE'),
    isGood: (value) => value === undefined,
    writes: true,
  },
  getRouting: { good: GOOD.agent, send: (client) => client.getRoutingSkills('A1'), isGood: areLevels },
  listSkills: {
    good: GOOD.skills,
    send: (client) => client.listSkills(),
    isGood: (value) => Array.isArray(value) && value.every(isSkill),
  },
  getSkill: {
    good: GOOD.skill,
    send: (client) => client.getSkill('7'),
    isGood: (value) => isSkill(value) && areAllowed(value),
  },
  resolveByName: {
    good: GOOD.skills,
    send: (client) => client.resolveSkill({ name: 'Voice' }, 'assign'),
    isGood: isResolution,
  },
  resolveById: {
    good: GOOD.skill,
    send: (client) => client.resolveSkill({ skillId: '7' }, 'remove'),
    isGood: isResolution,
  },
};

for (const [name, { good, send, isGood, writes }] of Object.entries(CALLS)) {
  test(`${name}: whatever comes back is an answer of the known shape, or an error that is declared`, async (t) => {
    const platform = await startRawPlatform(t);
    await fc.assert(
      fc.asyncProperty(answersLike(good), async (answer) => {
        platform.answer = answer;
        platform.requests = 0;
        const result = await attempt(platform.url, send);
        if ('value' in result) {
          assert.ok(isGood(result.value), JSON.stringify(result.value));
          return;
        }
        assertDeclared(result.error);
        assert.ok(platform.requests <= 2, 'it was asked again and again');
        if (writes !== true || result.error instanceof ConfigurationError) return;
        const { status } = result.error as { status?: number };
        const isPlainNo = result.error instanceof PlatformRefusedError && status !== 408 && (status ?? 0) < 500;
        assert.equal(result.error.maybeApplied, platform.requests > 0 && !isPlainNo, result.error.message);
      }),
      { numRuns: 100 },
    );
  });
}

const token = { access_token: '', token_type: 'Bearer', expires_in: 3600 };
const claims = nearValid([{ scope: SCOPES.join(' '), n: 1 }, { scope: SCOPES }]);

test('a token is used exactly if it is one, lasts long enough and has every scope', async (t) => {
  const platform = await startRawPlatform(t);
  let used = 0;
  await fc.assert(
    fc.asyncProperty(claims, nearValid([token]), async (given, document) => {
      const accessToken = jwtOf(given);
      const isField = isFields(document) && document['access_token'] === '';
      const answer = isField ? { ...document, access_token: accessToken } : document;
      platform.token = httpAnswer(200, [], textOf(answer));
      const result = await attempt(platform.url, (client) => client.checkScopes());
      assert.equal('value' in result, isUsable(JSON.parse(textOf(answer))), textOf(answer).slice(0, 300));
      if ('value' in result) used += 1;
      else assertDeclared(result.error, accessToken);
    }),
    { numRuns: 150 },
  );
  assert.ok(used > 5, `only ${used} were near enough`);
});

test('whatever the token endpoint says, no more than a declared error comes of it, and no secret is told', async (t) => {
  const platform = await startRawPlatform(t);
  const payload = fc.oneof(
    fc.string(),
    anyDocument.map(textOf),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );
  const odd = payload.map((text) => {
    const accessToken = `h.${Buffer.from(text).toString('base64url')}.s`;
    return httpAnswer(200, [], JSON.stringify({ ...token, access_token: accessToken }));
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(odd, answersLike(token)), async (answer) => {
      platform.token = answer;
      const result = await attempt(platform.url, (client) => client.checkScopes());
      assert.ok('error' in result);
      assertDeclared(result.error);
      assert.equal(platform.requests, 0, 'nothing else was sent');
    }),
    { numRuns: 120 },
  );
});

type Declared = ConfigurationError | PlatformRefusedError | PlatformUnreachableError | UnexpectedAnswerError;

async function attempt(
  baseUrl: string,
  send: (client: CxoneClient) => Promise<unknown>,
): Promise<{ value: unknown } | { error: Declared }> {
  const options = { tenantId: 'acme', clientId: 'client-1', userAgent: 'fuzz', baseUrl, requestTimeoutMs: 5_000 };
  const client = createCxoneClient({ ...options, clientSecret: () => SECRET });
  try {
    return { value: await send(client) };
  } catch (error) {
    return { error: error as Declared };
  } finally {
    await client.close();
  }
}

function assertDeclared(error: Declared, secret = SECRET): void {
  assert.ok(
    DECLARED.some((kind) => error instanceof kind),
    `${error.name}: ${error.message}`,
  );
  assert.ok(!(error instanceof PlatformUnreachableError && error.reason === 'timeout'), 'it hung');
  assert.ok(error.message.length < 400 && !error.message.includes(SECRET) && !error.message.includes(secret));
}

function jwtOf(value: unknown): string {
  return `h.${Buffer.from(textOf(value)).toString('base64url')}.s`;
}

function isUsable(answer: unknown): boolean {
  if (!isFields(answer)) return false;
  const { access_token: value, token_type: type, expires_in: seconds } = answer;
  if (typeof value !== 'string' || value.length > 16_000 || typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    return false;
  if (typeof seconds !== 'number' || seconds <= 301) return false;
  try {
    const { scope } = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as { scope?: unknown };
    const granted: unknown[] = typeof scope === 'string' ? scope.split(/\s/) : Array.isArray(scope) ? scope : [];
    return SCOPES.every((needed) => granted.includes(needed)) && granted.every((text) => typeof text === 'string');
  } catch {
    return false;
  }
}

function areLevels(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const ids = value.map((skill: unknown) => (isFields(skill) && isSkillId(skill['skillId']) ? skill['skillId'] : ''));
  const levels = value.map((skill: { level?: unknown }) => skill.level);
  return (
    !ids.includes('') &&
    new Set(ids).size === ids.length &&
    levels.every((level) => [1, 2, 3, 4, 5].includes(level as number))
  );
}

function isAgent(value: unknown): boolean {
  return isFields(value) && areLevels(value['skills']);
}

function hasEtag(value: unknown, required: boolean): boolean {
  const { etag } = value as { etag?: unknown };
  return etag === undefined ? !required : typeof etag === 'string' && /^[\x21-\x7e]{1,256}$/.test(etag);
}

function isState(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { state, reason } = value;
  const isReason = reason === undefined || (typeof reason === 'string' && reason.length <= 100 && reason !== '');
  return typeof state === 'string' && /^[A-Za-z][\w -]{0,63}$/.test(state) && isReason;
}

function isSkill(value: unknown): boolean {
  return (
    isFields(value) &&
    isSkillId(value['skillId']) &&
    typeof value['name'] === 'string' &&
    typeof value['status'] === 'string'
  );
}

function areAllowed(value: unknown): boolean {
  const { allowedLevels } = value as { allowedLevels: unknown };
  return Array.isArray(allowedLevels) && allowedLevels.every((level) => [1, 2, 3, 4, 5].includes(level as number));
}

function isResolution(value: unknown): boolean {
  if (!isFields(value)) return false;
  if (value['ok'] === true) return isSkillId(value['skillId']) && areAllowed(value);
  const { problem } = value as { problem?: { code?: unknown; message?: unknown } };
  return typeof problem?.code === 'string' && typeof problem.message === 'string' && problem.message.length < 3_000;
}
