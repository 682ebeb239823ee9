import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { parseArguments } from '../../client/cli/arguments.ts';
import { COMMANDS, GLOBAL_FLAGS, PROGRAM } from '../../client/cli/commands.ts';
import { EXIT_MEANINGS } from '../../client/cli/exit-codes.ts';
import { runCli } from '../../client/cli/main.ts';

test('the help names every command, exit code and flag of all commands', async () => {
  const { exitCode, out } = await run(['--help']);
  assert.equal(exitCode, 0);
  const lines = out.split('\n');
  for (const { name, summary } of COMMANDS) {
    assert.ok(
      lines.some((line) => line.startsWith(`  ${name}  `) && line.includes(firstWords(summary))),
      name,
    );
  }
  for (const { code } of EXIT_MEANINGS) assert.match(out, new RegExp(`^  ${code}  \\w`, 'm'));
  for (const { name } of GLOBAL_FLAGS) assert.ok(out.includes(`--${name}`));
});

test('a short password that is an ordinary word is left where commands write it', async () => {
  const out: string[] = [];
  const env = { AUDIT_URL: 'postgresql://audit:audit@127.0.0.1/audit' };
  const stdout = { write: (text: string) => out.push(text) };
  assert.equal(await runCli(['--help'], { env, stdout, stderr: stdout }), 0);
  assert.match(out.join(''), /^ {2}audit export {2}/m);
});

for (const command of COMMANDS) {
  test(`the help of ${command.name} names each of its flags, and its examples are command lines that work`, async () => {
    for (const argv of [
      [...command.name.split(' '), '--help'],
      [...command.name.split(' '), '-h'],
      ['help', ...command.name.split(' ')],
    ]) {
      const { exitCode, out } = await run(argv);
      assert.equal(exitCode, 0);
      for (const { name } of command.flags) assert.ok(out.includes(`  --${name}`), name);
      for (const example of command.examples) {
        assert.ok(out.includes(`${PROGRAM} ${example}`));
        assert.deepEqual(parseArguments(words(example)).problems, []);
      }
      assert.ok(out.split('\n').every((line) => line.length <= 120));
    }
  });
}

test('help with --json is one JSON document, too', async () => {
  const { exitCode, out } = await run(['status', '--help', '--json']);
  assert.equal(exitCode, 0);
  assert.ok((JSON.parse(out) as { help: string }).help.includes('--agent'));
});

test('help and usage errors load neither Temporal nor the schemas of it', async () => {
  await run(['--help']);
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.deepEqual(
    loaded.filter((path) => path.includes('@temporalio')),
    [],
  );
});

/** What stands on the first line, however long the whole is. */
function firstWords(summary: string): string {
  return summary.split(' ').slice(0, 4).join(' ');
}

/** Splits a command line as a shell would, as far as the examples need it. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

async function run(argv: string[]): Promise<{ exitCode: number; out: string }> {
  let out = '';
  const exitCode = await runCli(argv, {
    env: {},
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => true },
  });
  return { exitCode, out };
}
