import type { History } from '@temporalio/common/lib/proto-utils.js';

/** What one run costs, by its history. */
export interface RunCost {
  events: number;
  workflowTasks: number;
  activities: number;
  /** As Temporal Cloud bills. */
  actions: number;
}

type Event = NonNullable<History['events']>[number];

/**
 * Counts the events of a closed run and its billable actions as Temporal Cloud defines them: the start, each update,
 * signal, timer and upsert of attributes, each activity, and for each workflow task all its local activities together.
 * Heartbeats and queries leave no event.
 */
export function costOfRun(history: History): RunCost {
  const events = history.events ?? [];
  const count = (has: (event: Event) => unknown): number => events.filter((event) => Boolean(has(event))).length;
  const activities = count((event) => event.activityTaskScheduledEventAttributes);
  const retries = events.reduce(
    (sum, { activityTaskStartedEventAttributes: started }) => sum + Math.max(0, (started?.attempt ?? 1) - 1),
    0,
  );
  const tasksWithLocal = new Set(
    events.flatMap(({ markerRecordedEventAttributes: marker }) =>
      marker?.markerName === 'core_local_activity' ? [String(marker.workflowTaskCompletedEventId)] : [],
    ),
  );
  return {
    events: events.length,
    workflowTasks: count((event) => event.workflowTaskStartedEventAttributes),
    activities,
    actions:
      count((event) => event.workflowExecutionStartedEventAttributes) +
      count((event) => event.workflowExecutionUpdateAcceptedEventAttributes) +
      count((event) => event.workflowExecutionSignaledEventAttributes) +
      count((event) => event.timerStartedEventAttributes) +
      count((event) => event.upsertWorkflowSearchAttributesEventAttributes) +
      activities +
      retries +
      tasksWithLocal.size,
  };
}
