import { exclusively } from '../exclusive.mjs';
import { builtExecutable } from './cache.ts';
import { buildWithGo } from './go-build.ts';
import { SERVER, SQL_TOOL, type GoProgram } from './go-program.ts';
import { isExecutable } from './sdk-download.ts';

/**
 * The path of `temporal-server`, the server as it runs in production: from the user's cache, or built with Go (minutes,
 * once).
 *
 * @param report receives lines of progress.
 * @throws Error that says what is missing and what to do.
 */
export async function findServer(report: (line: string) => void): Promise<string> {
  return find(SERVER, report);
}

/** The path of `temporal-sql-tool`, in the same way. */
export async function findSqlTool(report: (line: string) => void): Promise<string> {
  return find(SQL_TOOL, report);
}

async function find(program: GoProgram, report: (line: string) => void): Promise<string> {
  const target = builtExecutable(program);
  if (isExecutable(target)) return target;
  const onWait = () => report(`waiting for another process that is building ${program.title}`);
  const work = () => (isExecutable(target) ? target : buildWithGo(program, report));
  return exclusively(`${target}.lock`, async () => work(), { onWait });
}
