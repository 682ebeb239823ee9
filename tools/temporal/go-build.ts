import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startGuarded } from '../guarded-process.ts';
import { builtExecutable } from './cache.ts';
import type { GoProgram } from './go-program.ts';

const PROGRESS_MS = 10_000;

/**
 * Builds a program from its pinned Go module into the user's cache and answers where it is. The first build on a machine
 * takes minutes and downloads about a gigabyte of modules from the Go proxy.
 *
 * @param report receives a line of progress every ten seconds.
 * @throws Error that says which Go is needed and what else would do.
 */
export async function buildWithGo(program: GoProgram, report: (line: string) => void): Promise<string> {
  const { title, usualS } = program;
  await requireGo(program);
  const target = builtExecutable(program);
  await mkdir(dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`;
  const startedAt = Date.now();
  report(`building ${title} with Go: about ${usualS} s on two idle cores, once per machine`);
  const ticking = setInterval(() => {
    const passedS = Math.round((Date.now() - startedAt) / 1000);
    report(`still building ${title} (${passedS} s; usually ${usualS} s, longer on a busy machine)`);
  }, PROGRESS_MS);
  try {
    await run(program, fresh, `${target}.log`);
    await rename(fresh, target);
  } finally {
    clearInterval(ticking);
    await rm(fresh, { force: true });
  }
  report(`built ${target} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return target;
}

async function requireGo({ title, module, instead }: GoProgram): Promise<void> {
  const wanted = /^go (\S+)$/m.exec(await readFile(join(module, 'go.mod'), 'utf8'))?.[1] ?? 'a current version';
  const { status } = spawnSync('go', ['version'], { stdio: 'ignore' });
  if (status === 0) return;
  throw new Error(
    `${title} is not here, and Go (${wanted}, or 1.21 and later, which fetches it) to build it is not on the PATH. ` +
      `Install Go${instead}`,
  );
}

async function run(program: GoProgram, target: string, logFile: string): Promise<void> {
  // Nothing in it needs a C compiler; its SQLite is Go code.
  const env = { ...process.env, CGO_ENABLED: '0' };
  const command = ['go', 'build', '-trimpath', '-ldflags=-s -w', '-o', target, program.package];
  const go = startGuarded(command, { cwd: program.module, env, logFile });
  if ((await go.exited) !== 0) throw new Error(`\`go build\` of ${program.title} failed:\n${go.logTail()}`);
}
