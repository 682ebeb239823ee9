import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest } from '../../domain/request.schema.ts';
import type { TemporarySkill } from '../../domain/temporary-skill.ts';
import { endRequest } from '../../workflows/temporary-requests.ts';
import type { TemporaryRun } from '../../workflows/temporary-run.ts';

const temporary: TemporarySkill = {
  temporaryId: '0198a0b5-6a52-7c2e-9d4b-0f8a1c2e3d4f',
  tenantId: 'acme',
  agentId: '4711',
  skill: { skillId: 'voice' },
  level: 4,
  until: '2026-11-23T17:00:00+01:00',
  requestedBy: 'j.doe',
  reason: 'peak hours',
};
const former = { skillId: 'voice', previousLevel: 0, givenLevel: 4 };

function endOf(more: Partial<TemporarySkill>, order?: { by: string; note: string }) {
  const run = { temporary: { ...temporary, ...more }, workflowId: 'temporary/acme/4711/x', order };
  return parseRequest(endRequest(run as unknown as TemporaryRun, former));
}

test('a reason that is cut in the end request loses no half of a character', () => {
  for (const length of [436, 437, 438, 439, 440]) {
    const parsed = endOf({ reason: 'a'.repeat(length) + '😀😀' });
    assert.ok(parsed.ok, JSON.stringify(parsed));
    assert.ok(parsed.request.reason.length >= 499);
  }
});

test('an order that an older version took makes an end request that is taken', () => {
  const parsed = endOf({}, { by: '😀'.repeat(101), note: 'two\r\nlines \ud83d' });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  assert.equal(parsed.request.requestedBy, '😀'.repeat(100));
  assert.match(parsed.request.reason, /two {2}lines {2}$/);
});
