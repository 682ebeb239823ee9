import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOfSettlement, settlementDocument } from '../../client/cli/documents.ts';
import { exitCodeOfOutcome, exitCodeOfProblem } from '../../client/cli/exit-codes.ts';
import * as library from '../../client/index.ts';
import type { OutcomeStatus } from '../../domain/outcome.ts';

test('each outcome has the exit code that scripts rely on', () => {
  const expected: Record<OutcomeStatus, number> = {
    provisioned: 0,
    unchanged: 0,
    accepted: 0,
    rejected: 3,
    failed: 5,
    cancelled: 5,
    abandoned: 5,
    'rolled-back': 5,
  };
  for (const [status, code] of Object.entries(expected)) assert.equal(exitCodeOfOutcome(status as OutcomeStatus), code);
});

test('each problem has the exit code that scripts rely on', () => {
  const expected = {
    'invalid-arguments': 2,
    'invalid-configuration': 2,
    'invalid-request': 2,
    'invalid-file': 2,
    'bulk-id-reused': 2,
    'request-id-reused': 2,
    'several-parked': 2,
    'several-open': 2,
    'nothing-to-reconcile': 3,
    'nothing-to-cancel': 3,
    'unknown-request': 3,
    'unknown-bulk': 3,
    'bulk-closed': 3,
    'queue-full': 3,
    'unknown-temporary': 3,
    'temporary-not-changed': 3,
    'overlapping-temporary': 3,
    'state-refused': 3,
    'agents-changed': 3,
    'agents-unread': 3,
    'reading-refused': 3,
    'not-applied': 3,
    'unknown-watch': 3,
    'run-terminated': 5,
    'temporal-unreachable': 6,
    'payload-refused': 6,
    'not-accepted': 7,
    'no-worker': 7,
    'still-running': 7,
    interrupted: 7,
  };
  for (const [code, exit] of Object.entries(expected)) assert.equal(exitCodeOfProblem(code), exit, code);
});

test('every error of the library has an exit code of its own kind', () => {
  const ids = { agentId: 'a', requestId: 'r', workflowId: 'w' };
  const errors = [
    new library.InvalidRequestError([]),
    new library.RequestIdReusedError('a', 'r'),
    new library.NotAcceptedError('m', { stored: false, workflowId: 'w', taskQueue: 'q' }),
    new library.NoWorkerError('q', 'w'),
    new library.StillRunningError(undefined, ids),
    new library.WaitAbortedError(ids),
    new library.TemporalUnreachableError('h:1', 'default', new Error('no')),
    new library.NothingToReconcileError('m'),
    new library.NothingToCancelError('m'),
    new library.SeveralRequestsError('several-parked', 'a', ['r']),
    new library.UnknownRequestError('a', 'r'),
    new library.RunTerminatedError('a', 'w', 'was terminated'),
    new library.QueueFullError('a'),
    new library.UnknownTemporaryError('a', 't'),
    new library.TemporaryNotChangedError('a', 't', 'It is over.'),
    new library.OverlappingTemporaryError('a', 't', { temporaryId: 'o', until: '2026-11-23T17:00:00Z' }),
    new library.UnknownBulkError('b'),
    new library.BulkIdReusedError('b'),
    new library.BulkClosedError('b'),
    new library.StateRefusedError([]),
    new library.AgentsChangedError(['a']),
    new library.AgentsUnreadError(['a']),
    new library.ReadingRefusedError('m'),
    new library.ReadingStoppedError(),
    new library.NotAppliedError('m'),
    new library.UnknownWatchError('n'),
    new library.PayloadRefusedError('no-keys', 'm', {}),
  ];
  const exported = Object.values(library).filter(
    (value) => typeof value === 'function' && value.prototype instanceof library.ProvisioningError,
  );
  assert.equal(new Set(errors.map(({ constructor }) => constructor)).size, exported.length);
  for (const error of errors) assert.notEqual(exitCodeOfProblem(error.code), 1, error.code);
});

test('an error nobody foresaw is told apart from every other', () => {
  assert.equal(exitCodeOfProblem('unexpected'), 1);
});

test('a request that waits for a person has an exit code and a status of its own', () => {
  const parked = {
    kind: 'parked',
    workflowId: 'w',
    runId: 'r',
    requestId: 'q',
    reason: 'conflict-limit',
  } as const;
  assert.equal(exitCodeOfSettlement(parked), 4);
  assert.deepEqual(settlementDocument(parked), {
    status: 'awaiting-reconciliation',
    workflowId: 'w',
    runId: 'r',
    requestId: 'q',
    reason: 'conflict-limit',
  });
});

test('the document of a request that ended is its outcome with the run it ended in', () => {
  const outcome = { requestId: 'q', status: 'unchanged', changes: [], toggles: 0, conflicts: 0 } as const;
  const ended = { kind: 'ended' as const, workflowId: 'w', runId: 'r', outcome: { ...outcome, changes: [] } };
  assert.deepEqual(settlementDocument(ended), { ...outcome, workflowId: 'w', runId: 'r' });
});
