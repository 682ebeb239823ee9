import { CancellationScope, log, setHandler } from '@temporalio/workflow';
import { FAILURE } from '../domain/failure-types.ts';
import { checked, checkExtendOrder, checkRequestSettled, checkTemporaryOrder, refusal } from './check-input.ts';
import { requestSettledSignal } from './provision-skill.messages.ts';
import type { TemporaryRun } from './temporary-run.ts';
import {
  cancelTemporaryUpdate,
  endTemporaryUpdate,
  extendTemporaryUpdate,
  temporaryStatusQuery,
} from './temporary-skill.messages.ts';
import { publishTemporary, temporaryStatusOf } from './temporary-view.ts';

/** Sets every handler; called before anything is awaited. Handlers note and return, the run does the work. */
export function listen(run: TemporaryRun): void {
  setHandler(
    extendTemporaryUpdate,
    (order) => {
      run.noteMessage();
      if (order.until !== run.until) {
        run.extend(order);
        publishTemporary(run);
      }
      return temporaryStatusOf(run);
    },
    { validator: (order) => refuseExtension(run, checked(checkExtendOrder(order)).until) },
  );
  setHandler(
    endTemporaryUpdate,
    (order) => {
      run.noteMessage();
      run.take(order, 'temporary-end');
      return temporaryStatusOf(run);
    },
    {
      validator: (order) => {
        checked(checkTemporaryOrder(order));
        refuseChange(run);
        if (run.state === 'Scheduled') throw notApplicable('It has not begun; cancel it instead.');
      },
    },
  );
  setHandler(
    cancelTemporaryUpdate,
    (order) => {
      run.noteMessage();
      run.take(order, 'temporary-cancel');
      return temporaryStatusOf(run);
    },
    {
      validator: (order) => {
        checked(checkTemporaryOrder(order));
        refuseChange(run);
      },
    },
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
