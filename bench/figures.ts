import type { Figure } from './figure.ts';
import { auditChain, auditMillion } from './figures/audit-chain.ts';
import { auditSink } from './figures/audit-sink.ts';
import { backlog } from './figures/backlog.ts';
import { cleanChange } from './figures/clean-change.ts';
import { coldStart } from './figures/cold-start.ts';
import { latency } from './figures/latency.ts';
import { memory } from './figures/memory.ts';
import { oneAgent } from './figures/one-agent.ts';
import { outOfQueue } from './figures/out-of-queue.ts';
import { throughput } from './figures/throughput.ts';

/** Everything that can be measured, in the order of a run. */
export const FIGURES: readonly Figure[] = [
  latency,
  outOfQueue,
  throughput,
  cleanChange,
  oneAgent,
  coldStart,
  memory,
  backlog,
  auditSink,
  auditChain,
  auditMillion,
];
