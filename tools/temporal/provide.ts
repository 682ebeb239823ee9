import { findTemporal } from './executable.ts';
import { startTemporalServer, type TemporalServer, type TemporalServerOptions } from './server.ts';

/**
 * The Temporal that `TEMPORAL_ADDRESS` names, which `stop()` leaves alone; else a server of our own.
 *
 * @param report receives lines of progress.
 */
export async function provideTemporal(
  options: Omit<TemporalServerOptions, 'executable'>,
  report: (line: string) => void,
): Promise<TemporalServer> {
  const address = process.env['TEMPORAL_ADDRESS'];
  if (address !== undefined && address !== '') {
    report(`using the Temporal at ${address} (TEMPORAL_ADDRESS)`);
    return { address, stop: () => Promise.resolve() };
  }
  return startTemporalServer({ ...options, executable: await findTemporal(report) });
}
