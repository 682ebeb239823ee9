import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the SDK downloads from. */
const SOURCE = 'https://temporal.download/';
/** Where this much time brings no answer, nothing can be downloaded. */
const REACH_MS = 3_000;
/** The download is about 60 MB. */
const DOWNLOAD_MS = 120_000;

const downloader = fileURLToPath(new URL('download.mjs', import.meta.url));

/** A CLI that the SDK has downloaded into `folder`. */
export function downloadedExecutable(folder: string): string | undefined {
  const names = readEntries(folder).filter((name) => name.startsWith('temporal') && !name.endsWith('.downloading'));
  return names.map((name) => join(folder, name)).find(isExecutable);
}

/**
 * Lets the SDK download the CLI into `folder`. Gives up within seconds, without a word, where nothing can be downloaded.
 */
export async function downloadWithSdk(folder: string, report: (line: string) => void): Promise<string | undefined> {
  if (!(await isReachable())) return undefined;
  report('downloading the Temporal CLI (about 60 MB)');
  mkdirSync(folder, { recursive: true });
  // The SDK offers no limit of time for it, so another process does it.
  const child = spawn(process.execPath, [downloader, folder], { stdio: 'ignore', timeout: DOWNLOAD_MS });
  await new Promise((resolve) => child.once('error', resolve).once('exit', resolve));
  return downloadedExecutable(folder);
}

async function isReachable(): Promise<boolean> {
  try {
    await fetch(SOURCE, { method: 'HEAD', signal: AbortSignal.timeout(REACH_MS) });
    return true;
  } catch {
    return false;
  }
}

function readEntries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether `path` is a file that may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
