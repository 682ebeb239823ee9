import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { ensureSearchAttributes } from '../../worker/search-attributes.ts';
import { StartError } from '../../worker/start-error.ts';
import { connect, uniqueName } from '../support/temporal.ts';

const KEYWORD = 2;
const KEYWORD_LIST = 7;
const TEXT = 1;

/** A namespace that has no search attributes of ours. */
async function emptyNamespace(): Promise<{ client: Client; namespace: string }> {
  const namespace = uniqueName('attributes');
  const client = await connect({ namespace });
  await client.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  return { client, namespace };
}

async function register(client: Client, namespace: string, searchAttributes: Record<string, number>): Promise<void> {
  await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

async function registeredNames({ client, namespace }: { client: Client; namespace: string }): Promise<string[]> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(customAttributes).filter((name) => name in SEARCH_ATTRIBUTES);
}

test('workers that start together on an empty namespace leave it with all search attributes, ready to search by', async () => {
  const { client, namespace } = await emptyNamespace();
  const workers = [1, 2, 3, 4].map(() => ensureSearchAttributes(client.connection, namespace));
  await Promise.all(workers);
  assert.deepEqual((await registeredNames({ client, namespace })).sort(), Object.keys(SEARCH_ATTRIBUTES).sort());
  const { count } = await client.workflow.count("CxoneAgentId = 'nobody' AND CxoneRequestIds = 'none'");
  assert.equal(count, 0);
});

test('only the missing search attributes are registered', async () => {
  const { client, namespace } = await emptyNamespace();
  await register(client, namespace, { CxoneTenantId: KEYWORD, ProvisionState: KEYWORD });
  await ensureSearchAttributes(client.connection, namespace);
  await ensureSearchAttributes(client.connection, namespace);
  assert.equal((await registeredNames({ client, namespace })).length, Object.keys(SEARCH_ATTRIBUTES).length);
});

test('a search attribute of another type stops the worker with the commands that put it right', async () => {
  const { client, namespace } = await emptyNamespace();
  await register(client, namespace, { CxoneAgentId: TEXT });
  await assert.rejects(ensureSearchAttributes(client.connection, namespace), (error) => {
    assert.ok(error instanceof StartError);
    assert.equal(error.exitCode, 2);
    const create = `temporal operator search-attribute create --namespace ${namespace} --name CxoneAgentId --type Keyword`;
    assert.ok(error.message.includes(create), error.message);
    return true;
  });
});

test('a namespace with no room for them stops the worker with the command that creates them', async () => {
  const { client, namespace } = await emptyNamespace();
  // The development server has room for ten keywords and three lists of them.
  const lists = Object.fromEntries([1, 2, 3].map((number) => [`Other${number}`, KEYWORD_LIST]));
  await register(client, namespace, lists);
  await assert.rejects(ensureSearchAttributes(client.connection, namespace), (error) => {
    assert.ok(error instanceof StartError);
    assert.ok(error.message.includes('--name CxoneRequestIds --type KeywordList'), error.message);
    return true;
  });
});
