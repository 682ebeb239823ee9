import type { Logger } from '@temporalio/common';
import type { TemporalLink } from '../client/temporal-link.ts';
import type { WorkerConfig } from './config.ts';
import { createPace, type TenantPace } from './pace.ts';
import { createAcquirePermits } from './permits.ts';

/** The paces of the tenants whom the platform limits. */
export function createPaces(config: WorkerConfig, link: TemporalLink, logger: Logger): ReadonlyMap<string, TenantPace> {
  return new Map(
    config.tenants.flatMap(({ tenantId, agentsPerMinute }) => {
      if (agentsPerMinute === undefined) return [];
      const acquire = createAcquirePermits(link, config.taskQueue, tenantId);
      return [[tenantId, createPace({ agentsPerMinute, acquire, logger })] as const];
    }),
  );
}
