import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** What the numbers were measured on, a line each. `servers` says which Temporal servers, with their versions. */
export function describeMachine(servers: readonly string[]): string[] {
  const [first] = cpus();
  const { version } = JSON.parse(readFileSync('node_modules/@temporalio/worker/package.json', 'utf8')) as {
    version: string;
  };
  return [
    `CPU: ${first?.model.trim() ?? 'unknown'}, ${cpus().length} cores`,
    `Memory: ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `System: ${process.platform} ${process.arch}, Node ${process.versions.node}, Temporal SDK ${version}`,
    ...servers.map((server) => `Temporal: ${server}`),
    `Source: ${commit()}`,
  ];
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--exclude=*', '--abbrev=12', '--dirty'], {
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'not a checkout';
  }
}
