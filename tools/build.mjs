import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { chmod, cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusive.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stampFile = join(dist, '.stamp.json');
/** What the compiler leaves behind and the code reads. */
const data = ['audit/migrations'];
const settings = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json', 'tools/build.mjs'];

/**
 * Brings `dist/` (compiled code and `workflow-bundle.js`) up to date with the sources. When nothing changed it costs a
 * few milliseconds; concurrent callers wait for the one that builds. Progress goes to standard error. Types are not
 * checked here: `npm run typecheck` does that.
 *
 * @returns {Promise<void>}
 * @throws when the compiler or the bundler fails; `dist/` is then built again by the next caller.
 */
export async function ensureBuilt() {
  if (readStamp()?.stat === statFingerprint()) return;
  await exclusively(join(root, 'node_modules/.cache/skill-provisioner/build.lock'), buildIfChanged, {
    onWait: () => say('waiting for a build that is under way'),
  });
}

async function buildIfChanged() {
  const stat = statFingerprint();
  const content = contentDigest();
  if (readStamp()?.content !== content) await build();
  await replaceFile(stampFile, JSON.stringify({ stat, content }));
}

async function build() {
  const startedAt = Date.now();
  say('compiling');
  const fresh = await mkdtemp(join(root, '.dist-'));
  try {
    await compileTo(fresh);
    for (const folder of data) await cp(join(root, folder), join(fresh, folder), { recursive: true });
    await chmod(fresh, 0o755);
    await replaceDirectory(fresh, dist);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  say('bundling the workflows');
  await bundleWorkflows();
  say(`done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** @param {string} outDir */
async function compileTo(outDir) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(tsc)) throw new Error('the dependencies are not installed; run `npm ci`');
  const compiler = spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', outDir, '--noCheck'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  const code = await new Promise((resolve, reject) => compiler.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new Error('the TypeScript compiler failed; its messages are above');
}

/** Bundled from its final place, so that stack traces of workflows name files that exist. */
async function bundleWorkflows() {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const logger = new DefaultLogger('WARN', ({ level, message }) => say(`${level} ${message}`));
  const workflowsPath = join(dist, 'workflows/index.js');
  const workflowInterceptorModules = [join(dist, 'workflows/complete-tasks-only.js')];
  const { code } = await bundleWorkflowCode({ workflowsPath, workflowInterceptorModules, logger });
  await replaceFile(join(dist, 'workflow-bundle.js'), code);
}

/** @returns {{ stat: string, content: string } | undefined} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return undefined;
  }
}

function statFingerprint() {
  return fingerprint((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}`;
  });
}

function contentDigest() {
  return fingerprint((path) => readFileSync(path));
}

/** @param {(path: string) => string | Buffer} describe */
function fingerprint(describe) {
  const hash = createHash('sha256');
  for (const path of sourceFiles()) hash.update(`\n${relative(root, path)}\n`).update(describe(path));
  return hash.digest('hex');
}

/** What the build reads, in a fixed order. */
function sourceFiles() {
  /** @type {{ include: string[] }} */
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  const code = include.flatMap((folder) => {
    if (!existsSync(join(root, folder))) return [];
    const entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    return entries.filter((entry) => /\.(?:ts|sql)$/.test(entry)).map((entry) => join(root, folder, entry));
  });
  return [...settings.map((path) => join(root, path)).filter((path) => existsSync(path)), ...code.sort()];
}

/**
 * @param {string} path
 * @param {string} content
 */
async function replaceFile(path, content) {
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, content);
  await rename(fresh, path);
}

/**
 * @param {string} fresh
 * @param {string} target
 */
async function replaceDirectory(fresh, target) {
  const old = `${fresh}.old`;
  if (existsSync(target)) await rename(target, old);
  await rename(fresh, target);
  await rm(old, { recursive: true, force: true });
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`build: ${message}\n`);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await ensureBuilt();
}
