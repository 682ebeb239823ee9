/**
 * `node download.mjs <folder>`: makes the SDK download the Temporal CLI into the folder. The SDK does so only on the
 * way to starting a server; whether that one starts does not matter here.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir] = process.argv.slice(2);
if (downloadDir === undefined) throw new Error('usage: node download.mjs <folder>');
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir, ttl: '365 days' } },
});
await environment.teardown();
