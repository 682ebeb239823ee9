import type { FaultAction, LedgerEntry, Operation, Simulator } from '../../simulator/index.ts';
import type { CampaignOptions } from './options.ts';
import type { Tally } from './tally.ts';
import { OTHERS_SKILL } from './world.ts';

/** One thing the platform does wrong, or somebody does to it at the worst moment. */
interface PlatformFault {
  kind: string;
  on: Operation | readonly Operation[];
  probability: number;
  do: FaultAction | readonly FaultAction[];
}

type Strings = Pick<Simulator, 'agent' | 'agents' | 'editSkills' | 'lock' | 'setState'>;

const READS = ['getAgent', 'getState', 'getRouting', 'listSkills', 'getSkill'] as const;
/** What a gateway says. */
const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>';
/** Longer than a request waits for its answer, shorter than anybody's patience. */
const TOO_LATE_MS = 1_300;

const ANSWERS: readonly PlatformFault[] = [
  { kind: 'read dropped', on: READS, probability: 0.026, do: { kind: 'drop', when: 'after' } },
  { kind: 'read: 500', on: READS, probability: 0.02, do: { kind: 'answer', status: 500 } },
  {
    kind: 'read: 502 in HTML',
    on: READS,
    probability: 0.007,
    do: { kind: 'answer', status: 502, body: HTML, headers: { 'content-type': 'text/html' } },
  },
  { kind: 'read: HTML', on: READS, probability: 0.007, do: { kind: 'garble', as: 'html' } },
  {
    kind: 'read: a body that trickles',
    on: READS,
    probability: 0.0035,
    do: { kind: 'garble', as: 'slow', applied: true },
  },
  { kind: 'read: 503', on: READS, probability: 0.02, do: { kind: 'answer', status: 503 } },
  { kind: 'read: broken JSON', on: READS, probability: 0.0105, do: { kind: 'garble', as: 'broken-json' } },
  { kind: 'read: another shape', on: READS, probability: 0.0105, do: { kind: 'garble', as: 'wrong-shape' } },
  { kind: 'read cut short', on: READS, probability: 0.0105, do: { kind: 'garble', as: 'truncated' } },
  { kind: 'read too late', on: READS, probability: 0.0035, do: { kind: 'delay', when: 'after', ms: TOO_LATE_MS } },
  { kind: 'read: 429', on: READS, probability: 0.0007, do: { kind: 'answer', status: 429, retryAfter: 1 } },
  { kind: 'token revoked', on: READS, probability: 0.007, do: { kind: 'revoke-token', when: 'before' } },
  { kind: 'token: 503', on: 'token', probability: 0.1, do: { kind: 'answer', status: 503 } },
  { kind: 'PATCH dropped before', on: 'patchAgent', probability: 0.028, do: { kind: 'drop', when: 'before' } },
  { kind: 'PATCH dropped after', on: 'patchAgent', probability: 0.028, do: { kind: 'drop', when: 'after' } },
  { kind: 'PATCH: 500', on: 'patchAgent', probability: 0.014, do: { kind: 'answer', status: 500 } },
  {
    kind: 'PATCH: 503, applied',
    on: 'patchAgent',
    probability: 0.021,
    do: { kind: 'answer', status: 503, applied: true },
  },
  {
    kind: 'PATCH: 429 with Retry-After',
    on: 'patchAgent',
    probability: 0.007,
    do: { kind: 'answer', status: 429, retryAfter: 1 },
  },
  { kind: 'PATCH: 429 without', on: 'patchAgent', probability: 0.014, do: { kind: 'answer', status: 429 } },
  {
    kind: 'PATCH: another shape, applied',
    on: 'patchAgent',
    probability: 0.014,
    do: { kind: 'garble', as: 'wrong-shape', applied: true },
  },
  {
    kind: 'PATCH: a body that trickles, applied',
    on: 'patchAgent',
    probability: 0.007,
    do: { kind: 'garble', as: 'slow', applied: true },
  },
  {
    kind: 'PATCH cut short, applied',
    on: 'patchAgent',
    probability: 0.014,
    do: { kind: 'garble', as: 'truncated', applied: true },
  },
  {
    kind: 'PATCH too late',
    on: 'patchAgent',
    probability: 0.007,
    do: { kind: 'delay', when: 'after', ms: TOO_LATE_MS },
  },
  { kind: 'state dropped before', on: 'patchState', probability: 0.014, do: { kind: 'drop', when: 'before' } },
  { kind: 'state dropped after', on: 'patchState', probability: 0.014, do: { kind: 'drop', when: 'after' } },
  { kind: 'state: 500', on: 'patchState', probability: 0.014, do: { kind: 'answer', status: 500 } },
  {
    kind: 'state: 503, applied',
    on: 'patchState',
    probability: 0.014,
    do: { kind: 'answer', status: 503, applied: true },
  },
  { kind: 'state: 409', on: 'patchState', probability: 0.014, do: { kind: 'answer', status: 409 } },
  {
    kind: 'routing follows late',
    on: 'patchAgent',
    probability: 0.035,
    do: { kind: 'routing', disturbance: { lateMs: 400 } },
  },
  {
    kind: 'routing ignores a toggle',
    on: 'patchAgent',
    probability: 0.042,
    do: { kind: 'routing', disturbance: { ignoreToggles: 1 } },
  },
  {
    kind: 'routing never follows',
    on: 'patchAgent',
    probability: 0.007,
    do: { kind: 'routing', disturbance: { never: true } },
  },
];

