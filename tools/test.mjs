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
// Most tests wait more than they work; a large one wants the machine for itself.
const concurrency = files.some((file) => file.startsWith(LARGE)) ? 1 : availableParallelism() + 1;
const flags = ['--import', 'tsx', '--test', `--test-concurrency=${concurrency}`, '--test-reporter=spec'];
const runner = spawn(process.execPath, [...flags, ...files], { stdio: 'inherit', env });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => runner.kill(signal));
process.exitCode = await new Promise((done) => runner.once('exit', (code) => done(code ?? 1)));

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
