import { basename } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { parsePlan } from '../../domain/plan.schema.ts';
import type { SavedPlan } from '../../domain/plan.ts';
import { readAgentList } from '../../files/agent-list.ts';
import { readStateCsv } from '../../files/desired-state-csv.ts';
import { writeStateYaml } from '../../files/desired-state-write.ts';
import { readStateYaml } from '../../files/desired-state.ts';
import type { DesiredState } from '../../domain/desired-state.ts';
import type { DriftReport } from '../../domain/drift.ts';
import type { PlanOrder } from '../code/apply.ts';
import type { RequestEnd } from '../code/carry-out.ts';
import type { DriftWatch, LastCheck } from '../code/drift.ts';
import type { PlanSource } from '../code/plan.ts';
import type { ApplyOptions, SkillsAsCode } from '../code/skills-as-code.ts';
import { openAppliedFile, readAppliedFile } from './applied-file.ts';
import { durationMs, waitTimeout } from './arguments.ts';
import { endDocument, exitCodeOfEnds, renderEnds, renderLeft, renderOpen, renderPlan } from './code-render.ts';
import { renderDrift, renderWatches } from './drift-render.ts';
import { createCounter } from './counter.ts';
import type { CommandResult } from './documents.ts';
import type { CheckedCommand, Waiting } from './execute.ts';
import { EXIT } from './exit-codes.ts';
import type { FlagValues } from './inputs.ts';
import { invalidContent, InvalidFileError, readInputFile } from './input-file.ts';

/** Carries out a command of skills as code. */
export async function executeCode(
  code: SkillsAsCode,
  { name, values, switches }: CheckedCommand,
  { signal, stderr }: Waiting,
): Promise<CommandResult> {
  const count = createCounter(stderr);
  const options = { signal, ...waitTimeout(values) };
  try {
    switch (name) {
      case 'plan':
        return await plan();
      case 'apply':
        return await apply();
      case 'rollback':
        return await rollback();
      case 'import':
        return await importAgents();
      case 'drift check':
        return ofDrift(await driftCheck(), switches);
      case 'drift watch':
        return ofWatches([await driftWatch()]);
      case 'drift list':
        return ofWatches(await code.drift.list());
      case 'drift report':
        return ofLastCheck(await code.drift.last(watchName(values)), switches);
      case 'drift stop':
        await code.drift.stop(watchName(values));
        return { document: { name: watchName(values), status: 'stopped' }, text: 'stopped', exitCode: EXIT.done };
      default:
        throw new Error(`no way to carry out ${name}`);
    }
  } finally {
    count.end();
  }

  async function plan(): Promise<CommandResult> {
    const { state, source } = await readState(values);
    const made = await code.plan(state, source, {
      ...options,
      onProgress: (read) => count.show(`read ${read} of ${state.agents.length} agents`),
    });
    const out = values.get('out');
    if (out !== undefined) await save(out, `${JSON.stringify(made, null, 2)}\n`);
    const changes = switches.has('detailed-exitcode') && made.agents.length > 0;
    return { document: made, text: renderPlan(made, out), exitCode: changes ? EXIT.changes : EXIT.done };
  }

  async function apply(): Promise<CommandResult> {
    const { path, saved } = await readPlan(values);
    const applied = openAppliedFile(path, saved.digest);
    try {
      const ends = await code.apply(saved, orderOf(values), {
        ...progress(saved.agents.length),
        onRequest: (request) => applied.keep(request),
      });
      return ofEnds(saved, ends, []);
    } finally {
      applied.close();
    }
  }

  async function rollback(): Promise<CommandResult> {
    const { path, saved } = await readPlan(values);
    const before = readAppliedFile(path, saved.digest);
    const applied = openAppliedFile(path, saved.digest);
    try {
      const { ends, left, open } = await code.rollback(saved, before, orderOf(values), progress(saved.agents.length));
      for (const agentId of takenBack(ends)) applied.forget(agentId);
      const result = ofEnds(saved, ends, [...renderLeft(left), ...renderOpen(open)]);
      const document = {
        ...result.document,
        left,
        open: open.map(({ agentId, requestId }) => ({ agentId, requestId })),
      };
      const waits = open.length > 0 && result.exitCode === EXIT.done;
      return { ...result, document, exitCode: waits ? EXIT.awaitingReconciliation : result.exitCode };
    } finally {
      applied.close();
    }
  }

  async function importAgents(): Promise<CommandResult> {
    const path = values.get('agents') ?? '';
    const list = readAgentList((await readInputFile(path)).text);
    if (!list.ok) throw invalidContent(path, list.problems);
    const { state, unknown } = await code.import(list.agentIds, {
      ...options,
      onProgress: (read) => count.show(`read ${read} of ${list.agentIds.length} agents`),
    });
    const text = writeStateYaml(state);
    const out = values.get('out');
    if (out !== undefined) await save(out, text);
    const notes = unknown.length === 0 ? [] : [`# The platform does not know ${unknown.join(', ')}.`];
    const written = out === undefined ? text.trimEnd() : `${state.agents.length} agents written to ${out}`;
    return {
      document: { agents: state.agents.length, unknown, ...(out === undefined ? { file: text } : { out }) },
      text: [...notes, written].join('\n'),
      exitCode: EXIT.done,
    };
  }

  async function driftCheck(): Promise<DriftReport> {
    const { state, source } = await readState(values);
    return code.drift.check(state, source, { ...orderOf(values), repair: switches.has('repair') }, options);
  }

  async function driftWatch(): Promise<DriftWatch> {
    const { state, source } = await readState(values);
    const everyMs = durationMs(values.get('every') ?? '') ?? 0;
    const order = { ...orderOf(values), repair: switches.has('repair'), everyMs };
    return code.drift.watch(watchName(values), state, source, order);
  }

  function progress(agents: number): ApplyOptions {
    let ended = 0;
    return {
      ...options,
      onRead: (read) => count.show(`read ${read} of ${agents} agents`),
      onEnd: (_end, requests) => {
        ended += 1;
        count.show(`${ended} of ${requests} requests have ended`);
      },
    };
  }
}

