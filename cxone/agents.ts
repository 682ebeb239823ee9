import type { SkillLevel } from '../domain/inventory.ts';
import { AGENT_ID_PATTERN, MAX_CHANGES } from '../domain/request.ts';
import { MAX_LEVEL } from '../domain/skill-level.ts';
import type { AuthorizedSend, CallOptions } from './authorized-wire.ts';
import { UnexpectedAnswerError } from './errors.ts';
import {
  directoryAnswer,
  ETAG_PATTERN,
  routingAnswer,
  SKILL_ID_PATTERN,
  stateAnswer,
  stateChangeAnswer,
} from './schemas.ts';
import type { WireAnswer } from './wire.ts';

/** A skill as the directory shows it. */
interface AgentSkill extends SkillLevel {
  name?: string;
}

/** An agent in the directory, with the ETag that a change made on this reading has to carry. */
interface DirectoryReading {
  skills: AgentSkill[];
  etag: string;
}

interface SkillPatch {
  /** 1 to 50, each skill once; level 0 removes the skill. */
  wishes: readonly SkillLevel[];
  etag: string;
  idempotencyKey: string;
}

/** What the directory answered to a PATCH: the agent after it. */
interface PatchedAgent {
  skills: AgentSkill[];
  etag?: string;
}

interface AgentState {
  /** `AVAILABLE`, `NOTAVAILABLE`, or something else the platform knows. */
  state: string;
  reason?: string;
}

/** Agents in the directory, in the queue and in routing. Ids that could bend a path are refused with a TypeError. */
export interface AgentsApi {
  getAgent(agentId: string, call?: CallOptions): Promise<DirectoryReading>;
  /** Merges the wishes into the inventory. A 200 is about the directory only, and may show something else than asked. */
  patchAgentSkills(agentId: string, patch: SkillPatch, call?: CallOptions): Promise<PatchedAgent>;
  getState(agentId: string, call?: CallOptions): Promise<AgentState>;
  setState(
    agentId: string,
    state: 'AVAILABLE' | 'NOTAVAILABLE',
    reason: string | undefined,
    call?: CallOptions,
  ): Promise<void>;
  /** What the router uses now. */
  getRoutingSkills(agentId: string, call?: CallOptions): Promise<SkillLevel[]>;
}

const AGENT = '/api/v2/agents/{agentId}';
const STATE = '/api/v2/supervisor/agents/{agentId}/state';
const ROUTING = '/api/v2/supervisor/agents/{agentId}/skills';
const JSON_BODY = { 'content-type': 'application/json' };
const IDEMPOTENCY_KEY_PATTERN = /^[A-Za-z0-9_.:-]{1,200}$/;

export function createAgentsApi(send: AuthorizedSend): AgentsApi {
  return {
    async getAgent(agentId, call = {}) {
      const path = pathOf(AGENT, agentId);
      const answer = await send({ method: 'GET', template: AGENT, path, schema: directoryAnswer }, call);
      assertAbout(agentId, answer, `GET ${AGENT}`, false);
      const etag = etagOf(answer);
      if (etag === undefined) {
        throw new UnexpectedAnswerError(`GET ${AGENT}`, answer.status, 'there is no usable ETag', false);
      }
      return { skills: answer.value.skills.map(toAgentSkill), etag };
    },

    async patchAgentSkills(agentId, { wishes, etag, idempotencyKey }, call = {}) {
      const path = pathOf(AGENT, agentId);
      assertWishes(wishes);
      if (!ETAG_PATTERN.test(etag)) throw new TypeError('the ETag can not be sent');
      if (!IDEMPOTENCY_KEY_PATTERN.test(idempotencyKey)) throw new TypeError('the idempotency key can not be sent');
      const headers = { ...JSON_BODY, 'if-match': etag, 'x-idempotency-key': idempotencyKey };
      const body = JSON.stringify({ skills: wishes.map(({ skillId, level }) => ({ skillId, level })) });
      const answer = await send(
        { method: 'PATCH', template: AGENT, path, headers, body, schema: directoryAnswer },
        call,
      );
      assertAbout(agentId, answer, `PATCH ${AGENT}`, true);
      const next = etagOf(answer);
      return { skills: answer.value.skills.map(toAgentSkill), ...(next !== undefined && { etag: next }) };
    },

    async getState(agentId, call = {}) {
      const path = pathOf(STATE, agentId);
      const answer = await send({ method: 'GET', template: STATE, path, schema: stateAnswer }, call);
      assertAbout(agentId, answer, `GET ${STATE}`, false);
      const { currentState, reason } = answer.value;
      return { state: currentState, ...(reason !== undefined && { reason }) };
    },

    async setState(agentId, state, reason, call = {}) {
      const path = pathOf(STATE, agentId);
      const body = JSON.stringify({ state, ...(reason !== undefined && { reason }) });
      const answer = await send(
        { method: 'PATCH', template: STATE, path, headers: JSON_BODY, body, schema: stateChangeAnswer },
        call,
      );
      const shown = answer.value?.currentState ?? state;
      if (shown !== state) {
        throw new UnexpectedAnswerError(`PATCH ${STATE}`, answer.status, 'the answer shows another state', true);
      }
    },

    async getRoutingSkills(agentId, call = {}) {
      const path = pathOf(ROUTING, agentId);
      const answer = await send({ method: 'GET', template: ROUTING, path, schema: routingAnswer }, call);
      assertAbout(agentId, answer, `GET ${ROUTING}`, false);
      return answer.value.skills;
    },
  };
}

function pathOf(template: string, agentId: string): string {
  if (!AGENT_ID_PATTERN.test(agentId)) throw new TypeError('the agent id can not be part of a path');
  return template.replace('{agentId}', agentId);
}

/** The platform clamps a level it doesn't know to 1 without a word; such a level must not leave this process. */
function assertWishes(wishes: readonly SkillLevel[]): void {
  const ids = new Set(wishes.map((wish) => wish.skillId));
  const sound = wishes.every(
    ({ skillId, level }) =>
      SKILL_ID_PATTERN.test(skillId) && Number.isInteger(level) && level >= 0 && level <= MAX_LEVEL,
  );
  if (!sound || ids.size !== wishes.length || ids.size < 1 || ids.size > MAX_CHANGES) {
    throw new TypeError('the wishes can not be sent: 1 to 50 skills, each once, with a level from 0 to 5');
  }
}

function assertAbout(agentId: string, answer: WireAnswer<{ agentId: string }>, operation: string, wrote: boolean) {
  if (answer.value.agentId === agentId) return;
  throw new UnexpectedAnswerError(operation, answer.status, 'the answer is about another agent', wrote);
}

function etagOf(answer: WireAnswer<unknown>): string | undefined {
  const etag = answer.header('etag');
  return etag !== undefined && ETAG_PATTERN.test(etag) ? etag : undefined;
}

function toAgentSkill({ skillId, level, name }: SkillLevel & { name: string | undefined }): AgentSkill {
  return { skillId, level, ...(name !== undefined && { name }) };
}
