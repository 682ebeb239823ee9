import { z } from 'zod';
import { toFieldProblems, wording, type Parsed } from '../domain/field-problem.ts';
import { AGENT_ID_PATTERN } from '../domain/request.ts';
import { isWithin, sorted, type Boundaries, type TimeWindow } from './boundaries.ts';

const instant = z.iso
  .datetime({ offset: true, abort: true, error: 'must be a time with its offset, such as 2026-11-23T08:00:00+01:00' })
  .transform((text) => Date.parse(text));

const shift = z
  .strictObject({
    agentId: z.string().regex(AGENT_ID_PATTERN, { error: "must be an agent's id" }),
    start: instant,
    end: instant,
  })
  .refine(({ start, end }) => start < end, { path: ['end'], error: 'must be after start' });

const shiftListSchema = z.strictObject({
  version: z.literal(1),
  validUntil: instant.optional(),
  shifts: z.array(shift),
});

/** Reads the JSON form of a schedule (docs/shift-feeds.md): when the shifts of each agent begin and end. */
export function readShiftList(text: string, window: TimeWindow): Parsed<'boundaries', Boundaries> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problems: [{ path: '', message: 'is not valid JSON' }] };
  }
  const parsed = shiftListSchema.safeParse(value, { error: wording });
  if (!parsed.success) return { ok: false, problems: toFieldProblems(parsed.error) };
  const { shifts, validUntil } = parsed.data;
  const byAgent = new Map<string, number[]>();
  for (const { agentId, start, end } of shifts) {
    const known = byAgent.get(agentId) ?? [];
    known.push(...[start, end].filter((time) => isWithin(window, time)));
    byAgent.set(agentId, known);
  }
  for (const [agentId, times] of byAgent) byAgent.set(agentId, sorted(times));
  const until = validUntil === undefined ? {} : { validUntilMs: validUntil };
  return { ok: true, boundaries: { everyone: [], byAgent, ...until } };
}
