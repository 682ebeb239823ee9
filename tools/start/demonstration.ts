import { randomBytes } from 'node:crypto';
import { createProvisioningClient, type NewRequest, type Settlement } from '../../client/index.ts';
import { describeInventory } from '../../domain/inventory.ts';
import { DEMO_TENANT_ID, type Simulator } from '../../simulator/index.ts';
import type { Stage } from './stage.ts';

/**
 * Gives a fresh agent one skill and takes another away, and prints what that did. A fresh agent each time, so that it
 * can be repeated against a Temporal that remembers.
 *
 * @returns whether the request ended `provisioned`.
 */
export async function demonstrate(stage: Stage): Promise<boolean> {
  const { simulator } = stage;
  const agentId = `agent-${randomBytes(3).toString('hex')}`;
  simulator.addAgent({
    agentId,
    skills: [
      { skillId: 'sk-1001', level: 2 },
      { skillId: 'sk-2001', level: 3 },
    ],
  });
  const request: NewRequest = {
    agentId,
    changes: [
      { action: 'assign', skill: { name: 'Technical Support' }, level: 4 },
      { action: 'remove', skill: { name: 'Spanish' } },
    ],
    requestedBy: 'demonstration',
    reason: 'npm start',
  };
  console.log(`\nAgent ${agentId} gets Technical Support (sk-2003) at level 4 and loses Spanish (sk-1001):\n`);
  printAgent('before', simulator, agentId);
  const startedAt = performance.now();
  const settlement = await provision(stage, request);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
  printAgent('after', simulator, agentId);
  printSettlement(settlement, seconds, stage);
  return settlement.kind === 'ended' && settlement.outcome.status === 'provisioned';
}

async function provision(stage: Stage, request: NewRequest): Promise<Settlement> {
  const { temporalAddress: address, namespace, taskQueue } = stage;
  const temporal = { namespace, connection: { address } };
  const client = createProvisioningClient({ temporal, tenantId: DEMO_TENANT_ID, taskQueue });
  try {
    return await client.provision(request, {
      onProgress: ({ state, waitingFor }) => console.log(`  ${[state, waitingFor].filter(Boolean).join(': ')}`),
    });
  } finally {
    await client.close();
  }
}

function printAgent(when: string, simulator: Simulator, agentId: string): void {
  const { skills, routing, state } = simulator.agent(agentId);
  console.log(`  ${when.padEnd(8)}directory  ${describeInventory(skills)}`);
  console.log(`          routing    ${describeInventory(routing)}`);
  console.log(`          state      ${state}`);
}

function printSettlement(settlement: Settlement, seconds: string, { namespace, uiUrl }: Stage): void {
  const { workflowId, runId } = settlement;
  if (settlement.kind === 'ended') {
    const { status, toggles, conflicts, problem } = settlement.outcome;
    const counts = `${toggles} ${toggles === 1 ? 'toggle' : 'toggles'}, ${conflicts} conflicts`;
    console.log(`\n  outcome ${status} in ${seconds} s, ${counts}`);
    if (problem !== undefined) console.log(`  ${problem.code}: ${problem.message}`);
  } else {
    console.log(`\n  waits for a person after ${seconds} s: ${settlement.reason}`);
  }
  const path = `namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
  console.log(`  run     ${uiUrl === undefined ? workflowId : `${uiUrl}/${path}`}`);
}
