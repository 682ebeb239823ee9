import { z } from 'zod';
import { wording } from './field-problem.ts';
import { agentIdText, closed, skillIdText, text } from './request.schema.ts';
import { MAX_LEVEL, MIN_LEVEL } from './skill-level.ts';

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const name = z
  .string()
  .regex(NAME_PATTERN, { error: "must be up to 64 letters, digits, '_', '.' or '-', the first a letter or digit" });
const level = z
  .int({ error: `must be a whole number from ${MIN_LEVEL} to ${MAX_LEVEL}` })
  .min(MIN_LEVEL, { error: `must be a whole number from ${MIN_LEVEL} to ${MAX_LEVEL}` })
  .max(MAX_LEVEL, { error: `must be a whole number from ${MIN_LEVEL} to ${MAX_LEVEL}` })
  .describe('from 1 to 5');

const reference = {
  skill: text(500).describe("the skill's name; with skill_id a cross-check: the two must agree").exactOptional(),
  group: text(500).describe('the skill group, where the name alone is not unique; not with skill_id').exactOptional(),
  skill_id: skillIdText.describe("the skill's id, instead of its name").exactOptional(),
};

/** A skill as the file names it. That it is named at all is checked with the rest of the meaning. */
export type SkillEntry = z.output<typeof skillEntry>;
const skillEntry = closed(reference);
const skillWithLevel = closed({ ...reference, level });
const skills = z.array(skillWithLevel).max(200, { error: 'must hold at most 200 skills' });
const roles = z.array(name).max(50, { error: 'must hold at most 50 roles' });

/**
 * The form of a desired-state file. What spans several places of it (a role that is not there, one skill at two levels)
 * is not the schema's to see.
 */
export const desiredStateSchema = closed({
  version: z.literal(1, { error: 'must be 1' }).describe('of this format'),
  roles: z
    .record(name, closed({ skills: skills.describe('what everybody with this role is given') }))
    .describe('templates that teams and agents refer to by name')
    .exactOptional(),
  teams: z
    .record(
      name,
      closed({
        agents: z.array(agentIdText).describe('the members, by their ids on the platform'),
        roles: roles.exactOptional(),
        skills: skills.describe('what every member is given').exactOptional(),
      }),
    )
    .exactOptional(),
  agents: z
    .record(
      agentIdText,
      closed({
        roles: roles.exactOptional(),
        skills: skills.describe('what this agent is given; goes before roles and teams').exactOptional(),
      }),
    )
    .describe('by id on the platform')
    .exactOptional(),
  exclusive: z
    .array(skillEntry)
    .max(200, { error: 'must hold at most 200 skills' })
    .describe('skills this file owns: an agent named here who has one without being given it loses it')
    .exactOptional(),
});

/** The form as a JSON Schema, for editors. */
export function desiredStateJsonSchema(): object {
  const schema = z.toJSONSchema(desiredStateSchema, {
    override({ zodSchema, jsonSchema }) {
      // What only the reading of the file checks, as far as a schema can say it.
      const isReference = 'shape' in zodSchema && Object.hasOwn(zodSchema.shape as object, 'skill_id');
      if (isReference) jsonSchema.anyOf = [{ required: ['skill'] }, { required: ['skill_id'] }];
    },
  });
  return { title: 'Desired state: who is to have which skills', ...schema };
}

/** A desired-state file as it is written. */
export type DesiredStateFile = z.output<typeof desiredStateSchema>;

/** What is wrong at a place of a document. An unknown field, or a field's name that is wrong, is a place of its own. */
export interface PlacedProblem {
  path: (string | number)[];
  message: string;
}

/** Checks the form of a document; all problems together. */
export function parseDesiredStateForm(
  value: unknown,
): { ok: true; file: DesiredStateFile } | { ok: false; problems: PlacedProblem[] } {
  const parsed = desiredStateSchema.safeParse(value, { error: quotedOr });
  if (parsed.success) return { ok: true, file: parsed.data };
  const problems = parsed.error.issues.flatMap((issue): PlacedProblem[] => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: `${key} ${issue.message}` }));
    }
    const name = String(path.at(-1) ?? 'the document');
    if (issue.code === 'invalid_key')
      return [{ path, message: `${name} ${issue.issues[0]?.message ?? issue.message}` }];
    return [{ path, message: `${typeof path.at(-1) === 'number' ? 'this' : name} ${issue.message}` }];
  });
  return { ok: false, problems };
}

/** In YAML 4711 is a number; an id or a name has to be written as a text. */
function quotedOr(issue: z.core.$ZodRawIssue): string | undefined {
  const isUnquoted = issue.code === 'invalid_type' && issue.expected === 'string' && typeof issue.input === 'number';
  return isUnquoted ? `must be in quotes: "${String(issue.input)}"` : wording(issue);
}
