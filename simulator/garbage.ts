import type { ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import type { Garbage } from './faults.ts';

const LARGE_BYTES = 32 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const SLOW_BYTE_EVERY_MS = 200;

/** Sends a body that is not what it should be; `genuine` is what it would have been. Resolves when nothing more comes. */
export async function sendGarbage(
  response: ServerResponse,
  { status, as, genuine }: { status: number; as: Garbage; genuine: string },
  clock: Clock,
): Promise<void> {
  response.statusCode = status;
  response.setHeader('content-type', as === 'html' ? 'text/html; charset=utf-8' : 'application/json');
  switch (as) {
    case 'html':
      response.end('<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>');
      return;
    case 'broken-json':
      response.end('{"agentId": "a1", "skills": [');
      return;
    case 'wrong-shape':
      response.end('{"agentId":7,"currentState":{},"skills":"none","access_token":false}');
      return;
    case 'truncated':
      response.setHeader('content-length', genuine.length + 100);
      response.write(genuine, () => response.destroy());
      return;
    case 'too-large':
      response.write('{"padding":"');
      await pump(response, LARGE_BYTES);
      response.end('"}');
      return;
    case 'endless':
      response.write('{"padding":"');
      await pump(response, Infinity);
      return;
    case 'slow':
      for (const byte of Buffer.from(genuine)) {
        if (response.destroyed) return;
        response.write(Buffer.of(byte));
        await clock.sleep(SLOW_BYTE_EVERY_MS);
      }
      response.end();
  }
}

async function pump(response: ServerResponse, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes && !response.destroyed; sent += CHUNK.length) {
    if (response.write(CHUNK)) continue;
    await drained(response);
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}
