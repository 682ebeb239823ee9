/**
 * `node tools/test.mjs [file, folder or part of a path …]`: builds, starts one Temporal server for all files and runs
 * the tests that match, by default all but those in `test/large`, which take a quiet machine and minutes each. What comes last is the summary of Node's own test runner.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const LARGE = join('test', 'large');
const ALONE = [LARGE, join('test', 'faults')];
const STOP = /** @type {const} */ (['SIGINT', 'SIGTERM']);

const files = selectTests(process.argv.slice(2));
if (files.length === 0) {
  process.stderr.write(`no test file matches ${process.argv.slice(2).join(' ')}\n`);
  process.exit(2);
}
await ensureInstalled();
await ensureBuilt();
const { register } = await import('tsx/esm/api');
register();
if (files.some((file) => readFileSync(file, 'utf8').includes('support/virtual-time'))) await prepareServer();
const { temporalAddress } = await import('../test/support/temporal.ts');
const env = { ...process.env, TEMPORAL_ADDRESS: await temporalAddress() };
// Most tests wait more than they work; a campaign and a large one want the machine for themselves, and come last.
const alone = files.filter((file) => ALONE.some((folder) => file.startsWith(folder)));
const together = files.filter((file) => !alone.includes(file));
let stopped = false;
const codes = [await run(together, availableParallelism() + 1), await run(alone, 1)];
process.exitCode = codes.find((code) => code !== 0) ?? 0;

/**
 * @param {readonly string[]} tests
 * @param {number} concurrency
 * @returns {Promise<number>} the exit code of Node's test runner
 */
async function run(tests, concurrency) {
  if (tests.length === 0 || stopped) return 0;
  const flags = [
    '--import',
    'tsx',
    '--import',
    './test/support/seeded.mjs',
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
  ];
  const runner = spawn(process.execPath, [...flags, ...tests], { stdio: 'inherit', env });
  const passOn = (/** @type {NodeJS.Signals} */ signal) => {
    stopped = true;
    runner.kill(signal);
  };
  for (const signal of STOP) process.on(signal, passOn);
  const code = await new Promise((done) => runner.once('exit', (status) => done(status ?? 1)));
  for (const signal of STOP) process.off(signal, passOn);
  return code;
}

/** Built before the tests begin, which would have to share the machine with it. What fails here is told by the test. */
async function prepareServer() {
  const { findServer } = await import('./temporal/server-programs.ts');
  await findServer((line) => process.stderr.write(`${line}\n`)).catch(() => undefined);
}

/** @param {readonly string[]} patterns */
function selectTests(patterns) {
  const wanted = patterns.map((pattern) => relative(root, resolve(pattern)));
  const entries = readdirSync('test', { recursive: true, encoding: 'utf8' });
  const all = entries.filter((entry) => entry.endsWith('.test.ts')).map((entry) => join('test', entry));
  const isWanted = (/** @type {string} */ file) =>
    wanted.length === 0 ? !file.startsWith(LARGE) : wanted.some((part) => file.includes(part));
  return all.filter(isWanted).sort();
}
