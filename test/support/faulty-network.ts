import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A TCP proxy between workers and Temporal that can be cut and slowed. */
export interface FaultyNetwork {
  /** `host:port` for the workers. */
  address: string;
  /** Where connections go from now on, `host:port`. */
  leadTo(address: string): void;
  /** Ends every connection and takes no new ones until `mend()`. */
  cut(): void;
  /** Every chunk of bytes is late by so many milliseconds until `mend()`. */
  slow(delayMs: number): void;
  mend(): void;
  close(): Promise<void>;
}

/** Starts a proxy on the loopback interface. */
export async function startFaultyNetwork(target: string): Promise<FaultyNetwork> {
  let address = target;
  let isCut = false;
  let delayMs = 0;
  const sockets = new Set<Socket>();

  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const pass = (from: Socket, to: Socket): void => {
    // In order: a later chunk waits for the timer of the one before it.
    let last = Promise.resolve();
    from.on('data', (chunk) => {
      const lateMs = delayMs;
      last = last.then(() => (lateMs === 0 ? undefined : wait(lateMs))).then(() => void to.write(chunk));
    });
    from.on('close', () => to.destroy());
  };
  const server = createServer((near) => {
    track(near);
    if (isCut) {
      near.destroy();
      return;
    }
    const [host, port] = address.split(':');
    const far = connect(Number(port), host);
    track(far);
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (next) => void (address = next),
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    slow: (ms) => void (delayMs = ms),
    mend() {
      isCut = false;
      delayMs = 0;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
