import { delimiter, join } from 'node:path';
import { exclusively } from '../exclusive.mjs';
import { builtExecutable, downloadFolder } from './cache.ts';
import { buildWithGo } from './go-build.ts';
import { CLI } from './go-program.ts';
import { downloadedExecutable, downloadWithSdk, isExecutable } from './sdk-download.ts';

/**
 * The path of a `temporal` binary: `TEMPORAL_CLI_PATH`, else one on the PATH, else one in the user's cache, else one
 * that is downloaded or, where that is not possible, built with Go (minutes, once).
 *
 * @param report receives lines of progress.
 * @throws Error that says what is missing and what to do.
 */
export async function findTemporal(report: (line: string) => void): Promise<string> {
  const named = process.env['TEMPORAL_CLI_PATH'];
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new Error(`TEMPORAL_CLI_PATH names no program that can be run: ${named}`);
    return named;
  }
  return onPath() ?? cached() ?? (await obtain(report));
}

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'temporal')).find(isExecutable);
}

function cached(): string | undefined {
  const built = builtExecutable(CLI);
  return isExecutable(built) ? built : downloadedExecutable(downloadFolder());
}

async function obtain(report: (line: string) => void): Promise<string> {
  const onWait = () => report('waiting for another process that is obtaining the Temporal CLI');
  return exclusively(
    `${builtExecutable(CLI)}.lock`,
    async () => cached() ?? (await downloadWithSdk(downloadFolder(), report)) ?? (await buildWithGo(CLI, report)),
    { onWait },
  );
}
