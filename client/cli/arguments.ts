import ms, { type StringValue } from 'ms';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import type { FieldProblem } from '../../domain/field-problem.ts';
import { COMMANDS, GLOBAL_FLAGS, PROGRAM, type Command, type Flag } from './commands.ts';
import { nearest } from './suggest.ts';

/** What a command line says, and all that is wrong with its form. */
export interface Arguments {
  command: Command | undefined;
  /** Values of the flags that have one. A value that has a problem is not here. */
  values: ReadonlyMap<string, string>;
  switches: ReadonlySet<string>;
  /** `path` is the flag with its dashes, or empty. */
  problems: FieldProblem[];
}

/** Longest wait; what a timer of this platform can hold. */
const MAX_WAIT: StringValue = '24d';

/** Reads a command line without the program's name. Never throws; every problem is in the result. */
export function parseArguments(argv: readonly string[]): Arguments {
  const words = wordsOf(argv);
  const asksForHelp = words[0] === 'help';
  const named = asksForHelp ? words.slice(1) : words;
  const command = findCommand(named);
  const ownWords = (asksForHelp ? 1 : 0) + (command?.name.split(' ').length ?? (isGroup(named[0]) ? 2 : 1));
  const flags = [...(command?.flags ?? allFlags()), ...GLOBAL_FLAGS];
  const { tokens } = parseArgs({
    args: [...argv],
    options: optionsOf(flags),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const values = new Map<string, string>();
  const switches = new Set<string>(asksForHelp ? ['help'] : []);
  const given = new Set<string>();
  const problems: FieldProblem[] = [];
  let position = 0;
  let afterUnknown = false;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      position += 1;
      // What follows an unknown flag was meant as its value.
      if (position > ownWords && !afterUnknown)
        problems.push({ path: '', message: `unexpected argument "${token.value}"` });
    }
    afterUnknown = false;
    if (token.kind !== 'option') continue;
    const flag = flags.find(({ name }) => name === token.name);
    const path = token.rawName;
    if (flag === undefined) {
      problems.push(unknownFlag(token.rawName, flags));
      afterUnknown = true;
      continue;
    }
    if (given.has(flag.name)) problems.push({ path, message: 'is given more than once' });
    given.add(flag.name);
    if (flag.value === undefined) {
      if (token.value === undefined) switches.add(flag.name);
      else problems.push({ path, message: 'takes no value' });
      continue;
    }
    const problem = problemOfValue(flag, token.value, token.inlineValue ?? false);
    if (problem === undefined) values.set(flag.name, token.value ?? '');
    else problems.push({ path, message: problem });
  }
  if (command === undefined && !(switches.has('help') && named.length === 0)) problems.unshift(noCommand(named));
  for (const { name, value, required, description } of command?.flags ?? []) {
    if (required === true && !given.has(name) && !switches.has('help')) {
      problems.push({ path: `--${name}`, message: `is required: --${name} ${value}, ${description}` });
    }
  }
  return { command, values, switches, problems };
}

/** What is neither a flag nor a flag's value: flags may stand before the command. */
function wordsOf(argv: readonly string[]): string[] {
  const options = optionsOf([...allFlags(), ...GLOBAL_FLAGS]);
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true }).positionals;
}

/** Of one word, or of two of which the first names a group. */
function findCommand([first = '', second = '']: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
}

function isGroup(word = ''): boolean {
  return COMMANDS.some(({ name }) => name.startsWith(`${word} `));
}

function optionsOf(flags: readonly Flag[]): ParseArgsOptionsConfig {
  return Object.fromEntries(
    flags.map(({ name, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(name === 'help' ? { short: 'h' } : {}),
      },
    ]),
  );
}

/** Without a known command every flag of any is understood, so that its own mistakes are not reported twice. */
function allFlags(): Flag[] {
  const byName = new Map(COMMANDS.flatMap(({ flags }) => flags.map((flag) => [flag.name, flag])));
  return [...byName.values()];
}

function problemOfValue(flag: Flag, value: string | undefined, inline: boolean): string | undefined {
  const isNegative = value !== undefined && /^-\d/.test(value);
  if (value === undefined || (!inline && value.startsWith('-') && !isNegative)) {
    return `needs a value: --${flag.name} ${flag.value}` + (value === undefined ? '' : ` (or --${flag.name}=${value})`);
  }
  if (value.trim() === '') return `must not be empty: --${flag.name} ${flag.value}`;
  switch (flag.kind) {
    case 'decimal':
      // More digits than a double keeps would round 5.00000000000000001 into the range.
      if (/^-?\d{1,6}(?:\.\d{1,6})?$/.test(value)) return undefined;
      return 'must be a plain decimal number such as 4 or 3.7';
    case 'duration':
      return durationMs(value) === undefined
        ? `must be a duration such as 90s, 15m or 2h, at most ${MAX_WAIT}`
        : undefined;
    case 'rate':
      return /^(?:[1-9]\d{0,4}|max)$/.test(value) ? undefined : 'must be a whole number from 1 to 99999, or max';
    case 'choice':
      return flag.choices?.includes(value) === true ? undefined : notAChoice(value, flag.choices ?? []);
    default:
      return undefined;
  }
}

/** A duration of a flag in milliseconds. A bare number is refused: nobody who writes 30 means milliseconds. */
export function durationMs(text: string): number | undefined {
  if (!/^\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d)$/.test(text)) return undefined;
  const length = ms(text as StringValue);
  return length > 0 && length <= ms(MAX_WAIT) ? length : undefined;
}

/** How long to wait, as the library takes it. */
export function waitTimeout(values: ReadonlyMap<string, string>): { timeoutMs?: number } {
  const timeoutMs = durationMs(values.get('wait-timeout') ?? '');
  return timeoutMs === undefined ? {} : { timeoutMs };
}

function notAChoice(value: string, choices: readonly string[]): string {
  const meant = nearest(value, choices);
  return `must be one of ${choices.join(', ')}` + (meant === undefined ? '' : `; did you mean ${meant}?`);
}

function unknownFlag(rawName: string, flags: readonly Flag[]): FieldProblem {
  const meant = nearest(
    rawName.replace(/^-+/, ''),
    flags.map(({ name }) => name),
  );
  return { path: rawName, message: 'is not known here' + (meant === undefined ? '' : `; did you mean --${meant}?`) };
}

function noCommand([first, second]: readonly string[]): FieldProblem {
  const names = COMMANDS.map(({ name }) => name);
  if (first === undefined) return { path: '', message: `a command is required: ${names.join(', ')}` };
  const group = names.filter((name) => name.startsWith(`${first} `));
  if (second === undefined && group.length > 0) {
    return { path: '', message: `"${first}" needs a second word: ${group.join(', ')}` };
  }
  const given = group.length > 0 ? `${first} ${second}` : first;
  const candidates = group.length > 0 ? group : names;
  const meant = nearest(given, candidates);
  const hint = meant === undefined ? `there are ${candidates.join(', ')}` : `did you mean ${meant}?`;
  return { path: '', message: `"${given}" is no command of ${PROGRAM}; ${hint}` };
}
