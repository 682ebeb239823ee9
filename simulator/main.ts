import { parseArguments, USAGE } from './arguments.ts';
import { startSimulator } from './simulator.ts';

try {
  const options = parseArguments(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
  } else {
    const simulator = await startSimulator(options);
    process.stdout.write(`${simulator.url}\n`);
    const stop = (): void => void simulator.close();
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
