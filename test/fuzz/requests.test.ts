import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCancelOrder, parseReconcileOrder } from '../../client/order.schema.ts';
import type { ProvisionRequest } from '../../domain/request.ts';
import { parseRequest } from '../../domain/request.schema.ts';
import { packRequests } from '../../workflows/carried-state.ts';
import { checkCancelOrder, checkReconcileOrder, checkRequest, type Checked } from '../../workflows/check-input.ts';
import { outcomeOf } from '../../workflows/open-request.ts';
import { RequestQueue } from '../../workflows/request-queue.ts';
import { anyDocument, nearValid } from './near-valid.ts';
import { hasOnly, isFields, isIdOf, isLine, isRequest } from './oracle.ts';

const REQUESTS = [
  {
    requestId: 'r-1',
    tenantId: 'acme',
    agentId: 'agent-1',
    changes: [
      { action: 'assign', skill: { name: 'Voice', skillGroup: 'Berlin' }, level: 3.7 },
      { action: 'remove', skill: { skillId: 'sk_2.x', name: 'Chat' }, expectedLevel: 2 },
    ],
    requestedBy: 'ops@example.com',
    reason: 'on call',
    ticket: 'T-1',
    policy: { conflictWait: '1s', toggleLimit: 2, toggleGap: '1.5s', conflictLimit: 5, idleLimit: '8 hours' },
    notifyWorkflowId: 'move/1',
  },
  {
    requestId: 'r-2',
    tenantId: 'acme',
    agentId: '4711',
    changes: [{ action: 'assign', skill: { skillId: 's-1' }, level: 5 }],
    requestedBy: 'ops',
    reason: 'r',
  },
];
const ORDER = { requestId: 'r-1', operator: 'kim', by: 'kim', note: 'the lock is gone', action: 'retry' };
const document = fc.oneof({ weight: 8, arbitrary: nearValid(REQUESTS) }, anyDocument);
const actions: unknown[] = ['retry', 'accept', 'rollback', 'abandon'];
const order = fc.oneof({ weight: 8, arbitrary: nearValid([ORDER, orderOf('operator'), orderOf('by')]) }, anyDocument);

test('a request is accepted exactly if the rules allow it, and a refused one is told why', () => {
  let accepted = 0;
  fc.assert(
    fc.property(document, (value) => {
      const parsed = parseRequest(value);
      assert.equal(parsed.ok, isRequest(value));
      accepted += parsed.ok ? 1 : 0;
      if (parsed.ok) assert.deepEqual(parsed.request, value);
      else assertProblems(parsed.problems);
    }),
    { numRuns: 1_000 },
  );
  assert.ok(accepted > 50, `only ${accepted} were near enough`);
});

test('what a program passes that is no JSON at all is refused, not a crash', () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const alien = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true, withNullPrototype: true }),
    fc.constantFrom<unknown>(Symbol('s'), () => 1, 5n, cyclic, new Date(0), NaN, Infinity, new Proxy({}, {})),
  );
  const place = fc.constantFrom(
    ['requestId'],
    ['changes'],
    ['changes', '0', 'level'],
    ['changes', '0', 'skill'],
    ['policy'],
  );
  fc.assert(
    fc.property(alien, place, (value, path) => {
      assert.equal(parseRequest(value).ok, false);
      const request = structuredClone(REQUESTS[1]) as unknown as Record<string, unknown>;
      const last = path.at(-1) ?? '';
      const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], request);
      Object.assign(parent as object, { [last]: value });
      const parsed = parseRequest(request);
      if (!parsed.ok) assertProblems(parsed.problems);
    }),
    { numRuns: 300 },
  );
});

test('a run is never stopped by its own argument: it takes it or says what is wrong', () => {
  let taken = 0;
  fc.assert(
    fc.property(document, (value) => {
      const checked = checkRequest(value);
      if (!checked.ok) {
        assertExplained(checked);
        assert.ok(!isRequest(value), 'what the rules allow is taken');
        return;
      }
      taken += 1;
      const queue = new RequestQueue();
      assert.equal(queue.admit(checked.value, 0), 'accepted');
      assert.equal(queue.judge(checked.value), 'known');
      const carried = JSON.parse(
        JSON.stringify({ ...packRequests(queue.open), outcomes: [], unlisted: [] }),
      ) as unknown;
      const [entry] = new RequestQueue(carried as ConstructorParameters<typeof RequestQueue>[0]).nextBatch();
      if (entry === undefined) assert.fail('it was lost on the way');
      assert.equal(outcomeOf(entry, { status: 'rejected', time: '' }).requestId, (value as ProvisionRequest).requestId);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(taken > 100, `only ${taken} were near enough`);
});

test('an order is taken exactly if the rules allow it, by the client and by the run', () => {
  let taken = 0;
  fc.assert(
    fc.property(order, (value) => {
      const texts = (names: string[]) => isFields(value) && names.every((name) => isShort(value[name]));
      const mayName = isFields(value) && (value['requestId'] === undefined || isShort(value['requestId']));
      const isAction = isFields(value) && actions.includes(value['action']);
      const reconcile = checkReconcileOrder(value);
      assert.equal(reconcile.ok, texts(['operator', 'note']) && mayName && isAction);
      const cancel = checkCancelOrder(value);
      assert.equal(cancel.ok, texts(['by', 'note']) && mayName);
      for (const result of [reconcile, cancel]) if (!result.ok) assertExplained(result);
      taken += reconcile.ok ? 1 : 0;
      const addressed = isFields(value) ? { agentId: 'a-1', ...value } : value;
      const byClient = parseReconcileOrder(addressed);
      assert.equal(byClient.ok, isClientOrder(addressed, 'operator', ['action']) && isAction);
      if (byClient.ok) assert.ok(reconcile.ok, 'what the client lets through the run takes');
      const cancelled = parseCancelOrder(addressed);
      assert.equal(cancelled.ok, isClientOrder(addressed, 'by', []));
      for (const result of [byClient, cancelled]) if (!result.ok) assertProblems(result.problems);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(taken > 100, `only ${taken} were near enough`);
});

function orderOf(who: 'operator' | 'by'): object {
  return who === 'operator'
    ? { requestId: 'r-1', operator: 'kim', note: 'n', action: 'accept' }
    : { requestId: 'r-1', by: 'kim', note: 'n' };
}

function isClientOrder(value: unknown, who: string, more: string[]): boolean {
  if (!isFields(value) || !hasOnly(value, ['agentId', who, 'note', ...more], ['requestId'])) return false;
  const { agentId, requestId, note } = value;
  const isAgent = isIdOf(agentId, 64, '-') && !agentId.startsWith('-');
  return (
    isAgent && (requestId === undefined || isIdOf(requestId, 64, '_-')) && isLine(value[who], 200) && isLine(note, 500)
  );
}

function isShort(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 500;
}

function assertProblems(problems: readonly { path: string; message: string }[]): void {
  assert.ok(problems.length > 0);
  for (const { path, message } of problems) assert.ok(typeof path === 'string' && message !== '', message);
}

function assertExplained(checked: Checked<unknown>): void {
  assert.ok(!checked.ok && checked.problem.length > 10 && checked.problem.length < 20_000);
}
