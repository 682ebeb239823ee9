import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  ActivityFailure,
  continueAsNew,
  metricMeter,
  patched,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ProvisioningActivities, RequestActivities } from '../activities/contract.ts';
import { cutPages, type AgentInventory, type AgentPage, type AgentsPage } from '../domain/agents-page.ts';
import { auditRecord, type AuditRecord, type RequestAuditData } from '../domain/audit-record.ts';
import { unpackAgent, type DesiredAgent } from '../domain/desired-state.ts';
import { MAX_REPORTED_PROBLEMS, type DriftCheckInput, type DriftedAgent, type DriftReport } from '../domain/drift.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { levelOf } from '../domain/inventory.ts';
import { inLanes } from '../domain/lanes.ts';
import { METRICS } from '../domain/metric-names.ts';
import type { Problem } from '../domain/outcome.ts';
import { MAX_CHANGES, type ProvisionRequest, type SkillChange } from '../domain/request.ts';
import { skillBook } from '../domain/skill-facts.ts';
import { difference, type SkillStep } from '../domain/state-difference.ts';
import { refusal } from './check-input.ts';
import { problemOfInput } from './drift-input.ts';
import { emptyReport, keepSome, reportDrifted, reportMissing } from './drift-report.ts';
import { readPage } from './reading.ts';

/** How long a page may wait for the platform. */
const GIVE_UP_AFTER_MS = 15 * 60_000;
const REPAIRS_AT_ONCE = 10;
const RECORDS_AT_ONCE = 50;

const driftedAgents = metricMeter.createCounter(
  METRICS.driftedAgents,
  '1',
  'Agents found drifted by a check, by where',
);

/** What a run hands over to the one that continues it. */
interface Carried {
  report: DriftReport;
  /** The first agent that was not compared yet. */
  next: number;
}

/** A drifted agent with what was read of them. */
interface Found extends DriftedAgent {
  inventory: AgentInventory;
  /** Why the file can't be carried out for this agent as it is; `plan` refuses such a file. */
  refusal?: Problem;
}

/**
 * Compares a desired state with what the directory says and what routing uses, page by page; reports what differs, and
 * has it put right only if told to. `carried` is what the run before handed over.
 */
export async function DriftCheckWorkflow(input: DriftCheckInput, carried?: Carried): Promise<DriftReport> {
  const problem = problemOfInput(input);
  if (problem !== undefined) throw refusal(FAILURE.invalidInput, problem);
  const handedOver = workflowInfo().continuedFromExecutionRunId === undefined ? undefined : carried;
  const report = handedOver?.report ?? emptyReport(input);
  let next = handedOver?.next ?? 0;
  const agents = new Map(input.state.agents.slice(next).map((entry) => [entry[0], unpackAgent(input.state, entry)]));
  const toRead = [...agents.values()].map(({ agentId, skills }) => ({
    agentId,
    skills: [...skills.map(({ skill }) => skill), ...input.state.exclusive],
  }));
  for (const page of cutPages(toRead)) {
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof DriftCheckWorkflow>(input, { report, next });
    }
    await checkPage(input, page, agents, report);
    next += page.agentIds.length;
  }
  return { ...report, endedAt: new Date().toISOString() };
}

async function checkPage(
  input: DriftCheckInput,
  page: AgentPage,
  agents: ReadonlyMap<string, DesiredAgent>,
  report: DriftReport,
): Promise<void> {
  const read = await readAgain(input, page);
  report.agentsCompared += read.agents.length;
  reportMissing(report, read);
  const found = await confirmed(input, compare(input, read, agents, report), agents, report);
  if (found.length === 0) return;
  report.inDirectory += count(found, 'directory');
  report.inRouting += count(found, 'routing');
  driftedAgents.add(count(found, 'directory'), { where: 'directory' });
  driftedAgents.add(count(found, 'routing'), { where: 'routing' });
  await record(input, found, report.startedAt);
  if (input.repair) await inLanes(found, REPAIRS_AT_ONCE, (agent) => repair(input, agent));
  reportDrifted(
    report,
    found.map(({ inventory: _inventory, refusal: _refusal, ...drifted }) => drifted),
  );
}

function compare(
  { state }: DriftCheckInput,
  { agents: inventories, skills }: AgentsPage,
  agents: ReadonlyMap<string, DesiredAgent>,
  report: DriftReport,
): Found[] {
  const book = skillBook(skills);
  return inventories.flatMap((inventory): Found[] => {
    const desired = agents.get(inventory.agentId);
    if (desired === undefined) return [];
    const directory = difference(desired, state.exclusive, inventory.skills, book);
    const isElsewhere = ({ skillId }: SkillStep): boolean => directory.steps.every((step) => step.skillId !== skillId);
    const routing = difference(desired, state.exclusive, inventory.routing ?? [], book).steps.filter(isElsewhere);
    const known = new Set(report.problems.map(({ message }) => message));
    const problems = directory.problems.map(({ code, message }) => ({ code, message }));
    keepSome(
      report.problems,
      problems.filter(({ message }) => !known.has(message)),
      MAX_REPORTED_PROBLEMS,
    );
    if (directory.steps.length === 0 && routing.length === 0) return [];
    const wrong = directory.problems.findIndex(({ mayGoOn }) => !mayGoOn);
    const refusal = problems[wrong];
    const found = { agentId: inventory.agentId, directory: directory.steps, routing, inventory };
    return [refusal === undefined ? found : { ...found, refusal }];
  });
}

