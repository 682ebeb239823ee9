import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import ms, { type StringValue } from 'ms';
import type { z } from 'zod';
import { SEALER_VARIABLES } from '../../audit/chain/sealer-config.ts';
import { COMMANDS, GLOBAL_FLAGS } from '../../client/cli/commands.ts';
import { RETENTION_VARIABLES } from '../../audit/retention.ts';
import { CLI_VARIABLES } from '../../client/cli/config.ts';
import { EXIT_MEANINGS } from '../../client/cli/exit-codes.ts';
import { METRICS, SEALER_METRICS } from '../../domain/metric-names.ts';
import type { OutcomeStatus } from '../../domain/outcome.ts';
import { DEFAULT_POLICY } from '../../domain/policy.ts';
import { TEMPORAL_VARIABLES } from '../../domain/temporal-config.ts';
import { WORKER_VARIABLES } from '../../worker/config.ts';
import { RECONCILE_ACTIONS, type ReconciliationReason } from '../../workflows/provision-skill.messages.ts';

const readme = readFileSync('README.md', 'utf8');
const compose = readFileSync('docker-compose.yml', 'utf8');

/** The types have no list to read; the compiler sees to it that these are complete. */
const OUTCOMES: Record<OutcomeStatus, true> = {
  provisioned: true,
  unchanged: true,
  rejected: true,
  failed: true,
  accepted: true,
  'rolled-back': true,
  abandoned: true,
  cancelled: true,
};
const REASONS: Record<ReconciliationReason, true> = {
  'conflict-limit': true,
  'lock-timeout': true,
  'routing-not-synchronised': true,
  'response-mismatch': true,
  'idle-timeout': true,
  'platform-unavailable': true,
  'platform-refused': true,
  'skill-changed': true,
  'agent-not-restored': true,
  'audit-unrecordable': true,
};

/** Flags of other programs in the README's commands. */
const FOREIGN_FLAGS = ['--silent', '--once', '--build', '--wait', '--rm'];
/** Variables of the tools and of Temporal's own that are named there: one is read, two are refused. */
const TOOL_VARIABLES = ['TEMPORAL_CLI_PATH', 'TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE'];

test('the README has every exit code', () => {
  assert.deepEqual(
    firstCells('exit code'),
    EXIT_MEANINGS.map(({ code }) => String(code)),
  );
});

test('the README has every command, each with the flags it requires and none that it does not have', () => {
  assert.deepEqual(
    firstCells('command').map(commandIn),
    COMMANDS.map(({ name }) => name),
  );
  for (const cell of firstCells('command')) {
    const name = commandIn(cell);
    const shown = cell.split(' ').filter((word) => word.startsWith('--'));
    const flags = COMMANDS.find((command) => command.name === name)?.flags ?? [];
    const required = flags.filter((flag) => flag.required === true).map((flag) => `--${flag.name}`);
    assert.deepEqual(
      required.filter((flag) => !shown.includes(flag)),
      [],
      name,
    );
    assert.deepEqual(
      shown.filter((flag) => !flags.some((known) => `--${known.name}` === flag)),
      [],
      name,
    );
  }
});

test('the README has every flag, and no other', () => {
  const flags = new Set([...COMMANDS.flatMap((command) => command.flags), ...GLOBAL_FLAGS].map(({ name }) => name));
  assert.deepEqual(
    firstCells('flag')
      .map((cell) => cell.split(' ')[0]?.slice(2))
      .sort(),
    [...flags].sort(),
  );
  const named = readme.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [];
  assert.deepEqual(
    named.filter((flag) => !flags.has(flag.slice(2)) && !FOREIGN_FLAGS.includes(flag)),
    [],
  );
});

test('the README has every variable with its default, and no other', () => {
  assert.deepEqual(firstCells('worker').sort(), Object.keys(WORKER_VARIABLES).sort());
  assert.deepEqual(firstCells('Temporal, all programs').sort(), Object.keys(TEMPORAL_VARIABLES).sort());
  const variables: Record<string, z.ZodType> = { ...WORKER_VARIABLES, ...TEMPORAL_VARIABLES };
  for (const [name = '', shown = ''] of [...table('worker'), ...table('Temporal, all programs')]) {
    const fallback = variables[name]?.safeParse(undefined).data;
    if (typeof fallback === 'string') assert.equal(shown, fallback, name);
    if (typeof fallback === 'number') assert.equal(ms(shown as StringValue), fallback, name);
  }
  const composed = [...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name = '']) => name);
  const known = [
    ...Object.keys({ ...variables, ...CLI_VARIABLES, ...SEALER_VARIABLES, ...RETENTION_VARIABLES }),
    ...composed,
    ...TOOL_VARIABLES,
  ];
  for (const name of known) assert.match(readme, new RegExp(`\`${name}\``), name);
  const prefixes =
    /\b(?:CXONE|TEMPORAL|PROVISIONING|AUDIT|HEALTH|METRICS|LOG|SHIFT|SHUTDOWN|POSTGRES|SIMULATOR)_[A-Z_]+\b/g;
  assert.deepEqual(
    (readme.match(prefixes) ?? []).filter((name) => !known.includes(name)),
    [],
  );
});

test('the README has every variable of the sealer with its default, and each of its metrics', () => {
  const variables: Record<string, z.ZodType> = SEALER_VARIABLES;
  assert.deepEqual(firstCells('sealer').sort(), Object.keys(variables).sort());
  for (const [name = '', shown = ''] of table('sealer')) {
    const fallback = variables[name]?.safeParse(undefined).data;
    if (typeof fallback === 'number') assert.equal(ms(shown as StringValue), fallback, name);
  }
  const metrics = Object.values(SEALER_METRICS).map(({ name }) => name);
  assert.deepEqual(firstCells('metric of the sealer').sort(), metrics.sort());
  const named = readme.match(/\baudit_(?!writer|sealer|reader)[a-z_]+/g) ?? [];
  assert.deepEqual(
    named.filter((name) => !(metrics as string[]).includes(name)),
    [],
  );
});

test('the README has every setting of the policy with its default', () => {
  assert.deepEqual(
    table('setting').map(([name, shown]) => [name, shown]),
    Object.entries(DEFAULT_POLICY).map(([name, value]) => [name, String(value)]),
  );
});

test('the README has every metric, and no other', () => {
  assert.deepEqual(firstCells('metric').sort(), Object.values(METRICS).sort());
  const named = (readme.match(/\bprovision_[a-z_]+/g) ?? []).map((name) => name.replace(/_bucket$/, ''));
  assert.deepEqual(
    named.filter((name) => !(Object.values(METRICS) as string[]).includes(name)),
    [],
  );
});

test('the README has every outcome, every reason to wait for a person and every action', () => {
  assert.deepEqual(firstCells('outcome').sort(), Object.keys(OUTCOMES).sort());
  assert.deepEqual(firstCells('reason').sort(), Object.keys(REASONS).sort());
  assert.deepEqual(firstCells('action'), RECONCILE_ACTIONS);
});

/** The rows of the table whose first column has this title, cells without their backticks. */
function table(title: string): string[][] {
  const lines = readme.split('\n');
  const head = lines.findIndex((line, index) => line.startsWith(`| ${title} `) && lines[index + 1]?.startsWith('| --'));
  assert.ok(head >= 0, `the README has a table of every ${title}`);
  const rows = lines.slice(head + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf);
}

/** The command of a cell such as `bulk status --bulk`. */
function commandIn(cell: string): string {
  return cell.replace(/ --.*$/, '');
}

function firstCells(title: string): string[] {
  return table(title).map(([first = '']) => first);
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
}
