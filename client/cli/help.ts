import { COMMAND_GROUPS, COMMANDS, ENVIRONMENT, GLOBAL_FLAGS, PROGRAM, type Command, type Flag } from './commands.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';

const WIDTH = 100;
const LONGEST_NAME = Math.max(...COMMANDS.map(({ name }) => name.length));

/** The help of the whole program. */
export function renderHelp(): string {
  return [
    `${PROGRAM} - assigns and removes skills of contact-centre agents, durably`,
    '',
    `Usage: ${PROGRAM} <command> [flags]`,
    ...COMMAND_GROUPS.map(({ title, commands }) =>
      section(
        title,
        commands.map(({ name, summary }) => [name, summary]),
        LONGEST_NAME,
      ),
    ),
    section('Flags of every command', GLOBAL_FLAGS.map(flagRow)),
    section(
      'Environment',
      ENVIRONMENT.map(({ name, description }) => [name, description]),
    ),
    exitCodes(),
    examples(COMMAND_GROUPS.flatMap(({ commands }) => commands.slice(0, 1))),
    '',
    `"${PROGRAM} <command> --help" explains one command.`,
    '',
  ].join('\n');
}

/** The help of one command. */
export function renderCommandHelp(command: Command): string {
  const { name, summary, notes, flags } = command;
  return [
    `${PROGRAM} ${name} - ${summary}`,
    '',
    ...wrap(`Usage: ${PROGRAM} ${name} ${usage(flags)}`.trimEnd(), ' '.repeat(9)),
    ...(notes === undefined ? [] : ['', ...wrap(notes, '')]),
    ...(flags.length === 0 ? [] : [section('Flags', flags.map(flagRow))]),
    section('Flags of every command', GLOBAL_FLAGS.map(flagRow)),
    exitCodes(),
    examples([command]),
    '',
  ].join('\n');
}

function usage(flags: readonly Flag[]): string {
  return flags
    .map(({ name, value, required }) => {
      const flag = value === undefined ? `--${name}` : `--${name} ${value}`;
      return required === true ? flag : `[${flag}]`;
    })
    .join(' ');
}

function flagRow({ name, value, required, choices, description }: Flag): [string, string] {
  const left = `--${name}${value === undefined ? '' : ` ${value}`}`;
  const right = `${required === true ? '(required) ' : ''}${description}`;
  return [left, choices === undefined ? right : `${choices.join(' | ')}. ${right}`];
}

function exitCodes(): string {
  return section(
    'Exit codes',
    EXIT_MEANINGS.map(({ code, meaning }) => [String(code), meaning]),
  );
}

function examples(commands: readonly Command[]): string {
  return [
    '',
    'Examples:',
    ...commands.flatMap((command) => command.examples.map((line) => `  ${PROGRAM} ${line}`)),
  ].join('\n');
}

function section(title: string, rows: readonly (readonly [string, string])[], leftWidth = 0): string {
  const width = Math.max(leftWidth, ...rows.map(([left]) => left.length)) + 4;
  const lines = rows.flatMap(([left, right]) =>
    wrap(right, ' '.repeat(width)).map((line, index) => (index === 0 ? `  ${left}`.padEnd(width) + line : line)),
  );
  return ['', `${title}:`, ...lines].join('\n');
}

/** Breaks at blanks; lines after the first begin with `indent`, and the first leaves as much room. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((content, index) => (index === 0 ? content : indent + content));
}
