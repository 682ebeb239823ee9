/**
 * `node guard.mjs <command> [args…]`: runs the command and ends it when standard input closes, which happens when the
 * parent process ends in whatever way, SIGKILL included. Nothing is left behind then.
 */
import { spawn } from 'node:child_process';

/** A server that has not ended so long after SIGTERM is killed. */
const GRACE_MS = 20_000;

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('usage: node guard.mjs <command> [args…]');

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(127);
});
child.once('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));

let ending = false;
function end() {
  if (ending) return;
  ending = true;
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
}

process.stdin.once('close', end).resume();
process.once('SIGTERM', end).once('SIGINT', end);
