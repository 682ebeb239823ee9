import type { PolicyOverrides } from '../../domain/policy.ts';
import type { AgentSeed, SkillSeed } from '../../simulator/index.ts';

/** The source's seconds, fifty times as fast, for the platform and the policy alike. */
export const TIME_SCALE = 1 / 50;

export const POLICY: PolicyOverrides = {
  conflictWait: '600ms',
  lockWait: '600ms',
  lockLimit: '4s',
  toggleGap: '20ms',
  verifyWindow: '300ms',
  verifyInterval: '100ms',
  propagationWindow: '1500ms',
  idleInterval: '200ms',
  idleLimit: '4s',
  outageLimit: '15s',
  escalateAfter: '1s',
  requestTimeout: '1s',
};

/** Skills that requests ask for, by id or by name. */
export const SKILLS: readonly SkillSeed[] = [
  ...['voice', 'chat', 'mail', 'sales', 'billing', 'returns'].map((name) => ({
    skillId: `skill-${name}`,
    name,
    skillGroup: 'general',
    status: 'ACTIVE' as const,
  })),
  { skillId: 'skill-pci', name: 'pci', skillGroup: 'compliance', status: 'ACTIVE', allowedLevels: [1, 5] },
  { skillId: 'skill-twin-a', name: 'twin', skillGroup: 'east', status: 'ACTIVE' },
  { skillId: 'skill-twin-b', name: 'twin', skillGroup: 'west', status: 'ACTIVE' },
  { skillId: 'skill-lent', name: 'lent', skillGroup: 'general', status: 'ACTIVE' },
  { skillId: 'skill-others', name: 'others', skillGroup: 'general', status: 'ACTIVE' },
];

/** Only lent, so that whoever has it in the end was not relieved of it. */
export const LENT_SKILL = 'skill-lent';

/** Only somebody else ever changes it. */
export const OTHERS_SKILL = 'skill-others';

export function agentId(index: number): string {
  return `agent-${String(index).padStart(5, '0')}`;
}

/** Everybody has a skill that nobody asks about, and every fourth is out of the queue by their own. */
export function agentSeed(index: number): AgentSeed {
  return {
    agentId: agentId(index),
    skills: [
      { skillId: OTHERS_SKILL, level: 2 },
      { skillId: 'skill-returns', level: 3 },
    ],
    ...(index % 4 === 3 ? { state: 'NOTAVAILABLE', reason: 'LUNCH' } : {}),
  };
}
