import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './install.mjs';

const HELP = `npm start [-- options]

Brings up an embedded Temporal with its Web UI, the simulator of the platform and a worker, shows one request at work,
and stays up until Ctrl-C. Everything listens on the loopback interface and keeps its files in .data/.

  --once         end after the demonstration; exit code 0 if the request was provisioned
  --ui-port N    port of the Web UI (default 8233; another one if that is in use)
  --help

With TEMPORAL_ADDRESS set, that Temporal is used instead of an embedded one.
`;

const usage = readUsage();
if (usage === 'help') {
  process.stdout.write(HELP);
} else if (usage === undefined) {
  process.exitCode = 2;
} else {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  await ensureInstalled();
  const { ensureBuilt } = await import('./build.mjs');
  await ensureBuilt();
  const { register } = await import('tsx/esm/api');
  register();
  const { runSession } = await import('./start/session.ts');
  // Connections that are closing must not hold up the end.
  process.exit(await runSession(usage));
}

function readUsage() {
  try {
    const { values } = parseArgs({
      options: { once: { type: 'boolean' }, 'ui-port': { type: 'string' }, help: { type: 'boolean' } },
    });
    if (values.help === true) return 'help';
    const uiPort = Number(values['ui-port'] ?? 8233);
    if (!Number.isInteger(uiPort) || uiPort < 1 || uiPort > 65_535) throw new Error('--ui-port must be a port');
    return { once: values.once === true, uiPort };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return undefined;
  }
}
