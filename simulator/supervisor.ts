import { levelsOf, type AgentRecord } from './agents.ts';
import { flag, refreshesRouting, type AgentCall } from './call.ts';
import type { Clock } from './clock.ts';
import { isObject, ok, refusal, type Answer } from './http.ts';
import type { Routing } from './routing.ts';

const SETTABLE = ['AVAILABLE', 'NOTAVAILABLE'];

/** The supervisor's view: state calls and what routing uses. */
export class Supervisor {
  readonly #clock: Clock;
  readonly #routing: Routing;

  constructor(clock: Clock, routing: Routing) {
    this.#clock = clock;
    this.#routing = routing;
  }

  getState({ agent }: AgentCall): Answer {
    return shownState(agent);
  }

  getRouting({ agent }: AgentCall): Answer {
    return ok({ agentId: agent.agentId, skills: levelsOf(agent.routing) });
  }

  patchState(call: AgentCall): Answer {
    const { entry, agent, body } = call;
    const wish = parseState(body);
    if (wish === undefined) return refusal(422, 'validation_failed', 'The state is malformed.');
    if (!SETTABLE.includes(agent.state)) return refusal(409, 'invalid_state', 'The agent is busy.');
    if (agent.state === wish.state) return shownState(agent);
    entry.applied = true;
    agent.state = wish.state;
    agent.reason = wish.reason;
    if (wish.state === 'NOTAVAILABLE') agent.takenOutMono = this.#clock.now();
    else this.#back(call);
    return shownState(agent);
  }

  /** The agent's own doing, or the telephone's: no toggle. */
  change(agent: AgentRecord, state: string, reason: string | undefined): void {
    agent.state = state;
    agent.reason = reason;
    agent.takenOutMono = undefined;
  }

  #back({ entry, tenant, agent, token }: AgentCall): void {
    // After a break of the agent's own there is no call to measure from: that was long enough.
    const outMs = agent.takenOutMono === undefined ? Infinity : this.#clock.now() - agent.takenOutMono;
    agent.takenOutMono = undefined;
    if (!refreshesRouting(token)) return;
    if (this.#routing.toggled(tenant, agent, outMs) === 'short') flag(entry, 'short-toggle');
  }
}

function shownState(agent: AgentRecord): Answer {
  const reason = agent.reason === undefined ? {} : { reason: agent.reason };
  return ok({ agentId: agent.agentId, currentState: agent.state, ...reason });
}

function parseState(body: unknown): { state: string; reason: string | undefined } | undefined {
  if (!isObject(body)) return undefined;
  const { state, reason } = body;
  if (typeof state !== 'string' || !SETTABLE.includes(state)) return undefined;
  if (reason !== undefined && typeof reason !== 'string') return undefined;
  return { state, reason };
}
