import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkInvariants } from '../support/invariants.ts';
import { asking, caught, clean, holds, violationsOf, WISH } from '../support/invariants-cases.ts';
import { Story } from '../support/invariants-story.ts';

test('I7: a fourth toggle of one change is caught, a fresh allowance is not', () => {
  const story = clean();
  for (let toggles = 0; toggles < 4; toggles += 1) story.toggle();
  caught('I7', story.input(), /4 toggles for one change/);
  const retried = clean();
  for (let toggles = 0; toggles < 3; toggles += 1) retried.toggle();
  retried.record({ stage: 'event', requestId: 'q1', status: 'reconcile-retry' });
  for (let toggles = 0; toggles < 3; toggles += 1) retried.toggle();
  holds('I7', retried.input(), 6);
  const parked = clean();
  for (let toggles = 0; toggles < 2; toggles += 1) parked.toggle();
  parked.record({ stage: 'event', requestId: 'q1', status: 'parked' });
  for (let toggles = 0; toggles < 2; toggles += 1) parked.toggle();
  caught('I7', parked.input(), /4 toggles for one change/);
});

test('I7: a toggle under 500 ms is caught, measured in scaled time', () => {
  const story = clean();
  story.toggle(400);
  caught('I7', story.input(), /410\.0 ms between #6 and #7/);
  holds('I7', { ...story.input(), timeScale: 0.1 });
});

test('I7: an agent left out is caught, unless a person is told', () => {
  const story = clean();
  story.takeOut();
  caught('I7', story.input(), /#6 took the agent out and nothing put them back/);
  holds('I7', { ...story.input(), parked: [{ requestId: 'q1', reason: 'agent-not-restored' }] });
  story.state('NOTAVAILABLE', 'BREAK');
  holds('I7', story.input());
});

test('I7: an agent read as on a break and made AVAILABLE is caught', () => {
  const story = clean();
  story.state('NOTAVAILABLE', 'BREAK');
  story.call('getState');
  story.bringBack();
  caught('I7', story.input(), /#8 made the agent AVAILABLE, who was out by their own/);
});

test('I7: an agent who was out from the beginning and made AVAILABLE is caught', () => {
  const story = new Story();
  story.state('NOTAVAILABLE');
  story.prepare();
  story.bringBack();
  caught('I7', story.input(), /who was out by their own/);
});

test('I7: a break begun after the last reading is counted, not a violation', () => {
  const story = clean();
  story.takeOut();
  story.state('NOTAVAILABLE', 'BREAK');
  story.wait(500);
  story.bringBack();
  const { violations, knownLimits } = checkInvariants(story.input()).I7;
  assert.deepEqual([violations, knownLimits], [[], 1]);
});

test('I14: a write in another state, or without a reading of it, is caught', () => {
  const busy = asking();
  busy.state('CALL');
  busy.call('getState');
  busy.refused(WISH, 412);
  caught('I14', busy.input(), /#7 was sent in CALL/);
  const blind = new Story();
  blind.takeOut();
  caught('I14', blind.input(), /#1 was sent without a read of the state/);
});

test('I14: a call that begins after the reading, and putting back, hold', () => {
  const story = asking();
  story.state('CALL');
  story.refused(WISH, 412);
  holds('I14', story.input());
  const back = new Story();
  back.bringBack();
  assert.deepEqual(violationsOf('I14', back.input()), []);
});
