import type { SerializationContext } from '@temporalio/common';

/** Where a payload belongs. Without a workflow it belongs to no single one: a schedule's memo, a failed task's text. */
export interface Binding {
  namespace: string;
  workflowId: string | undefined;
}

/** What Temporal adds to the workflow id of a schedule for each run. No id of ours ends so: none holds a colon. */
const SCHEDULED_AT = /-\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** Where a payload belongs that is read or written in this context. `namespace` is that of the connection. */
export function bindingOf(context: SerializationContext | undefined, namespace: string): Binding {
  if (context?.workflowId === undefined) return { namespace: context?.namespace ?? namespace, workflowId: undefined };
  return { namespace: context.namespace, workflowId: baseWorkflowId(context.workflowId) };
}

/**
 * The workflow id that payloads are bound to: the id itself, and for a run that a schedule started the schedule's, as
 * the argument is encrypted before there is a run, and each run is handed the result of the one before.
 */
function baseWorkflowId(workflowId: string): string {
  return workflowId.replace(SCHEDULED_AT, '');
}

export function isSame(one: Binding, other: Binding): boolean {
  return one.namespace === other.namespace && one.workflowId === other.workflowId;
}

/** For messages. Ids come from outside, so they are quoted and cut. */
export function describeBinding({ namespace, workflowId }: Binding): string {
  const place = `namespace ${quote(namespace)}`;
  return workflowId === undefined ? `no workflow of ${place}` : `workflow ${quote(workflowId)} of ${place}`;
}

/** A text from a payload's metadata, for a message or a log. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text);
}
