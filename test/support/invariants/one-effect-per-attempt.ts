import { shows } from '../../../domain/inventory.ts';
import {
  byKey,
  isLost,
  lastReading,
  ref,
  tookEffect,
  total,
  wishesOf,
  type AgentEvidence,
  type Evidence,
  type Verdict,
} from './evidence.ts';

/**
 * I2: an attempt takes effect at most once, and a write that follows one which may have taken effect comes after a read
 * that shows its wish untrue.
 */
export function oneEffectPerAttempt({ agents }: Evidence): Verdict {
  return total(agents.flatMap((agent) => [effects(agent), rewrites(agent)]));
}

function effects({ name, patches }: AgentEvidence): Verdict {
  const repeated = [...byKey(patches).values()].filter(({ length }) => length > 1);
  const twice = repeated.map((same) => same.filter(tookEffect)).filter(({ length }) => length > 1);
  return {
    cases: repeated.length,
    violations: twice.map(
      (same) => `${name}: one attempt took effect ${same.length} times (${same.map(ref).join(', ')})`,
    ),
  };
}

function rewrites(agent: AgentEvidence): Verdict {
  const verdict: Verdict = { cases: 0, violations: [] };
  for (const [index, patch] of agent.patches.entries()) {
    const earlier = agent.patches.slice(0, index).findLast((other) => other.status === 200 || isLost(other));
    if (earlier === undefined) continue;
    verdict.cases += 1;
    const read = lastReading(agent, 'getAgent', patch);
    if (read === undefined || read.arrivedMono < earlier.arrivedMono) {
      verdict.violations.push(`${agent.name}: ${ref(patch)} was sent without a read since ${ref(earlier)}`);
    } else if (shows(read.after?.skills ?? [], wishesOf(patch))) {
      verdict.violations.push(`${agent.name}: ${ref(patch)} was sent though ${ref(read)} showed its wish to be true`);
    }
  }
  return verdict;
}
