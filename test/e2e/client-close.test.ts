import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProvisioningClient } from '../../client/index.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { startFaultyNetwork } from '../support/faulty-network.ts';
import { temporalAddress, uniqueName } from '../support/temporal.ts';

test('a client that is closed during an outage does not bring its process down', async (t) => {
  const network = await startFaultyNetwork(await temporalAddress());
  t.after(() => network.close());
  const connection = { address: network.address };
  const client = createProvisioningClient({ temporal: { connection, namespace: 'default' }, tenantId: DEMO_TENANT_ID });
  assert.equal((await client.status(uniqueName('agent'))).state, 'None');
  network.cut();
  // Each call is tried again and again; what a retry throws would fail this test as an uncaught error.
  const asked = Array.from({ length: 20 }, () => client.status(uniqueName('agent')));
  await new Promise(setImmediate);
  await client.close();
  const answers = await Promise.allSettled(asked);
  assert.ok(answers.every(({ status }) => status === 'rejected'));
});
