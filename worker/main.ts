import { constants } from 'node:os';
import type { Logger } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import type { Endpoint } from '../domain/endpoint.ts';
import { hideSecretsOf } from '../domain/environment-secrets.ts';
import type { Environment } from '../domain/environment.ts';
import { METRICS, OUT_OF_QUEUE_BUCKETS } from '../domain/metric-names.ts';
import { parseConfig, type WorkerConfig } from './config.ts';
import { createProvisioningWorker, type ProvisioningWorker } from './create-worker.ts';
import { createLogger } from './logger.ts';
import { createRedactor, type Redactor } from '../domain/redactor.ts';
import { EXIT, StartError } from './start-error.ts';
import { boundWorkflowHeap } from './workflow-heap.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Ctrl-C arrives twice under npm: from the terminal, and passed on by npm. That is one order to stop. */
const SAME_SIGNAL_MS = 500;

/**
 * Runs a worker until a signal stops it, and resolves to the exit code (`EXIT`). What keeps it from starting is said on
 * standard error. The first SIGTERM or SIGINT lets what is under way finish; the second ends the process at once.
 */
export async function runWorker(env: Environment): Promise<number> {
  const redactor = createRedactor();
  hideSecretsOf(env, redactor);
  const parsed = parseConfig(env);
  if (!parsed.ok) {
    const lines = parsed.problems.map(({ path, message }) => `  ${path}: ${message}\n`);
    process.stderr.write(redactor.redact(`The worker can't start with these settings:\n${lines.join('')}`));
    return EXIT.configuration;
  }
  const { config } = parsed;
  for (const key of config.temporal.payloads?.keys.keys.values() ?? [])
    redactor.hide(Buffer.from(key).toString('base64'), true);
  const write = (line: string): boolean => process.stderr.write(line);
  const logger = createLogger({ level: config.logLevel, redactor, write });
  const signals = handleSignals(logger);
  try {
    boundWorkflowHeap();
    const install = (): void => {
      installRuntime(config, logger);
    };
    const worker = await createProvisioningWorker({ config, logger, redactor, installRuntime: install });
    signals.passTo(worker);
    await worker.run();
    logger.info('the worker has stopped');
    return EXIT.stopped;
  } catch (error) {
    return report(error, logger, redactor);
  } finally {
    signals.release();
  }
}

function report(error: unknown, logger: Logger, redactor: Redactor): number {
  if (error instanceof StartError) {
    process.stderr.write(redactor.redact(`The worker can't run. ${error.message}\n`));
    return error.exitCode;
  }
  logger.error('the worker failed', { error });
  return EXIT.failed;
}

function installRuntime(config: WorkerConfig, logger: Logger): void {
  const { metrics, logLevel } = config;
  const core = logLevel === 'trace' || logLevel === 'debug' ? 'INFO' : 'WARN';
  try {
    Runtime.install({
      logger,
      // Ours, so that a second signal is not swallowed.
      shutdownSignals: [],
      telemetryOptions: {
        logging: { filter: { core, other: 'ERROR' }, forward: {} },
        ...(metrics !== undefined && {
          metrics: {
            prometheus: {
              bindAddress: toText(metrics),
              useSecondsForDurations: true,
              histogramBucketOverrides: { [METRICS.outOfQueue]: OUT_OF_QUEUE_BUCKETS },
            },
          },
        }),
      },
    });
  } catch (cause) {
    if (metrics === undefined) throw cause;
    const why = cause instanceof Error ? cause.message : 'unknown reason';
    throw new StartError(`METRICS_ADDRESS can't be listened on: ${why}`, EXIT.configuration, { cause });
  }
}

function handleSignals(logger: Logger): { passTo(worker: ProvisioningWorker): void; release(): void } {
  let running: ProvisioningWorker | undefined;
  let stoppingSince: number | undefined;
  const onSignal = (signal: (typeof STOP_SIGNALS)[number]): void => {
    // Before there is a worker nothing has to be finished.
    const now = performance.now();
    if (stoppingSince !== undefined && now - stoppingSince < SAME_SIGNAL_MS) return;
    if (stoppingSince !== undefined || running === undefined) process.exit(128 + constants.signals[signal]);
    stoppingSince = now;
    logger.info('stopping; what is under way may finish', { signal });
    running.shutdown();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return {
    passTo(worker) {
      running = worker;
    },
    release() {
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
    },
  };
}

function toText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
