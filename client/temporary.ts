import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { FAILURE } from '../domain/failure-types.ts';
import type { FieldProblem, Parsed } from '../domain/field-problem.ts';
import type { PolicyOverrides } from '../domain/policy.ts';
import { describeSkill } from '../domain/request.ts';
import type { TemporarySkill } from '../domain/temporary-skill.ts';
import { TEMPORARY_WORKFLOW, temporaryWorkflowId } from '../domain/workflow-id.ts';
import {
  cancelTemporaryUpdate,
  endTemporaryUpdate,
  extendTemporaryUpdate,
  TEMPORARY_MEMO,
  type TemporaryOrder,
  type TemporaryStatus,
} from '../workflows/temporary-skill.messages.ts';
import { createAcceptanceBudget } from './acceptance.ts';
import { isOpen, latestRun, startArgument } from './agent-runs.ts';
import {
  InvalidRequestError,
  NotAcceptedError,
  OverlappingTemporaryError,
  RequestIdReusedError,
  TemporaryNotChangedError,
  UnknownTemporaryError,
} from './errors.ts';
import { clashing } from './temporary-overlap.ts';
import type { TemporalLink } from './temporal-link.ts';
import {
  listTemporary,
  readTemporary,
  waitForTemporary,
  type TemporaryTarget,
  type TemporaryView,
} from './temporary-runs.ts';
import {
  parseExtension,
  parseNewTemporary,
  parseTemporaryEnd,
  parseTemporaryKey,
  parseTemporaryList,
  type NewTemporarySkill,
  type TemporaryEndOrder,
  type TemporaryExtension,
  type TemporaryKey,
} from './temporary.schema.ts';
import { sendUpdate } from './update.ts';
import type { WaitOptions } from './waiting.ts';

type Patience = Pick<WaitOptions, 'timeoutMs' | 'signal'>;

/** Skills that agents have for a time. Throws as the other methods of the library do. */
export interface TemporaryClient {
  /**
   * Makes a temporary skill, once: the same id with the same content is the same one. Needs no worker. Throws
   * `OverlappingTemporaryError`, `RequestIdReusedError`.
   */
  submit(skill: NewTemporarySkill): Promise<TemporaryView>;
  /** {@link submit}, and if it begins now wait until the agent has the skill, or it waits for a person. */
  provision(skill: NewTemporarySkill, options?: Patience): Promise<TemporaryView>;
  /** Throws `UnknownTemporaryError`. */
  status(agentId: string, temporaryId: string): Promise<TemporaryView>;
  /** By default those that have not ended. Needs no worker; may be some seconds behind. */
  list(filter?: { agentId?: string; all?: boolean }): Promise<TemporaryView[]>;
  /** Moves the end. Throws `TemporaryNotChangedError`, `UnknownTemporaryError`, `NotAcceptedError`. */
  extend(extension: TemporaryExtension): Promise<TemporaryView>;
  /** Ends it now and waits until the agent has again what they had before. Throws as {@link extend} does. */
  end(order: TemporaryEndOrder, options?: Patience): Promise<TemporaryView>;
  /** The same, also before it has begun: then nothing happens to the agent. */
  cancel(order: TemporaryEndOrder, options?: Patience): Promise<TemporaryView>;
}

export interface TemporaryClientSettings {
  link: TemporalLink;
  tenantId: string;
  taskQueue: string;
  policy?: PolicyOverrides;
  allowShortGap: boolean;
}