/** Routing follows the directory after a while: who differs there only is read again after that. */
async function confirmed(
  input: DriftCheckInput,
  found: readonly Found[],
  agents: ReadonlyMap<string, DesiredAgent>,
  report: DriftReport,
): Promise<Found[]> {
  const late = found.filter(({ directory }) => directory.length === 0);
  if (late.length === 0) return [...found];
  await sleep(input.settleMs, { summary: `may ${late.length} agents' routing be on its way?` });
  const toRead = late.map(({ agentId }) => ({
    agentId,
    skills: [...(agents.get(agentId)?.skills.map(({ skill }) => skill) ?? []), ...input.state.exclusive],
  }));
  const still: Found[] = [];
  for (const page of cutPages(toRead)) {
    const read = await readAgain(input, page);
    // Without a second look nobody knows whether they have drifted.
    report.agentsCompared -= read.unknown.length + read.unread.length;
    reportMissing(report, read);
    still.push(...compare(input, read, agents, report));
  }
  return [...found.filter(({ directory }) => directory.length > 0), ...still];
}

async function readAgain({ tenantId }: DriftCheckInput, page: AgentPage): Promise<AgentsPage> {
  return readPage({ tenantId, ...page, withRouting: true, giveUpAfterMs: GIVE_UP_AFTER_MS });
}

/** One record for each agent whom this check has found drifted. */
async function record(input: DriftCheckInput, found: readonly Found[], startedAt: string): Promise<void> {
  const activities = proxyActivities<ProvisioningActivities>({
    startToCloseTimeout: '30s',
    retry: { maximumInterval: '30s' },
    summary: `audit the drift of ${found.length} agents`,
  });
  const records = found.map((agent) => recordOf(input, agent, startedAt));
  for (let first = 0; first < records.length; first += RECORDS_AT_ONCE) {
    await activities.recordAudit({ records: records.slice(first, first + RECORDS_AT_ONCE), again: true });
  }
}

function recordOf({ tenantId, requestedBy, reason }: DriftCheckInput, agent: Found, startedAt: string): AuditRecord {
  const { agentId, directory, routing, inventory } = agent;
  const drift = driftId(agent);
  // An id is one record's for ever, and the next check that finds the same makes another, of its own time.
  const id = `${tenantId}/${agentId}/drift/${drift}/${startedAt}`;
  const { workflowId, runId } = workflowInfo();
  const places = [directory.length > 0 ? 'directory' : '', routing.length > 0 ? 'routing' : ''].filter(Boolean);
  return auditRecord<RequestAuditData>(id, agentId, new Date().toISOString(), {
    stage: 'event',
    outcome: 'failure',
    status: 'drift',
    actor: requestedBy,
    requestId: `drift-${drift}`,
    requestedBy,
    reason,
    tenantId,
    agentId,
    changes: [...directory, ...routing].map(({ skillId, name, to }) => ({
      action: to === 0 ? 'remove' : 'assign',
      skillId,
      ...(name === undefined ? {} : { name }),
      requestedLevel: to,
    })),
    before: inventory.skills,
    origin: { workflowId, runId, attempt: 0 },
    problem: { code: 'drift', message: `The agent is not as the file says in ${places.join(' and in ')}.` },
  });
}

/** Hands over the request that puts an agent right; its outcome is the next check's to see. */
async function repair({ tenantId, requestedBy, reason }: DriftCheckInput, agent: Found): Promise<void> {
  // A wish that leads nowhere may mean a skill that the file owns, which would be taken from the agent.
  if (agent.refusal !== undefined && patched('refused-states-are-not-repaired')) {
    agent.repair = { problem: agent.refusal };
    return;
  }
  const changes = [
    ...agent.directory.map((step) => toChange(step, step.from)),
    ...agent.routing.map((step) => toChange(step, levelOf(agent.inventory.skills, step.skillId))),
  ].slice(0, MAX_CHANGES);
  // The same for what the last check has found within the hour, whose request may still be under way.
  const hour = new Date().toISOString().slice(0, 13).replace(/\D/g, '');
  const requestId = `drift-${driftId(agent)}-${hour}`;
  const request: ProvisionRequest = { requestId, tenantId, agentId: agent.agentId, changes, requestedBy, reason };
  const activities = proxyActivities<RequestActivities>({
    startToCloseTimeout: '2m',
    scheduleToCloseTimeout: '10m',
    retry: { maximumInterval: '30s' },
    summary: `repair ${agent.agentId}`,
  });
  try {
    const answer = await activities.submitRequest({ request });
    agent.repair = answer.kind === 'taken' ? { requestId } : { problem: answer.problem };
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    agent.repair = { problem: { code: 'not-handed-over', message: 'The request could not be handed over in time.' } };
  }
}

function toChange({ skillId, name, to }: SkillStep, expectedLevel: number): SkillChange {
  const skill = { skillId, ...(name === undefined ? {} : { name }) };
  return to === 0 ? { action: 'remove', skill, expectedLevel } : { action: 'assign', skill, level: to, expectedLevel };
}

/** The same for the same drift of the same agent: by the version of the directory and what differs. */
function driftId({ agentId, directory, routing, inventory }: Found): string {
  const differs = [directory, routing].map((steps) => steps.map(({ skillId, from, to }) => [skillId, from, to]));
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([agentId, inventory.etag, ...differs])))).slice(0, 32);
}

function count(found: readonly Found[], where: 'directory' | 'routing'): number {
  return found.filter((agent) => agent[where].length > 0).length;
}
