import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createSecureContext, TLSSocket } from 'node:tls';
import { temporaryFolder } from './temporary-folder.ts';

/** A certificate of its own authority, in files. */
export interface TestCertificate {
  cert: string;
  key: string;
}

/** Makes one for a name, such as `IP:127.0.0.1` or `DNS:db.example.com`, with OpenSSL. */
export function selfSigned(t: TestContext, name: string): TestCertificate {
  const folder = temporaryFolder(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const asked = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const named = ['-subj', '/CN=test', '-addext', `subjectAltName=${name}`];
  execFileSync('openssl', [...asked, ...named, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  return { cert, key };
}

/** Puts TLS in front of a PostgreSQL, as it would offer it itself. Resolves to the port. */
export async function startTlsFront(t: TestContext, upstream: URL, { cert, key }: TestCertificate): Promise<number> {
  const secureContext = createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    // The first message of a client that wants TLS asks for it; the answer is one letter.
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, secureContext });
      const behind = connect(Number(upstream.port), upstream.hostname);
      sockets.add(behind.on('error', () => secure.destroy()));
      secure.on('error', () => behind.destroy());
      secure.pipe(behind).pipe(secure);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
