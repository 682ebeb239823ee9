import type { LedgerEntry, Operation } from './ledger.ts';

/** What a method and a path mean. */
export type Route = Pick<LedgerEntry, 'operation' | 'agentId' | 'skillId'>;

const ID = '([^/]+)';
const ROUTES: readonly { method: string; path: RegExp; operation: Operation; id?: 'agentId' | 'skillId' }[] = [
  { method: 'POST', path: /^\/oauth\/token$/, operation: 'token' },
  { method: 'GET', path: new RegExp(`^/api/v2/agents/${ID}$`), operation: 'getAgent', id: 'agentId' },
  { method: 'PATCH', path: new RegExp(`^/api/v2/agents/${ID}$`), operation: 'patchAgent', id: 'agentId' },
  { method: 'PUT', path: new RegExp(`^/api/v2/agents/${ID}$`), operation: 'putAgent', id: 'agentId' },
  { method: 'GET', path: new RegExp(`^/api/v2/supervisor/agents/${ID}/state$`), operation: 'getState', id: 'agentId' },
  {
    method: 'PATCH',
    path: new RegExp(`^/api/v2/supervisor/agents/${ID}/state$`),
    operation: 'patchState',
    id: 'agentId',
  },
  {
    method: 'GET',
    path: new RegExp(`^/api/v2/supervisor/agents/${ID}/skills$`),
    operation: 'getRouting',
    id: 'agentId',
  },
  { method: 'GET', path: /^\/api\/v2\/skills$/, operation: 'listSkills' },
  { method: 'GET', path: new RegExp(`^/api/v2/skills/${ID}$`), operation: 'getSkill', id: 'skillId' },
];

/** Finds the operation; a method or path the platform is not known to have is `unknown`. */
export function routeOf(method: string, path: string): Route {
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match === null) continue;
    const id = decoded(match[1] ?? '');
    if (id === undefined) break;
    return { operation: route.operation, ...(route.id === undefined ? {} : { [route.id]: id }) };
  }
  return { operation: 'unknown' };
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
