import type { AgentsPage } from '../../domain/agents-page.ts';
import { skillKey, type DesiredState } from '../../domain/desired-state.ts';
import type { Problem } from '../../domain/outcome.ts';
import {
  MAX_WARNED_AGENTS,
  savedPlan,
  type PlannedAgent,
  type PlanWarning,
  type SavedPlan,
} from '../../domain/plan.ts';
import { describeFacts, skillBook } from '../../domain/skill-facts.ts';
import { afterSteps, difference, type SkillStep } from '../../domain/state-difference.ts';
import type { AgentReader, ReadOptions } from './agent-reader.ts';
import { AgentsUnreadError, StateRefusedError } from './errors.ts';

/** The file a plan is made from: its name, and the SHA-256 of its bytes. */
export interface PlanSource {
  name: string;
  sha256: string;
}

/**
 * Compares a desired state with what the directory has. Reads only. Throws `StateRefusedError`, `AgentsUnreadError`
 * and what the reader throws.
 */
export async function makePlan(
  read: AgentReader,
  tenantId: string,
  state: DesiredState,
  source: PlanSource,
  options: ReadOptions = {},
): Promise<SavedPlan> {
  const createdAt = new Date().toISOString();
  const desired = new Map(state.agents.map((agent) => [agent.agentId, agent]));
  const findings = new Findings();
  const toRead = state.agents.map(({ agentId, skills }) => ({
    agentId,
    skills: [...skills.map(({ skill }) => skill), ...state.exclusive],
  }));
  for await (const page of read.agents(toRead, options)) findings.add(page, desired, state);
  if (findings.unread.length > 0) throw new AgentsUnreadError(findings.unread);
  if (findings.mistakes.size > 0) throw new StateRefusedError([...findings.mistakes.values()]);
  return savedPlan({
    tenantId,
    createdAt,
    source,
    agentsCompared: findings.compared,
    agents: findings.planned,
    warnings: findings.warnings(),
  });
}

/** What the pages read so far have shown. Of agents with nothing to change only a count is kept. */
class Findings {
  readonly planned: PlannedAgent[] = [];
  readonly unread: string[] = [];
  readonly mistakes = new Map<string, Problem>();
  compared = 0;
  readonly #unknown: string[] = [];
  readonly #leftAsTheyAre = new Map<string, PlanWarning & { count: number }>();
  /** How many will have each skill. */
  readonly #holders = new Map<string, number>();
  readonly #lost = new Map<string, SkillStep>();

  add(
    { agents, unknown, unread, skills }: AgentsPage,
    desired: ReadonlyMap<string, DesiredState['agents'][number]>,
    { exclusive }: DesiredState,
  ): void {
    const book = skillBook(skills);
    this.#unknown.push(...unknown);
    this.unread.push(...unread);
    for (const { agentId, skills: inventory } of agents) {
      const wanted = desired.get(agentId);
      if (wanted === undefined) continue;
      this.compared += 1;
      const { steps, problems } = difference(wanted, exclusive, inventory, book);
      for (const { code, message, mayGoOn, skill } of problems) {
        if (mayGoOn) this.#leave(agentId, `${skillKey(skill)} ${message}`, message);
        else this.mistakes.set(`${code} ${skillKey(skill)}`, { code, message });
      }
      for (const { skillId } of afterSteps(inventory, steps)) {
        this.#holders.set(skillId, (this.#holders.get(skillId) ?? 0) + 1);
      }
      for (const step of steps) if (step.to === 0) this.#lost.set(step.skillId, step);
      if (steps.length > 0) this.planned.push({ agentId, steps, before: [...inventory] });
    }
  }

  warnings(): PlanWarning[] {
    const without = [...this.#lost.values()].filter(({ skillId }) => !this.#holders.has(skillId));
    return [
      ...without.map((step): PlanWarning => ({
        code: 'skill-without-agent',
        message: `${describeFacts(step)} is left with none of the agents of this file.`,
        agentIds: [],
      })),
      ...[...this.#leftAsTheyAre.values()].map(({ count, ...warning }) => ({
        ...warning,
        message: `${warning.message} (${agentsText(count)})`,
      })),
      ...(this.#unknown.length === 0 ? [] : [unknownAgents(this.#unknown)]),
    ];
  }

  #leave(agentId: string, key: string, message: string): void {
    const warning = this.#leftAsTheyAre.get(key) ?? { code: 'level-not-allowed', message, agentIds: [], count: 0 };
    warning.count += 1;
    if (warning.agentIds.length < MAX_WARNED_AGENTS) warning.agentIds.push(agentId);
    this.#leftAsTheyAre.set(key, warning);
  }
}

function unknownAgents(agentIds: readonly string[]): PlanWarning {
  return {
    code: 'unknown-agent',
    message: `The platform does not know ${agentsText(agentIds.length)} of this file.`,
    agentIds: agentIds.slice(0, MAX_WARNED_AGENTS),
  };
}

function agentsText(count: number): string {
  return count === 1 ? '1 agent' : `${count} agents`;
}
