import type { CliStream } from './main.ts';

/** A terminal is told in place, a log now and then. */
const LOG_EVERY_MS = 5_000;

/** Says on stderr how far something has come. */
export interface Counter {
  show(text: string): void;
  end(): void;
}

export function createCounter(stderr: CliStream): Counter {
  const inPlace = stderr.isTTY === true;
  let lastAt = performance.now();
  let isOpen = false;
  return {
    show(text) {
      if (inPlace) stderr.write(`\r\u001b[K${text}`);
      else if (performance.now() - lastAt < LOG_EVERY_MS) return;
      else stderr.write(`${text}\n`);
      lastAt = performance.now();
      isOpen = inPlace;
    },
    end() {
      if (isOpen) stderr.write('\r\u001b[K');
      isOpen = false;
    },
  };
}
