import { demoCentre } from './centre.ts';
import type { AgentSeed, SkillSeed, TenantSeed } from './model.ts';

/** The tenant and API client of the demonstration. */
export const DEMO_TENANT_ID = 'demo';
export const DEMO_CLIENT_ID = 'demo';
export const DEMO_CLIENT_SECRET = 'demo-secret';

export const DEMO_TENANTS: readonly TenantSeed[] = [
  { tenantId: DEMO_TENANT_ID, clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET },
];

/** Two skills named Billing, one that is retired, one for which levels 1 and 5 only are allowed. */
export const DEMO_SKILLS: readonly SkillSeed[] = [
  { skillId: 'sk-1001', name: 'Spanish', skillGroup: 'Languages', status: 'ACTIVE' },
  { skillId: 'sk-1002', name: 'French', skillGroup: 'Languages', status: 'ACTIVE' },
  { skillId: 'sk-2001', name: 'Billing', skillGroup: 'Voice', status: 'ACTIVE' },
  { skillId: 'sk-2002', name: 'Billing', skillGroup: 'Chat', status: 'ACTIVE' },
  { skillId: 'sk-2003', name: 'Technical Support', skillGroup: 'Voice', status: 'ACTIVE' },
  { skillId: 'sk-3001', name: 'Fax', skillGroup: 'Legacy', status: 'INACTIVE' },
  {
    skillId: 'sk-4001',
    name: 'Payment Card Compliance',
    skillGroup: 'Compliance',
    status: 'ACTIVE',
    allowedLevels: [1, 5],
  },
];

/** Agents in the queue, in a call, on a break, one who still has the retired skill, and a centre of 200. */
export const DEMO_AGENTS: readonly AgentSeed[] = [
  { agentId: 'agent-100', skills: [{ skillId: 'sk-2001', level: 3 }] },
  {
    agentId: 'agent-101',
    skills: [
      { skillId: 'sk-1001', level: 2 },
      { skillId: 'sk-2003', level: 5 },
    ],
  },
  { agentId: 'agent-102', state: 'CALL', skills: [{ skillId: 'sk-2002', level: 4 }] },
  { agentId: 'agent-103', state: 'NOTAVAILABLE', reason: 'BREAK', skills: [{ skillId: 'sk-1002', level: 1 }] },
  {
    agentId: 'agent-104',
    skills: [
      { skillId: 'sk-3001', level: 2 },
      { skillId: 'sk-4001', level: 5 },
    ],
  },
  ...demoCentre(),
];
