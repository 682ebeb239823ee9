import type { Environment } from '../domain/environment.ts';
import { parseCodecServerConfig } from './config.ts';
import { startCodecServer } from './server.ts';

const EXIT = { stopped: 0, failed: 1, configuration: 2 } as const;

/**
 * Runs a codec server until a signal stops it, and resolves to the exit code. Standard output gets a JSON line for each
 * request, standard error what keeps it from starting.
 */
export async function runCodecServer(env: Environment): Promise<number> {
  const parsed = parseCodecServerConfig(env);
  if (!parsed.ok) {
    const lines = parsed.problems.map(({ path, message }) => `  ${path}: ${message}\n`);
    process.stderr.write(`The codec server can't start with these settings:\n${lines.join('')}`);
    return EXIT.configuration;
  }
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve()).once('SIGINT', () => resolve());
  });
  try {
    const server = await startCodecServer(parsed.config, (record) => {
      process.stdout.write(`${JSON.stringify(record)}\n`);
    });
    const { host, port } = server.address;
    process.stderr.write(`the codec server listens on ${host}:${port}, for namespace ${parsed.config.namespace}\n`);
    await stopped;
    await server.close();
    return EXIT.stopped;
  } catch (error) {
    process.stderr.write(`The codec server can't run: ${error instanceof Error ? error.message : 'unknown reason'}.\n`);
    return EXIT.failed;
  }
}
