import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';

/** What the workflow of these tests does with its text, before it returns what it came to. */
export interface PlaceOrder {
  text: string;
  step?: 'activity' | 'local' | 'heartbeat' | 'foreign-activity' | 'continue' | 'signal' | 'child' | 'wait' | 'fail';
  target?: string;
}

export interface PlaceActivities {
  shout(text: string): Promise<string>;
  /** Heartbeats the text and fails, then returns what its heartbeat said. */
  remember(text: string): Promise<string>;
  fail(text: string): Promise<never>;
}

export const noteSignal = defineSignal<[string]>('note');
export const addUpdate = defineUpdate<string, [string]>('add');
export const notesQuery = defineQuery<string[], [string]>('notes');

const options = { startToCloseTimeout: '20s', retry: { initialInterval: '10ms', maximumAttempts: 3 } } as const;
const activities = proxyActivities<PlaceActivities>(options);
const local = proxyLocalActivities<PlaceActivities>(options);

export async function PlaceWorkflow(order: PlaceOrder): Promise<string> {
  const { text, step, target = '' } = order;
  const notes: string[] = [];
  setHandler(noteSignal, (note) => void notes.push(note));
  setHandler(addUpdate, (note) => `${notes.push(note)}: ${note}`);
  setHandler(notesQuery, (prefix) => notes.map((note) => prefix + note));
  upsertMemo({ text });
  setCurrentDetails(text);
  switch (step) {
    case 'activity':
      return activities.shout(text);
    case 'local':
      return local.shout(text);
    case 'heartbeat':
      return activities.remember(text);
    case 'foreign-activity':
      return proxyActivities<PlaceActivities>({ ...options, taskQueue: target }).shout(text);
    case 'continue':
      return continueAsNew<typeof PlaceWorkflow>({ text: `${text} again` });
    case 'signal':
      await getExternalWorkflowHandle(target).signal(noteSignal, text);
      return text;
    case 'child':
      return executeChild(PlaceWorkflow, { args: [{ text }], workflowId: `${workflowInfo().workflowId}/child` });
    case 'fail':
      await activities.fail(text);
      throw ApplicationFailure.nonRetryable('not reached');
    case 'wait':
      await condition(() => notes.length > 0);
      return notes.join(', ');
    default:
      return `${text} by ${String(workflowInfo().memo?.['text'])}`;
  }
}
