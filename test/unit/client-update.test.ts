import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, ServiceError } from '@temporalio/client';
import { createTemporalLink, GRPC } from '../../client/temporal-link.ts';
import { sendUpdate, type UpdateAnswer } from '../../client/update.ts';

/** Never connects: what an update does is decided by the error alone. */
const link = createTemporalLink(new Client());

function answerTo(code: number): Promise<UpdateAnswer<never>> {
  // As grpc-js makes them.
  const cause = Object.assign(new Error('from the server'), { code, details: 'from the server', metadata: {} });
  return sendUpdate(link, Date.now() + 1_000, () =>
    Promise.reject(new ServiceError('Workflow Update failed', { cause })),
  );
}

test('an update to a run whose tasks fail is sent again, as one of the next may take it', async () => {
  assert.deepEqual(await answerTo(GRPC.failedPrecondition), { kind: 'no-answer' });
});

test('an update that the server turns away is told from one that nobody answered', async () => {
  assert.deepEqual(await answerTo(GRPC.resourceExhausted), { kind: 'busy' });
  assert.deepEqual(await answerTo(GRPC.aborted), { kind: 'run-closed', accepted: false });
  assert.deepEqual(await answerTo(GRPC.cancelled), { kind: 'no-answer' });
});

test('an error that means no such thing comes through', async () => {
  await assert.rejects(answerTo(GRPC.invalidArgument), ServiceError);
});