export function createTemporaryClient(settings: TemporaryClientSettings): TemporaryClient {
  const { link, tenantId, taskQueue } = settings;

  function targetOf({ agentId, temporaryId }: TemporaryKey): TemporaryTarget {
    return { agentId, temporaryId, workflowId: temporaryWorkflowId(tenantId, agentId, temporaryId), taskQueue };
  }

  async function submit(skill: NewTemporarySkill): Promise<TemporaryView> {
    const temporary = required(parseNewTemporary(skill, { ...settings, now: Date.now() }), 'temporary');
    const target = targetOf(temporary);
    const known = await latestRun(link, target.workflowId);
    if (known !== undefined) return sameAgain(target, known.runId, temporary, skill);
    await refuseOverlap(temporary);
    try {
      return await start(target, temporary);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const { runId } = (await latestRun(link, target.workflowId)) ?? { runId: '' };
      return sameAgain(target, runId, temporary, skill);
    }
  }

  async function start({ workflowId }: TemporaryTarget, temporary: TemporarySkill): Promise<TemporaryView> {
    const { tenantId: _tenantId, policy: _policy, ...shown } = temporary;
    const status: TemporaryStatus = { ...shown, state: 'Scheduled', since: new Date().toISOString() };
    const handle = await link.call((client) =>
      client.workflow.start(TEMPORARY_WORKFLOW, {
        workflowId,
        taskQueue,
        args: [temporary],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        memo: { [TEMPORARY_MEMO]: status },
        staticSummary: `${describeSkill(temporary.skill)} for agent ${temporary.agentId} until ${temporary.until}`,
      }),
    );
    return { ...status, workflowId, runId: handle.firstExecutionRunId };
  }

  /** The one there is, if it was made with the same content. */
  async function sameAgain(
    target: TemporaryTarget,
    runId: string,
    temporary: TemporarySkill,
    written: NewTemporarySkill,
  ): Promise<TemporaryView> {
    const first = (await startArgument(link, target.workflowId, runId)) as TemporarySkill;
    // A duration gives another end each time it is read; the first one stands.
    const until = written.for === undefined ? temporary.until : first.until;
    if (contentOf(first) !== contentOf({ ...temporary, until })) {
      throw new RequestIdReusedError(target.agentId, target.temporaryId);
    }
    return readTemporary(link, target);
  }

  async function refuseOverlap(period: Pick<TemporarySkill, 'agentId' | 'temporaryId' | 'skill' | 'from' | 'until'>) {
    const { agentId, temporaryId } = period;
    const other = clashing(period, await listTemporary(link, tenantId, { agentId }));
    if (other !== undefined) throw new OverlappingTemporaryError(agentId, temporaryId, other);
  }

  /** Gets an order taken. A repeat that comes too late for the run may find its effect already there. */
  async function give<Order extends TemporaryOrder>(
    { agentId, temporaryId, workflowId }: TemporaryTarget,
    update: UpdateDefinition<TemporaryStatus, [Order]>,
    order: Order,
  ): Promise<void> {
    const budget = createAcceptanceBudget();
    // A run that has the order already answers the repeat without carrying it out again.
    const updateId = randomUUID();
    let mayBeTaken = false;
    do {
      const latest = await latestRun(link, workflowId);
      if (latest === undefined) throw new UnknownTemporaryError(agentId, temporaryId);
      if (!isOpen(latest)) {
        if (mayBeTaken) return;
        throw new TemporaryNotChangedError(agentId, temporaryId, 'It is over.');
      }
      const answer = await sendUpdate(link, budget.deadline, (client) =>
        client.workflow.getHandle(workflowId, latest.runId).executeUpdate(update, { args: [order], updateId }),
      );
      if (answer.kind === 'accepted') return;
      if (answer.kind === 'refused') {
        const { type, message } = answer.failure;
        if (type === FAILURE.invalidInput) throw new InvalidRequestError([{ path: '', message }]);
        if (type !== FAILURE.notApplicable) throw answer.failure;
        if (mayBeTaken) return;
        throw new TemporaryNotChangedError(agentId, temporaryId, message);
      }
      mayBeTaken ||= answer.kind === 'no-answer' || (answer.kind === 'run-closed' && answer.accepted);
      if (answer.kind === 'busy') budget.turnedAway(latest);
    } while (await budget.pause());
    throw new NotAcceptedError(
      `No worker took the order in time. Check that one is running on task queue ${taskQueue} (cxone-skills worker), ` +
        'look at the status, and give the order again if it had no effect.',
      { stored: false, workflowId, taskQueue },
    );
  }

  async function finish(
    update: UpdateDefinition<TemporaryStatus, [TemporaryOrder]>,
    order: TemporaryEndOrder,
    options: Patience,
  ): Promise<TemporaryView> {
    const { by, note, ...key } = required(parseTemporaryEnd(order), 'value');
    const target = targetOf(key);
    await give(target, update, { by, note });
    return waitForTemporary(link, target, isOver, options);
  }

  return {
    submit,
    async provision(skill, options = {}) {
      const view = await submit(skill);
      const isLater = view.from !== undefined && Date.parse(view.from) > Date.now();
      return isLater ? view : waitForTemporary(link, targetOf(view), isGiven, options);
    },
    async status(agentId, temporaryId) {
      return readTemporary(link, targetOf(required(parseTemporaryKey({ agentId, temporaryId }), 'value')));
    },
    async list(filter = {}) {
      return listTemporary(link, tenantId, required(parseTemporaryList(filter), 'value'));
    },
    async extend(extension) {
      // Checked before anything is read; a duration is counted from an end that is not known yet.
      const { agentId, temporaryId } = required(parseExtension(extension, Date.now()), 'value');
      const target = targetOf({ agentId, temporaryId });
      const present = await readTemporary(link, target);
      const { by, note, until } = required(parseExtension(extension, Date.parse(present.until)), 'value');
      await refuseOverlap({ ...present, until });
      await give(target, extendTemporaryUpdate, { until, by, note });
      return readTemporary(link, target);
    },
    end: (order, options = {}) => finish(endTemporaryUpdate, order, options),
    cancel: (order, options = {}) => finish(cancelTemporaryUpdate, order, options),
  };
}

function isOver({ state }: TemporaryView): boolean {
  return state === 'Ended' || state === 'Terminated';
}

function isGiven(view: TemporaryView): boolean {
  return isOver(view) || view.state === 'Active' || view.state === 'Ending';
}

/** What two deliveries of one temporary skill agree in. The policy says how, not what. */
function contentOf({ skill, level, from, until, requestedBy, reason, ticket }: TemporarySkill): string {
  const named = 'skillId' in skill ? ['id', skill.skillId, skill.name] : ['name', skill.name, skill.skillGroup];
  const times = [from, until].map((time) => (time === undefined ? null : Date.parse(time)));
  return JSON.stringify([named, level, times, requestedBy, reason, ticket]);
}

function required<Name extends string, Value>(parsed: Parsed<Name, Value>, name: Name): Value {
  if (parsed.ok) return (parsed as Record<Name, Value>)[name];
  throw new InvalidRequestError((parsed as { problems: readonly FieldProblem[] }).problems);
}
