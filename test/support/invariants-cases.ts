import assert from 'node:assert/strict';
import type { LedgerEntry } from '../../simulator/index.ts';
import { checkInvariants, type InvariantInput, type InvariantName } from './invariants.ts';
import { Story } from './invariants-story.ts';

/** What the stories' request asks for, unless they say otherwise. */
export const WISH = [{ skillId: 's1', level: 4 }];
/** Somebody else's wish. */
export const OTHER = [{ skillId: 's2', level: 1 }];
/** The removal of what the agent had at first. */
export const REMOVAL = [{ skillId: 's0', level: 0 }];

/** A story with one request, up to the first write. */
export function asking(requestId = 'q1', { skillId, level } = { skillId: 's1', level: 4 }): Story {
  const story = new Story();
  ask(story, requestId, { skillId, level });
  story.call('token');
  story.prepare();
  return story;
}

/** Adds a request for one skill. */
export function ask(story: Story, requestId: string, { skillId, level }: { skillId: string; level: number }): void {
  const skill = { skillId };
  story.request(requestId, [level === 0 ? { action: 'remove', skill } : { action: 'assign', skill, level }]);
}

/** From the toggle to the outcome. */
export function finish(story: Story, requestId = 'q1', wishes = WISH): InvariantInput {
  story.call('getState');
  story.toggle();
  story.call('getRouting');
  story.end(requestId, wishes);
  return story.input();
}

/** A story up to a write in which nothing went wrong. */
export function clean(): Story {
  const story = asking();
  story.intent('q1', WISH);
  story.patch(WISH);
  return story;
}

/** What one invariant has against a run. */
export function violationsOf(name: InvariantName, input: InvariantInput): string[] {
  return checkInvariants(input)[name].violations;
}

/** Fails unless the invariant has something against the run that reads so. */
export function caught(name: InvariantName, input: InvariantInput, violation: RegExp): void {
  assert.match(violationsOf(name, input).join('\n'), violation);
}

/** Fails if the invariant is violated, or was put to the test by fewer cases. */
export function holds(name: InvariantName, input: InvariantInput, cases = 1): void {
  const verdict = checkInvariants(input)[name];
  assert.deepEqual(verdict.violations, []);
  assert.ok(verdict.cases >= cases, `${name} was exercised by ${verdict.cases} cases`);
}

/** Replaces fields of the entry that a call of the story gave. */
export function alter(entry: LedgerEntry, fields: Partial<LedgerEntry>): void {
  Object.assign(entry, fields);
}
