import type { Client } from '@temporalio/client';
import type { Logger, MetricMeter } from '@temporalio/common';
import { METRICS } from '../domain/metric-names.ts';
import { PROVISION_WORKFLOW } from '../domain/workflow-id.ts';

/** Often enough for an alert, seldom enough for visibility. */
const INTERVAL_MS = 15_000;

export interface WaitingGaugeOptions {
  client: Client;
  taskQueue: string;
  meter: MetricMeter;
  logger: Logger;
}

/** Keeps the gauge of runs that wait for a person. A failed look is logged and leaves the gauge as it was. */
export function startWaitingGauge({ client, taskQueue, meter, logger }: WaitingGaugeOptions): {
  stop(): Promise<void>;
} {
  const gauge = meter.createGauge(METRICS.waitingForPerson, 'int', '', 'Runs that wait for a person now.');
  const query = `WorkflowType = '${PROVISION_WORKFLOW}' AND TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running' AND ProvisionState = 'AwaitingReconciliation'`;
  let looking: Promise<void> | undefined;

  const look = (): void => {
    looking ??= client.workflow
      .count(query)
      .then(({ count }) => {
        gauge.set(count);
      })
      .catch((error: unknown) => {
        logger.warn('could not count the runs that wait for a person', { error });
      })
      .then(() => {
        looking = undefined;
      });
  };
  look();
  const timer = setInterval(look, INTERVAL_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
