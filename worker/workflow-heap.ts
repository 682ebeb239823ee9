import { setFlagsFromString } from 'node:v8';

/** Of each of the two halves of the youngest generation, which costs resident memory whether it is needed or not. */
const SEMI_SPACE_MIB = 2;
/** Some times what the cached runs need. From this V8 takes how far it may let garbage grow, by default gigabytes. */
const OLD_SPACE_MIB = 512;

/**
 * Keeps the heap of the thread that runs workflows small. V8 looks at these flags when a thread starts, so this comes
 * before the worker is made; the main thread's heap is there already and stays as it is.
 */
export function boundWorkflowHeap(): void {
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`);
  setFlagsFromString(`--max-old-space-size=${OLD_SPACE_MIB}`);
}
