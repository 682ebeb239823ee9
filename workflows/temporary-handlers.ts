import { CancellationScope, log, setHandler } from '@temporalio/workflow';
import { UNNAMED } from '../domain/audit-record.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { checked, checkExtendOrder, checkRequestSettled, checkTemporaryOrder, refusal } from './check-input.ts';
import { problemOf, toRefusal } from './refusals.ts';
import { requestSettledSignal } from './provision-skill.messages.ts';
import type { TemporaryRun } from './temporary-run.ts';
import {
  cancelTemporaryUpdate,
  endTemporaryUpdate,
  extendTemporaryUpdate,
  temporaryStatusQuery,
  type TemporaryOrder,
  type TemporaryStatus,
} from './temporary-skill.messages.ts';
import { publishTemporary, temporaryStatusOf } from './temporary-view.ts';

/** Sets every handler; called before anything is awaited. Handlers note and return, the run does the work. */
export function listen(run: TemporaryRun): void {
  // Refused by the handlers, not by validators: what a validator turns away leaves no trace that could be audited.
  setHandler(extendTemporaryUpdate, (order) =>
    answer(run, 'temporary-extend', order, () => {
      const { until } = checked(checkExtendOrder(order));
      refuseExtension(run, until);
      if (until === run.until) return;
      run.extend(order);
      publishTemporary(run);
    }),
  );
  setHandler(endTemporaryUpdate, (order) =>
    answer(run, 'temporary-end', order, () => {
      checked(checkTemporaryOrder(order));
      refuseChange(run);
      if (run.state === 'Scheduled') throw notApplicable('It has not begun; cancel it instead.');
      run.take(order, 'temporary-end');
    }),
  );
  setHandler(cancelTemporaryUpdate, (order) =>
    answer(run, 'temporary-cancel', order, () => {
      checked(checkTemporaryOrder(order));
      refuseChange(run);
      run.take(order, 'temporary-cancel');
    }),
  );
  setHandler(requestSettledSignal, (news) => {
    const valid = checkRequestSettled(news);
    if (!valid.ok) {
      log.warn('a requestSettled signal makes no sense', { problem: valid.problem });
      return;
    }
    run.hear(valid.value);
    if (valid.value.parked !== undefined) publishTemporary(run);
  });
  setHandler(temporaryStatusQuery, () => temporaryStatusOf(run));
  // The run itself completes, so that it can say what was done.
  CancellationScope.current().cancelRequested.catch(() => {
    if (run.isChangeable) run.take({ by: 'workflow cancellation', note: 'the run was cancelled' }, 'temporary-cancel');
  });
}

/** Carries an order out, or notes that it was refused. */
function answer(
  run: TemporaryRun,
  kind: 'temporary-extend' | 'temporary-end' | 'temporary-cancel',
  order: TemporaryOrder,
  carryOut: () => void,
): TemporaryStatus {
  run.noteMessage();
  try {
    carryOut();
  } catch (error) {
    const failure = toRefusal(error);
    const known = checkTemporaryOrder(order);
    run.refuse(kind, problemOf(failure), known.ok ? known.value : { by: UNNAMED, note: '' });
    throw failure;
  }
  return temporaryStatusOf(run);
}

function refuseChange(run: TemporaryRun): void {
  if (!run.isChangeable) throw notApplicable(`It is ${run.state === 'Ended' ? 'over' : 'being ended'} already.`);
}

function refuseExtension(run: TemporaryRun, until: string): void {
  refuseChange(run);
  if (Date.parse(until) < Date.parse(run.until)) {
    throw notApplicable(`The new end must not be before the present one, ${run.until}.`);
  }
}

function notApplicable(message: string): Error {
  return refusal(FAILURE.notApplicable, message);
}
