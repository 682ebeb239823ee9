import type { AgentsPage, ReadAgentsInput } from '../domain/agents-page.ts';
import { FAILURE } from '../domain/failure-types.ts';
import { refusal } from './check-input.ts';
import { problemOfReading, readPage } from './reading.ts';

/** Reads a page of agents for whoever started it. Writes nothing, so that it can be cancelled or repeated at any time. */
export async function ReadAgentsWorkflow(input: ReadAgentsInput): Promise<AgentsPage> {
  const problem = problemOfReading(input);
  if (problem !== undefined) throw refusal(FAILURE.invalidInput, problem);
  return readPage(input);
}
