import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_CHANGES } from '../../domain/request.ts';
import type { RememberedOutcome } from '../../domain/outcome.ts';
import { packRequests } from '../../workflows/carried-state.ts';
import { openRequest } from '../../workflows/open-request.ts';
import { isEntangled, RequestQueue } from '../../workflows/request-queue.ts';
import { inventory, largeRequest, request, resolve, skillIdOf } from './arbitraries.ts';
import { queueCommands } from './queue-commands.ts';
import { newModel, newQueue } from './queue-model.ts';

test('whatever happens, no request is lost, taken in twice, or overtaken by a later one for its skill', () => {
  fc.assert(
    fc.property(fc.commands(queueCommands, { maxCommands: 60, size: 'max' }), (commands) => {
      fc.modelRun(() => ({ model: newModel(), real: newQueue() }), commands);
    }),
    { numRuns: 300 },
  );
});

test('once ids are known, requests go together exactly if they mean different skills', () => {
  fc.assert(
    fc.property(fc.uniqueArray(request, { selector: (r) => r.requestId, minLength: 2, maxLength: 2 }), (pair) => {
      const queue = new RequestQueue();
      for (const { policy: _policy, ...given } of pair) queue.admit(given, 0);
      for (const { request: given, progress } of queue.open) progress.resolved = given.changes.map(resolve);
      const [one = [], other = []] = pair.map(({ changes }) => changes.map(({ skill }) => skillIdOf(skill)));
      const apart = one.every((skillId) => !other.includes(skillId));
      assert.equal(queue.nextBatch().length, apart ? 2 : 1);
    }),
  );
});

test('a batch is as large as one PATCH may be, and not larger', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: MAX_CHANGES }), { minLength: 2, maxLength: 6 }), (sizes) => {
      const queue = new RequestQueue();
      for (const [index, size] of sizes.entries()) queue.admit(largeRequest(`r${index}`, size), 0);
      let room = MAX_CHANGES;
      const fitting = sizes.flatMap((size, index) => {
        if (size > room) return [];
        room -= size;
        return [`r${index}`];
      });
      assert.deepEqual(
        queue.nextBatch().map(({ request: given }) => given.requestId),
        fitting,
      );
    }),
  );
});

test('a run takes in requests until what it hands on would come near the limit of 2 MB, and says so then', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: MAX_CHANGES }), fc.integer({ min: 1, max: 400 }), (size, words) => {
      const queue = new RequestQueue();
      const sized = (id: number) => {
        return { ...largeRequest(`r${String(id).padStart(6, '0')}`, size), reason: 'x'.repeat(words) };
      };
      let admitted = 0;
      while (queue.judge(sized(admitted)) === 'accepted') {
        assert.equal(queue.admit(sized(admitted), 0), 'accepted');
        admitted += 1;
      }
      assert.equal(queue.admit(sized(admitted), 0), 'full');
      assert.equal(queue.open.length, admitted, 'what is refused is not kept');
      const chars = queue.open.reduce((sum, { request: given }) => sum + JSON.stringify(given).length, 0);
      const next = JSON.stringify(sized(admitted)).length;
      assert.ok(chars <= 700_000 && chars + next > 700_000, `${chars} characters`);
      assert.equal(queue.admit(sized(0), 0), 'known', 'a repeated one is recognised all the same');
      const carried = { ...packRequests(queue.open), outcomes: [], unlisted: [] };
      assert.equal(new RequestQueue(carried).judge(sized(admitted)), 'full', 'for the next run too');
      const [first] = queue.open;
      if (first === undefined) assert.fail('none was taken in');
      queue.end(first, { status: 'cancelled', time: '' });
      assert.equal(queue.judge(sized(admitted)), 'accepted', 'room is free again');
    }),
    { numRuns: 8 },
  );
});

test('of ended requests the newest are remembered: 500, or as many as half a megabyte takes', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(10, 900, 3_000), { minLength: 520, maxLength: 700 }), (sizes) => {
      const all = sizes.map((size, index) => rememberedOutcome(`r${index}`, size));
      const half = Math.floor(all.length / 2);
      let queue = new RequestQueue();
      for (const outcome of all.slice(0, half)) queue.remember(outcome);
      queue = new RequestQueue({ open: [], inventories: [], outcomes: [...queue.outcomes], unlisted: [] });
      for (const outcome of all.slice(half)) queue.remember(outcome);
      const kept = queue.outcomes;
      assert.deepEqual(kept, all.slice(all.length - kept.length));
      assert.ok(kept.length <= 500);
      const chars = JSON.stringify(kept).length;
      // Commas and brackets are not counted one by one.
      assert.ok(chars <= 501_000, `${chars} characters`);
      assert.ok(kept.length === 500 || chars > 495_000, `${kept.length} outcomes in ${chars} characters`);
    }),
    { numRuns: 20 },
  );
});

test('what open requests have read goes to the next run once, however many have read the same', () => {
  const readings = fc.record(
    { before: inventory, after: inventory, written: inventory, routing: inventory },
    { requiredKeys: [], noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(readings, { maxLength: 8 }), (all) => {
      const open = all.map((read, index) => {
        const entry = openRequest(largeRequest(`r${index}`, 1), 'digest', 0);
        Object.assign(entry.progress, read);
        return entry;
      });
      const packed = packRequests(open);
      const different = new Set(all.flatMap((read) => Object.values(read)).map((skills) => JSON.stringify(skills)));
      assert.equal(packed.inventories.length, different.size);
      const carried = { ...packed, outcomes: [], unlisted: [] };
      const restored = new RequestQueue(JSON.parse(JSON.stringify(carried)) as typeof carried);
      assert.deepEqual(restored.open, open);
      const older = JSON.parse(JSON.stringify({ open, outcomes: [], unlisted: [] })) as typeof carried;
      assert.deepEqual(new RequestQueue(older).open, open, 'a run of the first version put them into each request');
    }),
  );
});

test('only what nothing was done for can end without a look at the agent', () => {
  fc.assert(
    fc.property(fc.constantFrom('no' as const, 'maybe' as const, 'yes' as const), fc.boolean(), (wrote, agentOut) => {
      const { progress } = openRequest(largeRequest('r1', 1), 'digest', 0);
      assert.equal(isEntangled(progress), false);
      assert.equal(isEntangled({ ...progress, wrote, agentOut }), wrote !== 'no' || agentOut);
    }),
  );
});

function rememberedOutcome(requestId: string, size: number): RememberedOutcome {
  return {
    requestId,
    status: 'provisioned',
    changes: [],
    toggles: 1,
    conflicts: 0,
    problem: { code: 'x', message: 'x'.repeat(size) },
    digest: 'd',
    endedAt: '2026-11-20T12:00:00.000Z',
  };
}