/** What others do between two of our calls; none of it is a fault of the platform's. */
function scenes(simulator: Strings): PlatformFault[] {
  const known = new Set(simulator.agents().map(({ agentId }) => agentId));
  const at = (when: 'before' | 'after', act: (agentId: string) => void): FaultAction => ({
    kind: 'call',
    when,
    run: ({ agentId = '' }: LedgerEntry) => {
      if (known.has(agentId)) act(agentId);
    },
  });
  const backAfter = (agentId: string, ms: number): void => {
    setTimeout(() => {
      const { state, reason } = simulator.agent(agentId);
      if (state === 'CALL' || reason === 'COFFEE') simulator.setState(agentId, 'AVAILABLE');
    }, ms);
  };
  const goes = (state: 'CALL' | 'NOTAVAILABLE', ms: number) => (agentId: string) => {
    if (simulator.agent(agentId).state !== 'AVAILABLE') return;
    simulator.setState(agentId, state, state === 'CALL' ? undefined : 'COFFEE');
    backAfter(agentId, ms);
  };
  return [
    {
      kind: 'edited by somebody (412)',
      on: 'patchAgent',
      probability: 0.042,
      do: at('before', (id) => editByOthers(simulator, id)),
    },
    { kind: 'lock', on: 'patchAgent', probability: 0.021, do: at('before', (id) => simulator.lock(id, 60)) },
    {
      kind: 'lock beyond the limit',
      on: 'patchAgent',
      probability: 0.0035,
      do: at('before', (id) => simulator.lock(id, 400)),
    },
    { kind: 'contact after the look', on: 'getState', probability: 0.021, do: at('after', goes('CALL', 500)) },
    { kind: 'break after the look', on: 'getState', probability: 0.007, do: at('after', goes('NOTAVAILABLE', 700)) },
    { kind: 'contact after the PATCH', on: 'patchAgent', probability: 0.021, do: at('after', goes('CALL', 500)) },
    {
      kind: 'break inside the gap',
      on: 'patchState',
      probability: 0.007,
      do: at('after', (id) => {
        const { state, reason } = simulator.agent(id);
        if (state !== 'NOTAVAILABLE' || reason !== 'ADMINISTRATIVE') return;
        simulator.setState(id, 'NOTAVAILABLE', 'COFFEE');
        backAfter(id, 500);
      }),
    },
  ];
}

/**
 * Arms every kind: by lot, and once for certain within the first calls, so that a small campaign has each. Agents with
 * lasting trouble of their own come on top.
 */
export function armPlatform(simulator: Simulator, options: CampaignOptions, tally: Tally): void {
  const faults = [...ANSWERS, ...scenes(simulator)];
  for (const fault of faults) {
    const { kind, on, probability } = fault;
    // Each kind has two calls of its own, so that none is hidden behind another for certain.
    const rivals = faults.filter((other) => other.on === on);
    const turn = 2 + rivals.indexOf(fault);
    tally.expect(kind, Math.max(1, Math.floor((options.requests * probability) / 10)));
    const counted: FaultAction[] = [
      { kind: 'call', when: 'before', run: () => tally.add(kind) },
      ...(Array.isArray(fault.do) ? (fault.do as readonly FaultAction[]) : [fault.do as FaultAction]),
    ];
    simulator.addFault({ name: kind, on, probability, do: counted });
    simulator.addFault({ name: kind, on, nth: [turn, turn + rivals.length], do: counted });
  }
  armContested(simulator, options, tally);
}

/** Somebody edits these agents before each of our writes, so that the breaker opens; others are refused when put back. */
function armContested(simulator: Simulator, { agents, requests }: CampaignOptions, tally: Tally): void {
  // Of a few agents one alone might never come to a write, and few come to a toggle: those of bulks and temporary skills do.
  const isSmall = agents < 100;
  const contested = simulator.agents().filter((_, index) => index % (isSmall ? 8 : 20) === 1);
  const refused = simulator.agents().filter((_, index) => (isSmall ? index % 10 === 0 : index % 60 === 2));
  tally.expect('edited before each PATCH', Math.max(1, Math.floor(requests / 200)));
  tally.expect('put back refused (403)', Math.max(1, Math.floor(requests / 2_000)));
  for (const { agentId } of contested) {
    const edit = (): void => {
      tally.add('edited before each PATCH');
      editByOthers(simulator, agentId);
    };
    simulator.addFault({
      name: 'edited before each PATCH',
      on: 'patchAgent',
      agentId,
      do: { kind: 'call', when: 'before', run: edit },
    });
  }
  for (const { agentId } of refused) {
    simulator.addFault({
      name: 'put back refused (403)',
      on: 'patchState',
      agentId,
      nth: 2,
      do: [
        { kind: 'call', when: 'before', run: () => tally.add('put back refused (403)') },
        { kind: 'answer', status: 403 },
      ],
    });
  }
}

/** Changes the level of the skill that is nobody else's business, so that the ETag is another one. */
function editByOthers(simulator: Strings, agentId: string): void {
  const { skills } = simulator.agent(agentId);
  const others = skills.map((skill) =>
    skill.skillId === OTHERS_SKILL ? { ...skill, level: (skill.level % 5) + 1 } : skill,
  );
  simulator.editSkills(agentId, others);
}
