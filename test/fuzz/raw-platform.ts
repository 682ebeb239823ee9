import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { ALL_SCOPES, jwt } from '../support/cxone-double.ts';

interface RawPlatform {
  url: string;
  /** What the next requests are answered with, tokens aside; then the connection is closed. */
  answer: Buffer;
  /** What the next token requests are answered with; undefined: a good one. */
  token: Buffer | undefined;
  /** Requests that came, tokens aside. */
  requests: number;
}

const GOOD_TOKEN = JSON.stringify({ access_token: jwt({ scope: ALL_SCOPES }), token_type: 'bearer', expires_in: 3600 });

/** A server on loopback that answers with bytes as they are, HTTP or not, and lives as long as the test. */
export async function startRawPlatform(t: TestContext): Promise<RawPlatform> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The client may hang up in the middle of what it can not make sense of.
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const head = received.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (head < 0 || received.length < head + 4 + length) return;
      const isToken = received.includes('/oauth/token');
      received = '';
      if (!isToken) platform.requests += 1;
      socket.end(isToken ? (platform.token ?? httpAnswer(200, [], GOOD_TOKEN)) : platform.answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const platform: RawPlatform = {
    url: `http://127.0.0.1:${port}`,
    answer: Buffer.alloc(0),
    token: undefined,
    requests: 0,
  };
  return platform;
}

/** The bytes of an answer; its length is told unless the headers do so. */
export function httpAnswer(status: number, headers: readonly string[], body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  const tellsLength = headers.some((header) => /^(?:content-length|transfer-encoding):/i.test(header));
  const lines = [`HTTP/1.1 ${status} X`, ...headers, ...(tellsLength ? [] : [`content-length: ${bytes.length}`])];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}
