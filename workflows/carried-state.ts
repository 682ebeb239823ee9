import type { SkillLevel } from '../domain/inventory.ts';
import type { RememberedOutcome } from '../domain/outcome.ts';
import type { OpenRequest, Progress } from './open-request.ts';

/** What a run hands to the next one when it continues as new. Plain data. */
export interface CarriedState {
  open: CarriedRequest[];
  /** What the progress of the open requests points to: a batch's requests have read the same. Not in older runs. */
  inventories?: SkillLevel[][];
  outcomes: RememberedOutcome[];
  /** Ids of ended requests that no run of this chain has shown in `CxoneRequestIds` yet. */
  unlisted: string[];
  /** Time of the last idempotency key, unix milliseconds. */
  lastKeyTime: number;
  /** The agent's state as last read or set; `readAt` in unix milliseconds. */
  agentState?: { state: string; readAt: number };
}

type Inventories = Pick<Progress, 'before' | 'after' | 'written' | 'routing'>;

interface CarriedRequest extends Omit<OpenRequest, 'progress'> {
  /** Older runs have put the inventories here. */
  progress: Omit<Progress, keyof Inventories> & Partial<Inventories>;
  /** Places in `inventories`. */
  read?: Partial<Record<keyof Inventories, number>>;
}

/** Puts each inventory down once, so that dozens of requests of an agent with hundreds of skills stay small. */
export function packRequests(open: readonly OpenRequest[]): Required<Pick<CarriedState, 'open' | 'inventories'>> {
  const places = new Map<string, number>();
  const inventories: SkillLevel[][] = [];
  const placeOf = (inventory: SkillLevel[]): number => {
    const content = JSON.stringify(inventory);
    const place = places.get(content) ?? inventories.push(inventory) - 1;
    places.set(content, place);
    return place;
  };
  const packed = open.map(({ progress, ...entry }): CarriedRequest => {
    const { before, after, written, routing, ...rest } = progress;
    const read: NonNullable<CarriedRequest['read']> = {};
    for (const [name, inventory] of Object.entries({ before, after, written, routing })) {
      if (inventory !== undefined) read[name as keyof Inventories] = placeOf(inventory);
    }
    return { ...entry, progress: rest, read };
  });
  return { open: packed, inventories };
}

/** The requests as they were before {@link packRequests}, or as an older run has handed them over. */
export function unpackRequests({ open, inventories = [] }: Pick<CarriedState, 'open' | 'inventories'>): OpenRequest[] {
  return open.map(({ read = {}, progress, ...entry }) => {
    const found = Object.entries(read).map(([name, place]) => [name, inventories[place]]);
    return { ...entry, progress: { ...progress, ...(Object.fromEntries(found) as Inventories) } };
  });
}
