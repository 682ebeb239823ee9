import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isExecutable } from './temporal/sdk-download.ts';

/** Where Debian keeps the programs of each version; only the clients are on its PATH. */
const DEBIAN = '/usr/lib/postgresql';
const NEEDED = ['initdb', 'postgres', 'pg_isready'];

/** A user of the operating system by numbers. */
export interface User {
  uid: number;
  gid: number;
}

/**
 * The folder that holds PostgreSQL's programs: the newest of Debian's, else one on the PATH.
 *
 * @throws Error that says what to install.
 */
export function findPostgres(installed = DEBIAN, path = process.env['PATH'] ?? ''): string {
  const versions = readEntries(installed).sort((one, other) => Number(other) - Number(one));
  const folders = [...versions.map((version) => join(installed, version, 'bin')), ...path.split(delimiter)];
  const found = folders.find((folder) => folder !== '' && NEEDED.every((name) => isExecutable(join(folder, name))));
  if (found !== undefined) return found;
  throw new Error(
    'there is no PostgreSQL here. Install it (Debian, Ubuntu: `apt-get install postgresql`), ' +
      'or set POSTGRES_URL to postgresql://user:password@host:port/database of a user who may create databases',
  );
}

/** Whom to run PostgreSQL as, if we are root: the user of Debian's package, else `nobody`. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`');
}

function readEntries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
