import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import type { GuardedProcess } from './guarded-process.ts';
import { findPostgres, unprivilegedUser, type User } from './postgres-programs.ts';
import { startReady } from './ready-process.ts';

/** A PostgreSQL to work with. */
export interface Postgres {
  /** `postgresql://user:password@host:port/database` of a user who may create databases. */
  url: string;
  /** Ends it and removes its data. A server that was given is left alone. */
  stop(): Promise<void>;
  /** Ends it, as an operator does in a hurry; its data stays. */
  halt(): Promise<void>;
  /** Starts it again with the same address and data. */
  resume(): Promise<void>;
  /** Both, one after the other. */
  restart(): Promise<void>;
}

const run = promisify(execFile);

/** Temporal's four services have a pool of connections each. */
const MAX_CONNECTIONS = 200;

/**
 * The PostgreSQL that `POSTGRES_URL` names; else one of the caller's own in a temporary folder, on the loopback
 * interface, which ends with this process and does not keep it alive. Callers who share the given one make databases
 * with names of their own.
 *
 * @throws Error that says what to install where there is neither.
 */
export async function startPostgres(): Promise<Postgres> {
  const url = process.env['POSTGRES_URL'];
  return url === undefined || url === '' ? startOwn() : given(url);
}

function given(url: string): Postgres {
  const refuse = (): Promise<never> => Promise.reject(new Error('the PostgreSQL of POSTGRES_URL is not ours to stop'));
  return { url, stop: () => Promise.resolve(), halt: refuse, resume: refuse, restart: refuse };
}

async function startOwn(): Promise<Postgres> {
  const cluster = createCluster();
  const port = await freePort();
  let server: GuardedProcess | undefined;
  try {
    server = await startServer(cluster, port);
  } catch (error) {
    removeCluster(cluster);
    throw error;
  }
  let removed = false;
  const halt = async (): Promise<void> => {
    const halting = server;
    server = undefined;
    if (halting !== undefined) await stopServer(halting);
  };
  const resume = async (): Promise<void> => {
    if (removed) throw new Error('PostgreSQL has been stopped, and its data is gone');
    server ??= await startServer(cluster, port);
  };
  return {
    url: `postgresql://postgres:${cluster.password}@127.0.0.1:${port}/postgres`,
    async stop() {
      removed = true;
      await halt();
      removeCluster(cluster);
    },
    halt,
    resume,
    async restart() {
      await halt();
      await resume();
    },
  };
}

/** The files of one PostgreSQL server. */
interface Cluster {
  programs: string;
  folder: string;
  password: string;
  user: User | undefined;
}

function createCluster(): Cluster {
  const programs = findPostgres();
  const user = unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), 'skill-provisioner-postgres-'));
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  const cluster = { programs, folder, password, user };
  const flags = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync'];
  const [program = '', ...args] = asUser(cluster, 'initdb', [`--pgdata=${folder}/data`, `--pwfile=${passwordFile}`]);
  const { status, stderr } = spawnSync(program, [...args, ...flags], { encoding: 'utf8', cwd: folder });
  if (status !== 0) {
    removeCluster(cluster);
    throw new Error(`PostgreSQL's initdb failed:\n${stderr}`);
  }
  return cluster;
}

function removeCluster({ folder }: Cluster): void {
  rmSync(folder, { recursive: true, force: true });
}

/** PostgreSQL refuses to run as root. */
function asUser({ programs, user }: Cluster, program: string, args: string[]): string[] {
  const command = [join(programs, program), ...args];
  if (user === undefined) return command;
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', ...command];
}

async function startServer(cluster: Cluster, port: number): Promise<GuardedProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: MAX_CONNECTIONS,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', join(cluster.folder, 'data'), '-p', String(port), ...flags];
  const asking = ['--quiet', '--host=127.0.0.1', `--port=${port}`];
  return startReady({
    name: 'PostgreSQL',
    command: asUser(cluster, 'postgres', args),
    logFile: join(cluster.folder, 'postgres.log'),
    cwd: cluster.folder,
    ready: () => run(join(cluster.programs, 'pg_isready'), asking),
    stop: stopServer,
  });
}

/** SIGINT ends its sessions; SIGTERM, which the guard sends, would wait for them. */
async function stopServer(server: GuardedProcess): Promise<void> {
  const pid = await server.pid;
  try {
    if (pid !== undefined) process.kill(pid, 'SIGINT');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
  await server.stop();
}
