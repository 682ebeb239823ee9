import type { SkillLevel } from '../../../domain/inventory.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';
import { endOf, ref, total, wishesOf, type Evidence, type Verdict } from './evidence.ts';

const AT_MOST_MS = 60_000;
/** The time from the look at the clock to the PATCH's arrival. */
const SLACK_MS = 1000;

/** I12: an id that is written was read from the catalogue at most 60 s before, by whichever process. */
export function freshSkillIds({ agents, processes }: Evidence): Verdict {
  const reads = processes.flatMap(({ entries }) => entries).filter(isCatalogueReading);
  return total(
    agents.flatMap(({ name, tenantId, patches }) =>
      patches.flatMap((patch) =>
        wishesOf(patch).map((wish) => {
          const known = reads.filter((read) => read.tenantId === tenantId && tells(read, wish));
          const ages = known.map((read) => patch.arrivedMono - endOf(read)).filter((age) => age >= 0);
          const age = Math.min(...ages, Infinity);
          const violation = `${name}: ${ref(patch)} wrote ${wish.skillId}, last read ${Math.round(age / 1000)} s before`;
          return { cases: 1, violations: age <= AT_MOST_MS + SLACK_MS ? [] : [violation] };
        }),
      ),
    ),
  );
}

function isCatalogueReading(entry: LedgerEntry): boolean {
  if (!entry.delivered || entry.madeUp === true) return false;
  if (entry.operation === 'listSkills') return entry.status === 200;
  return entry.operation === 'getSkill' && (entry.status === 200 || entry.status === 404);
}

/** That an id is gone is all there is to know for its removal. */
function tells(read: LedgerEntry, { skillId, level }: SkillLevel): boolean {
  if (read.skillIds?.includes(skillId) === true) return true;
  return level === 0 && (read.operation === 'listSkills' || read.skillId === skillId);
}
