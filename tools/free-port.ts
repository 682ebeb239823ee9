import { createServer } from 'node:net';

/** A TCP port of the loopback interface that is free now; `preferred` if that one is. */
export async function freePort(preferred = 0): Promise<number> {
  const port = await tryToListen(preferred);
  return port ?? freePort();
}

async function tryToListen(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined));
    });
  });
}
