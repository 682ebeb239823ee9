import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { InvalidRequestError, createProvisioningClient, type NewRequest } from '../../client/index.ts';

// Nothing listens there: whatever got past the checks would fail as unreachable.
const NOWHERE = { namespace: 'default', connection: { address: '127.0.0.1:1' } };

test('a bad request is refused with all its problems before anything is sent', async (t) => {
  const client = connect(t);
  const request = {
    agentId: 'a/b',
    requestedBy: 'me',
    reason: 'why',
    changes: [{ action: 'assign', skill: { name: 'Billing' }, level: '4' }],
  } as unknown as NewRequest;
  await assert.rejects(client.submit(request), (error) => {
    assert.ok(error instanceof InvalidRequestError);
    assert.deepEqual(
      error.problems.map(({ path }) => path),
      ['agentId', 'changes.0.level'],
    );
    return true;
  });
});

test('ids that would break out of a query are refused', async (t) => {
  const client = connect(t);
  await assert.rejects(client.outcome('4711', "x' OR '1'='1"), InvalidRequestError);
  await assert.rejects(client.outcome("x' OR '1'='1", 'req-1'), InvalidRequestError);
  await assert.rejects(client.status('..'), InvalidRequestError);
  assert.throws(
    () => createProvisioningClient({ temporal: NOWHERE, tenantId: "acme' OR CxoneTenantId != '" }),
    InvalidRequestError,
  );
});

test('an order without a name or a note is refused, because it goes into the audit trail', async (t) => {
  const client = connect(t);
  await assert.rejects(client.cancel({ agentId: '4711', by: ' ', note: 'x' }), InvalidRequestError);
  await assert.rejects(
    client.reconcile({ agentId: '4711', action: 'retry', operator: 'me', note: 'two\nlines' }),
    InvalidRequestError,
  );
});

test('a policy for new requests is held to the same limits as one inside a request', async (t) => {
  const client = createProvisioningClient({ temporal: NOWHERE, tenantId: 'acme', policy: { toggleGap: '100ms' } });
  t.after(() => client.close());
  const request: NewRequest = {
    agentId: '4711',
    requestedBy: 'me',
    reason: 'why',
    changes: [{ action: 'remove', skill: { skillId: 's-1' } }],
  };
  await assert.rejects(client.submit(request), /policy\.toggleGap must be a duration/);
});

function connect(t: TestContext) {
  const client = createProvisioningClient({ temporal: NOWHERE, tenantId: 'acme' });
  t.after(() => client.close());
  return client;
}
