import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { startGuarded } from '../../tools/guarded-process.ts';

/** A program that holds a connection open for as long as it lives. */
const holdConnection = (port: number) => `require('net').connect(${port}, '127.0.0.1')`;

test('what a session started ends when the session is killed', async (t) => {
  const { port, connected } = await listen(t);
  const script = `
    import { startGuarded } from './tools/guarded-process.ts';
    startGuarded([process.execPath, '-e', ${JSON.stringify(holdConnection(port))}], { logFile: '${logFile(t)}' });
    setInterval(() => {}, 1000);
  `;
  const session = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  t.after(() => session.kill('SIGKILL'));
  const connection = await connected;
  const gone = once(connection, 'close');
  session.kill('SIGKILL');
  await gone;
});

test('stopping waits until the process has ended', async (t) => {
  const { port, connected } = await listen(t);
  const guarded = startGuarded([process.execPath, '-e', holdConnection(port)], { logFile: logFile(t) });
  await connected;
  const pid = await guarded.pid;
  assert.ok(pid !== undefined);
  await guarded.stop();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a program that does not exist is told by its exit and its log', async (t) => {
  const guarded = startGuarded(['/nowhere/program'], { logFile: logFile(t) });
  // A guarded process does not keep ours alive; something has to.
  const alive = setInterval(() => undefined, 1_000);
  t.after(() => clearInterval(alive));
  assert.equal(await guarded.exited, 127);
  assert.equal(await guarded.pid, undefined);
  assert.match(guarded.logTail(), /\/nowhere\/program/);
});

async function listen(t: TestContext): Promise<{ port: number; connected: Promise<Socket> }> {
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  // A killed peer resets the connection.
  void connected.then((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { port: address.port, connected };
}

function logFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'guarded-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'log');
}
