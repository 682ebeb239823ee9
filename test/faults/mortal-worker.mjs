/**
 * `node mortal-worker.mjs BUILD DEATHS`: the worker of a build. While the file DEATHS holds a line, the process takes
 * that line away and dies by SIGKILL the next time it has written to the audit trail and does not know yet whether that
 * is on the disk: before the sync of a file, or with a commit under way to PostgreSQL.
 */
import { existsSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';

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

/** Sessions whose transaction has inserted records. */
const writing = new WeakSet();
const sessions = /** @type {{ query: (...args: unknown[]) => unknown }} */ (Client.prototype);
const { query } = sessions;
sessions.query = function (/** @type {unknown[]} */ ...args) {
  const [text, values] = args;
  if (String(text).includes('insert into audit.records') && !String(values).includes('"id":"readiness"')) {
    writing.add(this);
  }
  const answer = query.apply(this, args);
  if (text !== 'commit' || !writing.delete(this) || !existsSync(deaths)) return answer;
  rmSync(deaths);
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};

const { runWorker } = await import(pathToFileURL(join(build, 'worker/main.js')).href);
process.exitCode = await runWorker(process.env);
