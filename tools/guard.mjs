/**
 * `node guard.mjs <command> [args…]`, with an IPC channel to the parent: runs the command, tells the parent its process
 * id, and ends it when the channel closes. That happens when the parent ends in whatever way, SIGKILL included, so that
 * nothing is left behind.
 */
import { spawn } from 'node:child_process';

/** What has not ended so long after SIGTERM is killed. Longer than a worker gives its activities to finish. */
const GRACE_MS = 40_000;

const [command, ...args] = process.argv.slice(2);
if (command === undefined || process.send === undefined) throw new Error('needs a command and an IPC channel');

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(127);
});
// The parent may be gone already; then the channel's end is about to be noticed.
child.once('spawn', () => process.connected && process.send?.(child.pid, () => undefined));
child.once('exit', (code) => process.exit(code ?? 128));

let ending = false;
function end() {
  if (ending) return;
  ending = true;
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
}

process.once('disconnect', end).once('SIGTERM', end).once('SIGINT', end);
