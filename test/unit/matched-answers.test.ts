import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SkillResolution } from '../../activities/contract.ts';
import type { SkillChange } from '../../domain/request.ts';
import { matchedAnswers } from '../../workflows/matched-answers.ts';

const change = (skillId: string): SkillChange => ({ action: 'assign', skill: { skillId }, level: 3 });
const answer = (skillId: string, asked?: SkillChange): SkillResolution => ({
  ok: true,
  skillId,
  targetLevel: 3,
  ageMs: 0,
  ...(asked === undefined ? {} : { asked }),
});
const namedAnswer = (skillId: string): SkillResolution => answer(skillId, change(skillId));

test('a request gets the answers about its own skills, whoever else was asked about', () => {
  const found = [namedAnswer('returns'), namedAnswer('voice')];
  assert.deepEqual(
    matchedAnswers(
      [
        [change('chat'), change('mail')],
        [change('returns'), change('voice')],
      ],
      found,
    ),
    [undefined, found],
  );
});

test('answers that do not name their question count only if there are as many as questions', () => {
  const found = [answer('chat'), answer('voice')];
  assert.deepEqual(matchedAnswers([[change('chat')], [change('voice')]], found), [[found[0]], [found[1]]]);
  assert.deepEqual(matchedAnswers([[change('chat'), change('mail')], [change('voice')]], found), [
    undefined,
    undefined,
  ]);
});
