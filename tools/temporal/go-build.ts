import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startGuarded } from '../guarded-process.ts';
import { CLI_MODULE } from './cache.ts';

const PROGRESS_MS = 10_000;
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';

/**
 * Builds the Temporal CLI from its pinned Go module into `target`. Takes about four minutes on two idle cores the first
 * time and downloads about a gigabyte of modules from the Go proxy.
 *
 * @param report receives a line of progress every ten seconds.
 * @throws Error that says which Go is needed and what else would do.
 */
export async function buildWithGo(target: string, report: (line: string) => void): Promise<void> {
  await requireGo();
  await mkdir(dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`;
  const startedAt = Date.now();
  report('building the Temporal CLI with Go: about 4 minutes on two idle cores, once per machine');
  const ticking = setInterval(() => {
    report(
      `still building the Temporal CLI (${Math.round((Date.now() - startedAt) / 1000)} s; usually 240 s, longer on a busy machine)`,
    );
  }, PROGRESS_MS);
  try {
    await run(['build', '-trimpath', '-ldflags=-s -w', '-o', fresh, PACKAGE], `${target}.log`);
    await rename(fresh, target);
  } finally {
    clearInterval(ticking);
    await rm(fresh, { force: true });
  }
  report(`built ${target} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}

async function requireGo(): Promise<void> {
  const wanted = /^go (\S+)$/m.exec(await readFile(join(CLI_MODULE, 'go.mod'), 'utf8'))?.[1] ?? 'a current version';
  const { status } = spawnSync('go', ['version'], { stdio: 'ignore' });
  if (status === 0) return;
  throw new Error(
    `there is no Temporal CLI here, none could be downloaded, and Go (${wanted}, or 1.21 and later, which fetches it) ` +
      'to build one is not on the PATH. Install Go, or the CLI (https://docs.temporal.io/cli), or set ' +
      'TEMPORAL_CLI_PATH to a `temporal` binary, or TEMPORAL_ADDRESS to a server that runs',
  );
}

async function run(args: readonly string[], logFile: string): Promise<void> {
  // Nothing in it needs a C compiler; its SQLite is Go code.
  const env = { ...process.env, CGO_ENABLED: '0' };
  const go = startGuarded(['go', ...args], { cwd: CLI_MODULE, env, logFile });
  if ((await go.exited) !== 0) throw new Error(`\`go build\` of the Temporal CLI failed:\n${go.logTail()}`);
}
