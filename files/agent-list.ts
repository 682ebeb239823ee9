import { AGENT_ID_PATTERN } from '../domain/request.ts';
import { FileProblems } from './problem.ts';

/** The ids in a list, or everything that is wrong with it. */
export type AgentList = { ok: true; agentIds: string[] } | { ok: false; problems: FileProblems };

/** Reads a list of agents: an id a line; blank lines and those that begin with # don't count. */
export function readAgentList(text: string): AgentList {
  const problems = new FileProblems();
  const lines = new Map<string, number>();
  for (const [index, content] of text.split('\n').entries()) {
    const agentId = content.trim();
    if (agentId === '' || agentId.startsWith('#')) continue;
    const line = index + 1;
    const before = lines.get(agentId);
    if (!AGENT_ID_PATTERN.test(agentId)) {
      problems.add(line, 1, "an agent's id is up to 64 letters, digits or '-', the first a letter or digit");
    } else if (before === undefined) {
      lines.set(agentId, line);
    } else {
      problems.add(line, 1, `agent ${agentId} is in line ${before} too`);
    }
  }
  if (problems.count === 0 && lines.size === 0) problems.add(1, 1, 'the list names no agent');
  return problems.count === 0 ? { ok: true, agentIds: [...lines.keys()] } : { ok: false, problems };
}
