import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { durationMs, parseArguments } from '../../client/cli/arguments.ts';
import { COMMANDS, GLOBAL_FLAGS, type Command } from '../../client/cli/commands.ts';
import { problemsOfValues } from '../../client/cli/inputs.ts';
import { runCli } from '../../client/cli/main.ts';

const FLAGS = [...COMMANDS.flatMap(({ flags }) => flags), ...GLOBAL_FLAGS];
const word = fc.oneof(
  fc.constantFrom(
    ...COMMANDS.flatMap(({ name }) => name.split(' ')),
    'help',
    'provison',
    '',
    '-',
    '--',
    '-h',
    '-x',
    '-hh',
    '--no-json',
  ),
  fc.constantFrom(...FLAGS.flatMap(({ name }) => [`--${name}`, `--${name}=`, `--${name}=x`, `-${name}`, `--${name}s`])),
  fc.constantFrom('4', '3.7', '-1', '6', '1e1', '15m', '0s', '30', '25d', 'retry', 'undo', '4711', 'a b', '../x', '\0'),
  fc.constantFrom('--__proto__', '--__proto__=x', '--constructor=1', '--json=1', '--agent=', '--=x', '--level=-0'),
  fc.string(),
  fc.string({ unit: 'binary' }),
);

/** A command line with all it takes, from which some words are then missing, doubled, changed or in another place. */
const nearlyRight = fc
  .tuple(
    fc.constantFrom(...COMMANDS.filter(({ name }) => name !== 'worker')),
    fc.nat(),
    fc.nat({ max: 5 }),
    word,
    fc.nat(),
  )
  .map(([command, at, kind, other, to]) => {
    const words = completeLine(command);
    const place = at % words.length;
    if (kind === 0) words.splice(place, 1);
    else if (kind === 1) words.splice(place, 0, other);
    else if (kind === 2) words[place] = other;
    else if (kind === 3) words.splice(to % words.length, 0, ...words.splice(place, 1));
    else if (kind === 4) words[place] = `${words[place]}${other}`;
    return words;
  });
const commandLine = fc.oneof({ weight: 4, arbitrary: nearlyRight }, fc.array(word, { maxLength: 12 }));

test('whatever is typed, a command line is understood or all that is wrong with it is said', () => {
  let understood = 0;
  fc.assert(
    fc.property(commandLine, (argv) => {
      const { command, values, switches, problems } = parseArguments(argv);
      for (const { path, message } of problems)
        assert.ok(message !== '' && (path === '' || path.startsWith('-')), path);
      if (command === undefined) assert.ok(problems.length > 0 || switches.has('help'));
      if (command === undefined || problems.length > 0 || switches.has('help')) return;
      understood += 1;
      assert.ok(command.name.split(' ').every((part) => argv.includes(part)));
      const known = [...command.flags, ...GLOBAL_FLAGS];
      for (const [name, value] of values) {
        const flag = known.find((candidate) => candidate.name === name);
        assert.ok(flag?.value !== undefined && isTyped(argv, name, value), `--${name} ${value}`);
        if (flag.kind === 'decimal') assert.ok(Number.isFinite(Number(value)) && value.length < 16);
        if (flag.kind === 'choice') assert.ok(flag.choices?.includes(value));
        if (flag.kind === 'duration') assert.ok((durationMs(value) ?? 0) > 0);
      }
      for (const { name, required } of command.flags) if (required === true) assert.ok(values.has(name), name);
      for (const { path, message } of problemsOfValues(command.name, values, switches)) {
        assert.ok(message !== '' && path.startsWith('--'), `${path} ${message}`);
      }
    }),
    { numRuns: 1_500 },
  );
  assert.ok(understood > 50, `only ${understood} were near enough`);
});

test('where Temporal can not be, every command line ends with help or what is wrong, in one document if so asked', async () => {
  await fc.assert(
    fc.asyncProperty(commandLine, fc.boolean(), async (line, json) => {
      const said = { out: '', err: '' };
      const stdout = { write: (text: string) => (said.out += text) };
      const stderr = { write: (text: string) => (said.err += text) };
      const argv = json ? ['--json', ...line] : line;
      const exitCode = await runCli(argv, {
        env: { TEMPORAL_ADDRESS: 'nowhere', AUDIT_URL: 'nowhere' },
        stdout,
        stderr,
      });
      assert.ok(exitCode === 2 || (exitCode === 0 && isHelp(said.out)), `${exitCode}: ${said.err}`);
      const wantsJson = argv.some((word) => word === '--json' || word.startsWith('--json='));
      if (!wantsJson) {
        assert.equal(exitCode === 0 ? said.err : said.out, '');
        return;
      }
      assert.match(said.out, /^[^\n]+\n$/);
      const document = JSON.parse(said.out) as { problem?: { code: string } };
      assert.equal(document.problem === undefined, exitCode === 0);
    }),
    { numRuns: 300 },
  );
});

test('a wait is taken exactly if it is a number with a unit, and a timer can hold it', () => {
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const count = fc.oneof(fc.integer({ min: -5, max: 99_999 }), fc.double({ min: -1, max: 100 }), fc.bigInt());
  fc.assert(
    fc.property(count, fc.constantFrom(...Object.keys(units), '', 'S', 'y', ' s'), (number, unit) => {
      const isPlain = /^\d{1,9}(?:\.\d{1,3})?$/.test(String(number));
      const length = Number(number) * (units[unit] ?? NaN);
      const isWait = isPlain && length > 0 && length <= 24 * 86_400_000;
      const parsed = durationMs(`${number}${unit}`);
      assert.equal(parsed !== undefined, isWait);
      if (parsed !== undefined) assert.ok(Math.abs(parsed - length) < 1);
    }),
  );
});

function completeLine({ name, flags }: Command): string[] {
  const required = flags.filter((flag) => flag.required === true || flag.name === 'skill-id');
  return [...name.split(' '), ...required.flatMap((flag) => [`--${flag.name}`, flag.example ?? 'x'])];
}

/** Nothing is made up: a value was typed as it is, after its flag or behind an equals sign. */
function isTyped(argv: readonly string[], name: string, value: string): boolean {
  return argv.some(
    (typed, index) => typed === `--${name}=${value}` || (typed === `--${name}` && argv[index + 1] === value),
  );
}

function isHelp(text: string): boolean {
  return text.includes('Usage') || text.includes('usage') || text.startsWith('{"help":');
}
