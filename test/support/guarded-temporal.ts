import { once } from 'node:events';
import { connect, constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A Temporal server behind a gate that asks for an API key. */
export interface GuardedTemporal {
  address: string;
  /** The keys it lets in. A call that is under way goes on. */
  keys: Set<string>;
  /** Every key it was shown. */
  shown: Set<string>;
}

/**
 * Passes every call on to the server at `address` that shows a key of `keys`; the others get UNAUTHENTICATED, with a
 * message and metadata that repeat what they showed.
 */
export async function guardTemporal(t: TestContext, address: string, keys: Iterable<string>): Promise<GuardedTemporal> {
  const known = new Set(keys);
  const shown = new Set<string>();
  const upstream = connect(`http://${address}`);
  upstream.on('error', () => undefined);
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const given = headers.authorization ?? '';
    const key = given.replace(/^Bearer /, '');
    shown.add(key);
    stream.on('error', () => undefined);
    if (!known.has(key)) {
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'grpc-status': '16',
          'grpc-message': encodeURIComponent(`no access with ${given}`),
          'x-echo': given,
        },
        { endStream: true },
      );
      return;
    }
    const { authorization: _authorization, ...rest } = headers;
    const call = upstream.request(rest);
    call.on('error', () => stream.destroy());
    stream.on('close', () => call.close());
    call.on('response', (answer, flags) => {
      const isAll = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      stream.respond(answer, isAll ? { endStream: true } : { waitForTrailers: true });
    });
    let trailers: Record<string, string | string[] | undefined> = {};
    call.on('trailers', (given: IncomingHttpHeaders) => {
      trailers = given;
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.pipe(call);
    call.pipe(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const session of sessions) session.destroy();
    upstream.destroy();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, keys: known, shown };
}
