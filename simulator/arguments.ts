import { parseArgs } from 'node:util';
import type { SimulatorOptions } from './options.ts';

export const USAGE = `Usage: simulator [options]

  --host HOST           address to listen on (127.0.0.1)
  --port PORT           port to listen on (8787; 0 = any)
  --time-scale SCALE    1 = the platform's own seconds, 0.1 = ten times as fast (1)
  --latency-ms MS       added to each call (0)
  --premium             no throttle at 500 agents a minute
  --seed NUMBER         of everything that is drawn by lot (1)
  --ledger-file FILE    append every request to FILE as JSON lines
  --help                show this
`;

/** What the command line asks for; throws with a sentence for a person. */
export function parseArguments(args: readonly string[]): SimulatorOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8787' },
      'time-scale': { type: 'string', default: '1' },
      'latency-ms': { type: 'string', default: '0' },
      premium: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      'ledger-file': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const ledgerFile = values['ledger-file'];
  return {
    host: values.host,
    port: number('--port', values.port, 0, 65_535),
    timeScale: number('--time-scale', values['time-scale'], 1e-6, 1000),
    latencyMs: number('--latency-ms', values['latency-ms'], 0, 600_000),
    premium: values.premium,
    seed: number('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
    ...(ledgerFile === undefined ? {} : { ledgerFile }),
  };
}

function number(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max)) {
    throw new RangeError(`${flag} must be a number from ${min} to ${max}, not ${JSON.stringify(text)}.`);
  }
  return value;
}
