import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProvisionRequest, SkillChange } from '../../domain/request.ts';
import { requestDigest } from '../../domain/request-digest.ts';
import { changes, plain, request } from './arbitraries.ts';

test('how a request is to be done, and the order of its fields, do not make it another one', () => {
  fc.assert(
    fc.property(request, (given) => {
      const shuffled = Object.fromEntries(Object.entries(given).reverse()) as unknown as ProvisionRequest;
      const again: ProvisionRequest = {
        ...shuffled,
        policy: { lockWait: '9s' },
        notifyWorkflowId: 'w',
        requestId: 'x',
      };
      assert.equal(requestDigest(again), requestDigest(given));
      const sent = JSON.parse(JSON.stringify(given)) as ProvisionRequest;
      assert.equal(requestDigest(sent), requestDigest(given), 'as JSON it is the same');
    }),
  );
});

test('whatever is asked otherwise, by another or for another reason, is another request', () => {
  const other = fc.constantFrom<(given: ProvisionRequest) => ProvisionRequest>(
    (given) => ({ ...given, tenantId: `${given.tenantId}x` }),
    (given) => ({ ...given, agentId: `${given.agentId}x` }),
    (given) => ({ ...given, requestedBy: `${given.requestedBy}x` }),
    (given) => ({ ...given, reason: `${given.reason}x` }),
    (given) => ({ ...given, ticket: 'T-1' }),
    (given) => ({ ...given, changes: [...given.changes, { action: 'remove', skill: { skillId: 'more' } }] }),
    (given) => ({ ...given, changes: given.changes.slice(1) }),
    (given) => ({ ...given, changes: given.changes.map(inverted) }),
    (given) => ({ ...given, changes: given.changes.map(renamed) }),
    (given) => ({ ...given, changes: given.changes.map((change) => ({ ...change, expectedLevel: 2 })) }),
  );
  fc.assert(
    fc.property(request, other, (given, change) => assert.notEqual(requestDigest(change(given)), requestDigest(given))),
  );
});

test('two lists of changes have one digest exactly if they are one list', () => {
  fc.assert(
    fc.property(request, changes, changes, (given, one, two) => {
      const [left, right] = [one, two].map((list) => requestDigest({ ...given, changes: list }));
      assert.equal(left === right, JSON.stringify(one.map(canonical)) === JSON.stringify(two.map(canonical)));
    }),
  );
});

test('a digest is the SHA-256 of what is asked, the same in every version', () => {
  const given: ProvisionRequest = {
    requestId: 'r1',
    tenantId: 'acme',
    agentId: 'a1',
    changes: [
      { action: 'assign', skill: { skillId: 's1', name: 'Voice' }, level: 3.5 },
      { action: 'remove', skill: { name: 'Chat', skillGroup: 'Berlin' } },
    ],
    requestedBy: 'ops',
    reason: 'Größe',
  };
  const text = '["acme","a1","ops","Größe",null,[["id","s1","Voice",3.5],["name","Chat","Berlin","remove"]]]';
  assert.equal(requestDigest(given), createHash('sha256').update(text).digest('hex'));
});

test('a name is not an id, and a group is not a name', () => {
  const texts = plain({ one: fc.string({ minLength: 1 }), two: fc.string({ minLength: 1 }) });
  fc.assert(
    fc.property(request, texts, (given, { one, two }) => {
      const skills = [{ skillId: one, name: two }, { name: one, skillGroup: two }, { skillId: one }, { name: one }];
      const digests = skills.map((skill) => requestDigest({ ...given, changes: [{ action: 'remove', skill }] }));
      assert.equal(new Set(digests).size, skills.length);
    }),
  );
});

function inverted(change: SkillChange): SkillChange {
  const { skill } = change;
  return change.action === 'remove' ? { action: 'assign', skill, level: 1 } : { action: 'remove', skill };
}

function renamed(change: SkillChange): SkillChange {
  const { skill } = change;
  return {
    ...change,
    skill: 'skillId' in skill ? { ...skill, skillId: `${skill.skillId}x` } : { name: `${skill.name}x` },
  };
}

function canonical(change: SkillChange): unknown {
  const { skillId, name, skillGroup } = change.skill as { skillId?: string; name?: string; skillGroup?: string };
  return [skillId ?? null, name ?? null, skillGroup ?? null, change.action === 'assign' ? change.level : 'remove'];
}
