import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { parseCodecServerConfig } from '../../codec-server/config.ts';
import { startCodecServer, type AccessRecord } from '../../codec-server/server.ts';
import { createPayloadCodec } from '../../payloads/codec.ts';
import { payloadKeysFile, protectionIn } from './payload-keys.ts';
import { PROGRAM_FILE, programEnvironment } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const ORIGIN = 'https://temporal.example.com';
export const WORKFLOW_ID = 'provision-skill/acme/4711';
/** What starts the run of that id. */
export const REQUEST = {
  requestId: 'req-1',
  tenantId: 'acme',
  agentId: '4711',
  changes: [{ action: 'assign', skill: { skillId: '5' }, level: 3 }],
  requestedBy: 'kim',
  reason: 'planted reason',
};
const ISSUER = 'https://login.example.com/';
const AUDIENCE = 'payloads';

/** Who issues tokens to a test, with the server's environment. */
export interface Issuer {
  env: Record<string, string>;
  /** A good token, but for what is given. */
  token(claims?: Record<string, unknown> & { expiresIn?: string }): Promise<string>;
  /** Signed by somebody else, under the issuer's key id. */
  forged(): Promise<string>;
  publicKey: string;
}

export async function createIssuer(t: TestContext): Promise<Issuer> {
  const [own, other] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const jwks = join(temporaryFolder(t), 'jwks.json');
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
  const sign = ({ expiresIn = '5m', ...claims }: Record<string, unknown> & { expiresIn?: string }, key: typeof own) =>
    new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'kim', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuedAt()
      .setExpirationTime(expiresIn)
      .sign(key.privateKey);
  return {
    env: {
      CODEC_SERVER_ADDRESS: '127.0.0.1:0',
      CODEC_SERVER_ORIGINS: ORIGIN,
      CODEC_SERVER_ISSUER: ISSUER,
      CODEC_SERVER_AUDIENCE: AUDIENCE,
      CODEC_SERVER_JWKS: jwks,
      PROVISIONING_PAYLOAD_KEYS: payloadKeysFile(t),
    },
    token: (claims = {}) => sign(claims, own),
    forged: () => sign({}, other),
    publicKey: await exportSPKI(own.publicKey),
  };
}

/** A codec server of this process; `log` grows with each request. */
export async function serveCodec(t: TestContext, env: Record<string, string>) {
  const parsed = parseCodecServerConfig(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log: AccessRecord[] = [];
  const server = await startCodecServer(parsed.config, (record) => log.push(record));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address.port}`, log };
}

/** The same in a process of its own; `stop` ends it in order and resolves to its exit code. */
export async function serveCodecProcess(t: TestContext, env: Record<string, string>) {
  const child = spawn(process.execPath, [PROGRAM_FILE, 'codec-server'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: programEnvironment(env),
  });
  const said: string[] = [];
  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => said.push(chunk));
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => log.push(chunk));
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const early = ended.then(() => {
    throw new Error(`the codec server ended after saying:\n${said.join('')}`);
  });
  early.catch(() => undefined);
  const listening = (): string | undefined => /listens on 127\.0\.0\.1:(\d+)/.exec(said.join(''))?.[1];
  while (listening() === undefined) await Promise.race([once(child.stderr, 'data'), early]);
  const port = listening();
  return {
    url: `http://127.0.0.1:${port}`,
    log: () => log.join(''),
    said: () => said.join(''),
    async stop(): Promise<unknown> {
      child.kill('SIGTERM');
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

/** What the Web UI sends, less what is given as undefined. */
export async function post(
  url: string,
  headers: Record<string, string | undefined>,
  body: unknown,
): Promise<{ status: number; json: Record<string, unknown>; headers: Headers }> {
  const all: Record<string, string | undefined> = {
    'content-type': 'application/json',
    'x-namespace': 'default',
    origin: ORIGIN,
    ...headers,
  };
  const set = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(url, {
    method: 'POST',
    headers: Object.fromEntries(set),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    json: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

/** With the keys of a server's environment. */
export function codecOf(env: Record<string, string>): PayloadCodec {
  return createPayloadCodec({ namespace: 'default', protection: protectionIn(env['PROVISIONING_PAYLOAD_KEYS'] ?? '') });
}

/** A payload as the Web UI sends it. */
export function toJson(payload: Payload | undefined) {
  const base64 = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64');
  const metadata = Object.entries(payload?.metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(metadata) as Record<string, string>, data: base64(payload?.data) };
}

export async function bearer(issuer: Issuer) {
  return { authorization: `Bearer ${await issuer.token()}` };
}
