import type { AgentRun } from './agent-run.ts';
import type { Batch } from './batch.ts';
import { bringInStep, parkNotRestored, restoreAgent } from './bring-in-step.ts';
import { describe } from './operator-view.ts';
import { settle } from './settle.ts';
import { writeSkills } from './write-skills.ts';

/** The life of a batch: the directory is brought to its wishes, then routing is brought in step with the directory. */
export async function provision(run: AgentRun, batch: Batch): Promise<void> {
  describe(run);
  const refusal = batch.entries.some(({ progress }) => progress.agentOut)
    ? await restoreAgent(run, batch.policy)
    : undefined;
  if (refusal !== undefined) return parkNotRestored(run, batch, refusal);
  const state = await writeSkills(run, batch);
  if (state !== undefined && !batch.isEmpty()) await bringInStep(run, batch, state);
  await settle(run);
}
