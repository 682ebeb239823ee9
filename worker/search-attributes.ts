import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionLike } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import { GRPC_STATUS, grpcStatus } from './grpc-status.ts';
import { EXIT, StartError } from './start-error.ts';

type TypeName = (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES];

/** Numbers of Temporal's IndexedValueType, and the names its command line uses. */
const TYPES: Record<TypeName, { code: number; cliName: string }> = {
  KEYWORD: { code: 2, cliName: 'Keyword' },
  DATETIME: { code: 6, cliName: 'Datetime' },
  KEYWORD_LIST: { code: 7, cliName: 'KeywordList' },
};

/** A server takes over new attributes within a few seconds. */
const VISIBLE_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 100;

/**
 * Makes sure that the namespace has the search attributes the workflow sets: registers the missing ones and waits until
 * the server can search by them. Any number of workers may do this at once. Where this worker may not even list them, as
 * in Temporal Cloud, it is enough that they can be searched by. Throws a {@link StartError} that says what to run.
 */
export async function ensureSearchAttributes(connection: ConnectionLike, namespace: string): Promise<void> {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length > 0) await register(connection, namespace, missing);
  const deadline = Date.now() + VISIBLE_WITHIN_MS;
  while (!(await isSearchable(connection, namespace))) {
    if (Date.now() > deadline) throw instead(namespace, missing, 'the server does not show them');
    await delay(LOOK_EVERY_MS);
  }
}

async function missingAttributes(connection: ConnectionLike, namespace: string): Promise<string[]> {
  let present: Record<string, number>;
  try {
    ({ customAttributes: present } = await connection.operatorService.listSearchAttributes({ namespace }));
  } catch (cause) {
    if (await isSearchable(connection, namespace)) return [];
    throw instead(namespace, Object.keys(SEARCH_ATTRIBUTES), 'this worker may not list them', cause);
  }
  const wrong = Object.entries(SEARCH_ATTRIBUTES).filter(
    ([name, type]) => present[name] !== undefined && present[name] !== TYPES[type].code,
  );
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => name);
    throw new StartError(
      `The search attributes ${names.join(', ')} of namespace ${namespace} have another type than needed. Remove them with\n` +
        `  temporal operator search-attribute remove --namespace ${namespace} ${names.map((name) => `--name ${name}`).join(' ')}\n` +
        `and create them with\n  ${createCommand(namespace, names)}`,
      EXIT.configuration,
    );
  }
  return Object.keys(SEARCH_ATTRIBUTES).filter((name) => present[name] === undefined);
}

async function register(connection: ConnectionLike, namespace: string, names: string[]): Promise<void> {
  try {
    const searchAttributes = Object.fromEntries(names.map((name) => [name, TYPES[typeOf(name)].code]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (cause) {
    // Another worker may have been faster with some of them; then the rest is added by a second try.
    const left = await missingAttributes(connection, namespace);
    if (left.length === names.length) throw instead(namespace, left, 'this worker could not register them', cause);
    if (left.length > 0) await register(connection, namespace, left);
  }
}

/** Listing is not enough: the services that write and search learn of a new attribute a little later. */
async function isSearchable(connection: ConnectionLike, namespace: string): Promise<boolean> {
  const query = Object.keys(SEARCH_ATTRIBUTES)
    .map((name) => `${name} IS NOT NULL`)
    .join(' OR ');
  try {
    await connection.workflowService.countWorkflowExecutions({ namespace, query });
    return true;
  } catch (error) {
    // What the server says to a query by an attribute that is not there.
    if (grpcStatus(error) === GRPC_STATUS.invalidArgument) return false;
    throw error;
  }
}

function instead(namespace: string, names: string[], why: string, cause?: unknown): StartError {
  const reason = cause instanceof Error ? `${why} (${cause.message})` : why;
  return new StartError(
    `The search attributes ${names.join(', ')} are needed in namespace ${namespace}, and ${reason}. Create them with\n` +
      `  ${createCommand(namespace, names)}`,
    EXIT.configuration,
    { cause },
  );
}

function createCommand(namespace: string, names: string[]): string {
  const pairs = names.map((name) => `--name ${name} --type ${TYPES[typeOf(name)].cliName}`);
  return `temporal operator search-attribute create --namespace ${namespace} ${pairs.join(' ')}`;
}

function typeOf(name: string): TypeName {
  return SEARCH_ATTRIBUTES[name as keyof typeof SEARCH_ATTRIBUTES];
}
