import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, GLOBAL_FLAGS, type Command, type Flag } from '../../client/cli/commands.ts';
import { runCli } from '../../client/cli/main.ts';
import type { FieldProblem } from '../../domain/field-problem.ts';

const ENV = { CXONE_TENANT_ID: 'acme' };

interface BadInput {
  name: string;
  argv: string[];
  /** The flag that must be named, and what must be said of it. */
  path: string;
  says: RegExp;
}

const BAD_VALUES: Record<string, string[]> = {
  decimal: ['four', '4,5', '1e0', '0x4', '', ' ', '4.', '5.00000000000000001', 'Infinity', 'NaN', '９'],
  duration: ['15', '-1s', '0s', 'soon', '10 parsecs', '999d', ''],
  rate: ['0', '-1', '1.5', '1e3', 'many', '1000000', ''],
  choice: ['retyr', 'RETRY', 'undo', ''],
};

for (const command of COMMANDS.filter(({ name }) => name !== 'worker')) {
  for (const { name, argv, path, says } of badInputs(command)) {
    test(`${command.name}: ${name}`, async () => {
      const { exitCode, problems } = await run(argv);
      assert.equal(exitCode, 2);
      const found = problems.find((problem) => problem.path === path);
      assert.match(found?.message ?? `nothing said of ${path}: ${JSON.stringify(problems)}`, says);
    });
  }
}

test('a slip in the name of the keys does not have a command send in the clear', async () => {
  const { exitCode, problems } = await run(['queue', '--json'], { ...ENV, PROVISIONING_PAYLOAD_KEY: '/etc/keys.json' });
  assert.equal(exitCode, 2);
  assert.deepEqual(problems, [
    { path: 'PROVISIONING_PAYLOAD_KEY', message: 'is not known; did you mean PROVISIONING_PAYLOAD_KEYS?' },
  ]);
});

test('everything that is wrong with a command line, its values and the environment is said at once', async () => {
  const argv = ['provision', '--agent', 'a/b', '--level', '9', '--colour', 'red', '--by', 'me', '--json'];
  const { problems } = await run(argv, { TEMPORAL_ADDRESS: 'nowhere', PROVISIONING_POLICY: '{"toggleLimit":4}' });
  assert.deepEqual(
    problems.map(({ path }) => path),
    [
      '--colour',
      '--reason',
      '--agent',
      '--skill',
      '--level',
      'CXONE_TENANT_ID',
      'TEMPORAL_ADDRESS',
      'PROVISIONING_POLICY.toggleLimit',
    ],
  );
});

test('a level outside 1 to 5 is refused with the value as it was given', async () => {
  for (const level of ['0.6', '5.4', '-3', '17']) {
    const { exitCode, problems } = await run([...good(command('provision'), 'level'), '--level', level, '--json']);
    assert.equal(exitCode, 2);
    assert.deepEqual(problems, [
      { path: '--level', message: `must be a number from 1 to 5, not ${level}`, code: 'level-refused' },
    ]);
  }
});

test('level 0 points to deprovision', async () => {
  const { problems } = await run([...good(command('provision'), 'level'), '--level', '0', '--json']);
  assert.match(problems[0]?.message ?? '', /use deprovision/);
});

test('a group together with a skill id is refused, because the id is unique by itself', async () => {
  const { problems } = await run([
    ...good(command('deprovision'), 'skill'),
    '--skill-id',
    's1',
    '--group',
    'Voice',
    '--json',
  ]);
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['--group'],
  );
});

test('a mistyped command suggests the one that was meant', async () => {
  const { exitCode, problems } = await run(['provison', '--json']);
  assert.equal(exitCode, 2);
  assert.match(problems[0]?.message ?? '', /did you mean provision\?/);
});

test('no command at all is an error that lists the commands', async () => {
  const { exitCode, problems } = await run(['--json']);
  assert.equal(exitCode, 2);
  for (const { name } of COMMANDS) assert.ok(problems[0]?.message.includes(name));
});

test('the worker takes no flags', async () => {
  const { exitCode } = await run(['worker', '--json']);
  assert.equal(exitCode, 2);
});

test('a toggle gap under 500 ms is refused for a platform that is not on this machine', async () => {
  const env = { ...ENV, PROVISIONING_POLICY: '{"toggleGap":"60ms"}', CXONE_BASE_URL: 'https://acme.api.cxone.com' };
  const { exitCode, problems } = await run(['status', '--agent', '1', '--json'], env);
  assert.equal(exitCode, 2);
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['PROVISIONING_POLICY.toggleGap'],
  );
});

test('without --json a problem goes to standard error, one line each, and nothing to standard output', async () => {
  let out = '';
  let err = '';
  const exitCode = await runCli(['status', '--agnet', '1'], {
    env: ENV,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  assert.equal(exitCode, 2);
  assert.equal(out, '');
  assert.match(err, /--agnet is not known here; did you mean --agent\?/);
  assert.match(err, /cxone-skills status --help/);
});

function badInputs(of: Command): BadInput[] {
  return [...of.flags, ...GLOBAL_FLAGS].flatMap((flag) => badInputsOf(of, flag));
}

function badInputsOf(of: Command, flag: Flag): BadInput[] {
  const others = [...good(of, flag.name), ...(flag.name === 'json' ? [] : ['--json'])];
  const path = `--${flag.name}`;
  const inputs: BadInput[] = [
    {
      name: `${path} mistyped`,
      argv: [...good(of, flag.name), ...given({ ...flag, name: `${flag.name}x` }), '--json'],
      path: `${path}x`,
      says: new RegExp(`did you mean ${path}\\?`),
    },
  ];
  if (flag.value === undefined) {
    inputs.push({ name: `${path} with a value`, argv: [...others, `${path}=yes`], path, says: /takes no value/ });
    return inputs;
  }
  inputs.push(
    { name: `${path} without a value`, argv: [...others, path], path, says: /needs a value/ },
    {
      name: `${path} with a flag where its value should be`,
      argv: [path, '--json', ...good(of, flag.name)],
      path,
      says: /needs a value/,
    },
    { name: `${path} with an empty value`, argv: [...others, `${path}=`], path, says: /must not be empty/ },
    { name: `${path} twice`, argv: [...others, ...given(flag), ...given(flag)], path, says: /more than once/ },
  );
  if (flag.required === true) inputs.push({ name: `${path} left out`, argv: others, path, says: /is required/ });
  for (const value of BAD_VALUES[flag.kind ?? 'text'] ?? []) {
    inputs.push({ name: `${path} "${value}"`, argv: [...others, `${path}=${value}`], path, says: /must/ });
  }
  return inputs;
}

/** A command line that is right, less one flag. */
function good(of: Command, without: string): string[] {
  const needed = of.flags.filter(({ name, required }) => required === true || name === 'skill');
  return [...of.name.split(' '), ...needed.filter(({ name }) => name !== without).flatMap(given)];
}

function given({ name, value, example }: Flag): string[] {
  return value === undefined ? [`--${name}`] : [`--${name}`, example ?? 'x'];
}

function command(name: string): Command {
  const found = COMMANDS.find((candidate) => candidate.name === name);
  assert.ok(found);
  return found;
}

async function run(argv: string[], env: Record<string, string> = ENV) {
  let out = '';
  const exitCode = await runCli(argv, {
    env,
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => true },
  });
  const { problem } = JSON.parse(out) as { problem: { details: { problems: FieldProblem[] } } };
  return { exitCode, problems: problem.details.problems };
}
