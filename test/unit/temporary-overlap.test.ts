import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clashing } from '../../client/temporary-overlap.ts';
import type { TemporaryView } from '../../client/index.ts';

const present: TemporaryView = {
  temporaryId: 'present',
  agentId: '4711',
  skill: { name: 'Billing', skillGroup: 'Voice' },
  level: 4,
  from: '2027-01-01T13:00:00Z',
  until: '2027-01-01T15:00:00Z',
  requestedBy: 'j.doe',
  reason: 'peak hours',
  state: 'Scheduled',
  since: '2026-11-23T12:00:00Z',
  workflowId: 'temporary/acme/4711/present',
  runId: 'run-1',
};
const wanted = { ...present, temporaryId: 'wanted' };

function clashes(change: Partial<TemporaryView>, other: Partial<TemporaryView> = {}): boolean {
  return clashing({ ...wanted, ...change }, [{ ...present, ...other }]) !== undefined;
}

test('two periods of one skill must not meet, nor follow each other within a minute', () => {
  assert.ok(clashes({}));
  assert.ok(clashes({ from: '2027-01-01T14:00:00Z', until: '2027-01-01T16:00:00Z' }));
  assert.ok(clashes({ from: '2027-01-01T12:00:00Z', until: '2027-01-01T17:00:00Z' }));
  assert.ok(clashes({ from: '2027-01-01T15:00:00Z', until: '2027-01-01T16:00:00Z' }));
  assert.ok(!clashes({ from: '2027-01-01T15:01:00Z', until: '2027-01-01T16:00:00Z' }));
  assert.ok(!clashes({ from: '2027-01-01T12:00:00Z', until: '2027-01-01T12:59:00Z' }));
  assert.ok(!clashes({ temporaryId: 'present' }), 'one does not meet itself');
});

test('one that is over, or is being taken back, stands in nobody else’s way', () => {
  assert.ok(clashes({}, { state: 'Active' }));
  assert.ok(clashes({}, { state: 'Starting' }));
  for (const state of ['Ending', 'Ended', 'Terminated'] as const) assert.ok(!clashes({}, { state }), state);
});

test('a skill is the same by id, or else by name in groups that may be one', () => {
  const start = {
    requestId: 'present-start',
    status: 'provisioned' as const,
    changes: [{ skillId: 's-1', name: 'Billing', requestedLevel: 4 }],
    toggles: 1,
    conflicts: 0,
  };
  assert.ok(clashes({ skill: { name: 'Billing' } }));
  assert.ok(!clashes({ skill: { name: 'Billing', skillGroup: 'Chat' } }));
  assert.ok(!clashes({ skill: { skillId: 's-1' } }), 'nothing says yet that it is the same');
  assert.ok(clashes({ skill: { skillId: 's-1' } }, { state: 'Active', start }));
  assert.ok(!clashes({ skill: { skillId: 's-2', name: 'Billing' } }, { state: 'Active', start }));
});
