/**
 * `node mortal-worker.mjs BUILD DEATHS`: the worker of a build. While the file DEATHS holds a line, the process takes
 * that line away and dies by SIGKILL the next time it has written to the audit trail and not yet synced it.
 */
import { existsSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , build = '', deaths = ''] = process.argv;

const handle = await open(process.execPath);
const prototype = Object.getPrototypeOf(handle);
await handle.close();
const { datasync } = prototype;
prototype.datasync = function () {
  if (!existsSync(deaths)) return datasync.call(this);
  rmSync(deaths);
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};

const { runWorker } = await import(pathToFileURL(join(build, 'worker/main.js')).href);
process.exitCode = await runWorker(process.env);
