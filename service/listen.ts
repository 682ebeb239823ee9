import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint } from '../domain/endpoint.ts';

/** A program can't listen where it was told to. The message names the variable that said so. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface Listening {
  /** Where it listens; the port that was found, if any was asked for. */
  address: Endpoint;
  close(): Promise<void>;
}

/** Resolves when the server listens. Throws `ListenError`. */
export async function listen(server: Server, at: Endpoint, variable: string): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new ListenError(`${variable} can't be listened on: ${cause.message}`, { cause }));
    });
    server.listen(at.port, at.host, resolve);
  });
  return {
    address: { host: at.host, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
