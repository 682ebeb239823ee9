/**
 * `node --import tsx bench/bare/main.ts`: a worker for the bare workflow, with the slots that the product's has. Its
 * variables: `TEMPORAL_ADDRESS`, `PROVISIONING_TASK_QUEUE`; `HEALTH_ADDRESS` answers as soon as it polls.
 */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { parseEndpoint } from '../../domain/endpoint.ts';

const { TEMPORAL_ADDRESS, PROVISIONING_TASK_QUEUE, HEALTH_ADDRESS } = process.env;
const health = parseEndpoint(HEALTH_ADDRESS ?? '', false);
if (TEMPORAL_ADDRESS === undefined || PROVISIONING_TASK_QUEUE === undefined || health === undefined) {
  throw new Error('TEMPORAL_ADDRESS, PROVISIONING_TASK_QUEUE and HEALTH_ADDRESS have to be set');
}
Runtime.install({ logger: new DefaultLogger('WARN') });
const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
const worker = await Worker.create({
  connection,
  taskQueue: PROVISIONING_TASK_QUEUE,
  workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
  activities: { nothing: () => Promise.resolve() },
  maxConcurrentActivityTaskExecutions: 100,
  maxConcurrentWorkflowTaskExecutions: 40,
});
const server = createServer((_request, response) => response.end('polls\n'));
server.listen(health.port, health.host);
try {
  await worker.run();
} finally {
  server.close();
  await connection.close();
}