function ofEnds({ digest }: SavedPlan, ends: readonly RequestEnd[], notes: readonly string[]): CommandResult {
  return {
    document: { plan: digest, requests: ends.map(endDocument) },
    text: [...renderEnds(ends), ...notes].join('\n'),
    exitCode: exitCodeOfEnds(ends),
  };
}

/** Agents of whom every request of the rollback has done what it was for. */
function takenBack(ends: readonly RequestEnd[]): string[] {
  const failed = new Set(ends.filter((end) => exitCodeOfEnds([end]) !== EXIT.done).map(({ agentId }) => agentId));
  return [...new Set(ends.map(({ agentId }) => agentId))].filter((agentId) => !failed.has(agentId));
}

function ofDrift(report: DriftReport, switches: ReadonlySet<string>): CommandResult {
  const found = report.inDirectory + report.inRouting > 0;
  const exitCode = found && switches.has('detailed-exitcode') ? EXIT.changes : EXIT.done;
  return { document: report, text: renderDrift(report), exitCode };
}

function ofLastCheck(last: LastCheck, switches: ReadonlySet<string>): CommandResult {
  const notes = [
    ...(last.running ? ['A check is at work now.'] : []),
    ...(last.failed ? ['The latest check failed; see its run in the Web UI.'] : []),
  ];
  if (last.report === undefined) {
    return { document: last, text: [...notes, 'No check has ended yet.'].join('\n'), exitCode: EXIT.done };
  }
  const result = ofDrift(last.report, switches);
  return { ...result, document: last, text: [...notes, result.text].join('\n') };
}

function ofWatches(watches: readonly DriftWatch[]): CommandResult {
  return { document: { watches }, text: renderWatches(watches), exitCode: EXIT.done };
}

async function readState(values: FlagValues): Promise<{ state: DesiredState; source: PlanSource }> {
  const path = values.get('file') ?? '';
  const { text, sha256 } = await readInputFile(path);
  const file = formatOf(path, values) === 'csv' ? readStateCsv(text) : readStateYaml(text);
  if (!file.ok) throw invalidContent(path, file.problems);
  return { state: file.state, source: { name: basename(path), sha256 } };
}

function watchName(values: FlagValues): string {
  return values.get('name') ?? 'main';
}

async function readPlan(values: FlagValues): Promise<{ path: string; saved: SavedPlan }> {
  const path = values.get('plan') ?? '';
  const parsed = parsePlan((await readInputFile(path)).text);
  if (!parsed.ok) throw new InvalidFileError(path, 'is no plan that can be used', parsed.problems);
  return { path, saved: parsed.plan };
}

function orderOf(values: FlagValues): PlanOrder {
  const ticket = values.get('ticket');
  return {
    requestedBy: values.get('by') ?? '',
    reason: values.get('reason') ?? '',
    ...(ticket === undefined ? {} : { ticket }),
  };
}

function formatOf(path: string, values: FlagValues): 'yaml' | 'csv' {
  const named = values.get('format');
  if (named !== undefined) return named === 'csv' ? 'csv' : 'yaml';
  return path.toLowerCase().endsWith('.csv') ? 'csv' : 'yaml';
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new InvalidFileError(path, `can't be written (${code})`);
  }
}
