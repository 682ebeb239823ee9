import type { AgentSeed, Level } from './model.ts';

interface Team {
  name: string;
  agents: number;
  skills: (index: number) => Level[];
}

const BILLING_VOICE = 'sk-2001';
const BILLING_CHAT = 'sk-2002';
const TECHNICAL_SUPPORT = 'sk-2003';
const SPANISH = 'sk-1001';
const FRENCH = 'sk-1002';
const PAYMENT_CARD_COMPLIANCE = 'sk-4001';

/** 200 agents in all; as in a real centre, not every member of a team has quite what the team should have. */
const TEAMS: readonly Team[] = [
  {
    name: 'voice',
    agents: 80,
    skills: (index) => [
      { skillId: BILLING_VOICE, level: 2 + (index % 3) },
      ...(index % 4 === 0 ? [{ skillId: PAYMENT_CARD_COMPLIANCE, level: 5 }] : []),
    ],
  },
  { name: 'chat', agents: 60, skills: (index) => [{ skillId: BILLING_CHAT, level: 3 + (index % 2) }] },
  { name: 'technical', agents: 40, skills: (index) => [{ skillId: TECHNICAL_SUPPORT, level: 1 + (index % 5) }] },
  { name: 'languages', agents: 20, skills: (index) => [{ skillId: index % 2 === 0 ? SPANISH : FRENCH, level: 4 }] },
];

/** The agents of a whole centre: `voice-01` to `voice-80`, `chat-01` and so on. Some are in a call, some on a break. */
export function demoCentre(): AgentSeed[] {
  return TEAMS.flatMap(({ name, agents, skills }) =>
    Array.from({ length: agents }, (_, index) => ({
      agentId: `${name}-${String(index + 1).padStart(2, '0')}`,
      skills: skills(index),
      ...stateOf(index),
    })),
  );
}

function stateOf(index: number): Pick<AgentSeed, 'state' | 'reason'> {
  if (index % 25 === 24) return { state: 'CALL' };
  if (index % 17 === 16) return { state: 'NOTAVAILABLE', reason: 'BREAK' };
  return {};
}
