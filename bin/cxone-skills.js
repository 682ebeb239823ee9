#!/usr/bin/env node
import { existsSync } from 'node:fs';

/** @param {string} path */
const fromRoot = (path) => new URL(`../${path}`, import.meta.url).href;

const isCheckout = existsSync(new URL(fromRoot('tsconfig.build.json')));
if (isCheckout) {
  const { ensureBuilt } = await import(fromRoot('tools/build.mjs'));
  await ensureBuilt();
}

const [command, ...args] = process.argv.slice(2);
// Services say nothing on standard output but JSON lines, so --json changes nothing.
if (command === 'worker' && args.every((argument) => argument === '--json')) {
  const { runWorker } = await import(fromRoot('dist/worker/main.js'));
  process.exitCode = await runWorker(process.env);
} else if (command === 'codec-server' && args.every((argument) => argument === '--json')) {
  const { runCodecServer } = await import(fromRoot('dist/codec-server/main.js'));
  process.exitCode = await runCodecServer(process.env);
} else {
  const { runCli } = await import(fromRoot('dist/client/cli/main.js'));
  const { env, stdout, stderr } = process;
  const code = await runCli(process.argv.slice(2), { env, stdout, stderr });
  // Everything is said. A retry that the closed connection had still planned must not turn this into a crash.
  process.exit(code);
}
