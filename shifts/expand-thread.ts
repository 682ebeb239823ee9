import { parentPort, workerData } from 'node:worker_threads';
import { expand, type FeedContent } from './expand.ts';

parentPort?.postMessage(expand(workerData as FeedContent));
