import type { ChartOptions } from './report/plot.ts';
import type { ServerKind } from './stage/server.ts';

/** What a figure is measured with. */
export interface BenchOptions {
  /** Few and short rounds: shows that the measurement works, says nothing about the product. */
  quick: boolean;
  /** The Temporal servers to measure with, where a figure compares them. */
  servers: readonly ServerKind[];
  /** Told what is going on. */
  say: (line: string) => void;
}

export interface Table {
  caption: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

export interface Plot {
  /** Of the file, without its ending. */
  name: string;
  alt: string;
  options: ChartOptions;
}

/** One limit of a figure and whether it was kept. */
export interface Verdict {
  what: string;
  target: string;
  measured: string;
  reached: boolean;
}

export interface Result {
  /** How it was measured: what a reader needs to know to judge the numbers. */
  method: readonly string[];
  verdicts: readonly Verdict[];
  tables: readonly Table[];
  plots: readonly Plot[];
}

/** Something that can be measured by its name. */
export interface Figure {
  name: string;
  title: string;
  /** Part of a run that names no figure. */
  byDefault: boolean;
  /** Measured on each of `servers`; other figures are on the embedded one. */
  comparesServers?: true;
  measure(options: BenchOptions): Promise<Result>;
}
