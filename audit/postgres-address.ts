import { readFileSync } from 'node:fs';
import type { FieldProblem, Parsed } from '../domain/field-problem.ts';

/** Where a PostgreSQL is, as whom to use it, and how its certificate is judged. Shows no secret when it is printed. */
export interface PostgresAddress {
  host: string;
  port: number;
  database: string;
  user: string;
  /** Asked for each connection. */
  password: () => string | undefined;
  /** False: plain text. */
  tls: false | PostgresTls;
}

export interface PostgresTls {
  /** `require` only encrypts, `verify-ca` judges the certificate, `verify-full` its name too. */
  mode: 'require' | 'verify-ca' | 'verify-full';
  /** PEM. Undefined: the authorities that Node trusts. */
  ca: string | undefined;
  cert: string | undefined;
  key: () => string | undefined;
}

const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/**
 * Reads `postgresql://user:password@host:port/database?sslmode=…` and the certificates it names. Without `sslmode` it is
 * `verify-full`, on this machine's own interface and for sockets `disable`. Problems never repeat the text.
 */
export function parsePostgresUrl(text: string): Parsed<'address', PostgresAddress> {
  const url = toUrl(text);
  if (url === undefined) {
    return refuse(
      'must be a URL such as postgresql://audit@db.example.com/audit; blanks and signs in it are escaped (%40)',
    );
  }
  const [host, user, password, database] = [
    url.hostname.replace(/^\[(.*)\]$/, '$1'),
    url.username,
    url.password,
    url.pathname.slice(1),
  ].map(decoded);
  const problems = [
    ...(host === '' ? ['must name a host'] : []),
    ...(user === '' ? ['must name a user'] : []),
    ...(database === '' || database?.includes('/') !== false ? ['must name one database after the host'] : []),
    ...(password === undefined ? ['must have signs in its password escaped, such as %25 for %'] : []),
    ...Array.from(url.searchParams.keys())
      .filter((name) => !PARAMETERS.includes(name))
      .map((name) => `must have no other parameters than ${PARAMETERS.join(', ')}, not ${name.slice(0, 40)}`),
  ];
  const tls = toTls(url.searchParams, host === undefined || isOwnMachine(host));
  problems.push(...tls.problems);
  if (host === undefined || user === undefined || database === undefined || problems.length > 0) {
    return { ok: false, problems: problems.map((message) => ({ path: '', message })) };
  }
  const port = url.port === '' ? 5432 : Number(url.port);
  const address = {
    host,
    port,
    database,
    user,
    password: () => (password === '' ? undefined : password),
    tls: tls.tls,
  };
  return { ok: true, address: Object.freeze(address) };
}

/** For messages: the user and where, without a password. */
export function describeAddress({ host, port, database, user }: PostgresAddress): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

function toUrl(text: string): URL | undefined {
  if (!/^postgres(?:ql)?:\/\//.test(text) || /\s/.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function isOwnMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function toTls(given: URLSearchParams, ownMachine: boolean): { tls: PostgresAddress['tls']; problems: string[] } {
  const files = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => readPem(name, given.get(name)));
  const [ca, cert, key] = files.map(({ pem }) => pem);
  const asked = given.get('sslmode') ?? (ownMachine && !files.some(({ given }) => given) ? 'disable' : 'verify-full');
  const mode = MODES.find((name) => name === asked);
  const problems = [
    ...files.flatMap(({ problem }) => problem ?? []),
    ...(mode === undefined ? [`must have an sslmode of ${MODES.join(', ')}`] : []),
    ...(given.has('sslcert') === given.has('sslkey') ? [] : ['must name sslcert and sslkey together']),
    ...(mode === 'verify-ca' && !given.has('sslrootcert')
      ? ['must name the authority (sslrootcert) for verify-ca']
      : []),
  ];
  return { tls: mode === undefined || mode === 'disable' ? false : { mode, ca, cert, key: () => key }, problems };
}

function readPem(name: string, path: string | null): { given: boolean; pem: string | undefined; problem?: string } {
  if (path === null) return { given: false, pem: undefined };
  try {
    return { given: true, pem: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { given: true, pem: undefined, problem: `must name a readable file as ${name} (${code})` };
  }
}

function refuse(message: string): { ok: false; problems: FieldProblem[] } {
  return { ok: false, problems: [{ path: '', message }] };
}
