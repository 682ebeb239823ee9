import type { NewRequest } from '../../client/index.ts';
import type { SkillChange } from '../../domain/request.ts';
import { seededRandom } from '../../simulator/random.ts';
import type { CampaignOptions } from './options.ts';
import { agentId } from './world.ts';

/** One caller's doings. */
export interface Errand {
  request: NewRequest & { requestId: string };
  /** Sent again by somebody else: at the same time, or after its end. */
  repeat?: 'at-once' | 'afterwards';
  /** Cancelled so many milliseconds after it was sent. */
  cancelAfterMs?: number;
  /** The whole run of its agent is cancelled. */
  cancelRunAfterMs?: number;
}

const NAMES = ['voice', 'chat', 'mail', 'sales', 'billing', 'returns'];

/** The errands of a campaign; those for one agent lie close together, so that they meet. */
export function planErrands({ requests, agents, seed }: CampaignOptions): Errand[] {
  const random = seededRandom(seed, 'plan');
  return Array.from({ length: requests }, (_, index): Errand => {
    const around = Math.floor((index / requests) * agents);
    const agent = Math.min(agents - 1, Math.max(0, around + Math.floor(random() * 4) - 2));
    const draw = random();
    return {
      request: {
        requestId: `r${seed}-${index}`,
        agentId: draw < 0.01 ? 'agent-unknown' : agentId(agent),
        changes: planChanges(random),
        requestedBy: 'campaign',
        reason: `errand ${index}`,
        ...(index % 3 === 0 ? { ticket: `OPS-${index}` } : {}),
      },
      // The first few make sure that even a small campaign has each kind.
      ...(index % 10 === 1 ? { repeat: index % 20 === 1 ? 'at-once' : 'afterwards' } : {}),
      ...(index % 25 === 2 ? { cancelAfterMs: Math.floor(random() * 1_500) } : {}),
      ...(index % 60 === 3 ? { cancelRunAfterMs: Math.floor(random() * 1_500) } : {}),
    };
  });
}

/** Wishes of one request: most of them right. */
export function planChanges(random: () => number): SkillChange[] {
  const draw = random();
  if (draw < 0.02) return [{ action: 'assign', skill: { name: 'no such skill' }, level: 3 }];
  if (draw < 0.03) return [{ action: 'assign', skill: { name: 'twin' }, level: 3 }];
  if (draw < 0.05) return [{ action: 'assign', skill: { skillId: 'skill-pci' }, level: 3 }];
  if (draw < 0.09)
    return [{ action: 'assign', skill: { name: 'twin', skillGroup: 'west' }, level: 1 + pick(random, 5) }];
  const names = shuffled(random).slice(0, 1 + pick(random, 3));
  return names.map((name) => {
    const skill = random() < 0.5 ? { skillId: `skill-${name}` } : { name };
    if (random() < 0.3) return { action: 'remove', skill };
    return { action: 'assign', skill, level: random() < 0.1 ? 3.5 : 1 + pick(random, 5) };
  });
}

function shuffled(random: () => number): string[] {
  return NAMES.map((name) => ({ name, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ name }) => name);
}

function pick(random: () => number, count: number): number {
  return Math.floor(random() * count);
}
