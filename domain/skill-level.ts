/** Levels the platform knows. Anything outside is silently clamped to 1 there, so it must never be sent. */
export const MIN_LEVEL = 1;
export const MAX_LEVEL = 5;

export type LevelVerdict = { ok: true; level: number; corrected: boolean } | { ok: false };

/** Accepts a finite number from 1 to 5 as it was given (5.4 is outside); rounds a decimal inside half up. */
export function judgeLevel(given: unknown): LevelVerdict {
  if (typeof given !== 'number' || !(given >= MIN_LEVEL && given <= MAX_LEVEL)) return { ok: false };
  const level = Math.floor(given + 0.5);
  return { ok: true, level, corrected: level !== given };
}
