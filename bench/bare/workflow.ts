import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '10s' });

/** The least that is durable: one activity that does nothing. */
export async function BareWorkflow(): Promise<void> {
  await nothing();
}
