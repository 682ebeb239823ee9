/**
 * Loaded before each test file (`tools/test.mjs`): properties and fuzzing draw the same cases in every run, so that a change
 * is not held up by what it did not cause. `SEED=fresh` draws others (`npm run fuzz`), `SEED=<number>` those of a failure.
 */
import fc from 'fast-check';

const { SEED = '1' } = process.env;
fc.configureGlobal({ seed: SEED === 'fresh' ? Date.now() : Number(SEED) });
