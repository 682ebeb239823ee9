import { createServer } from 'node:http';
import type { Endpoint } from '../domain/endpoint.ts';
import { listen, type Listening } from './listen.ts';

/** One number as Prometheus reads it. */
export interface Metric {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  /** Undefined: not known, and not shown. */
  value: number | undefined;
}

/** Serves `/metrics` in Prometheus' text format, as the numbers are at that moment. Throws `ListenError`. */
export async function startMetricsPage(at: Endpoint, read: () => readonly Metric[]): Promise<Listening> {
  const server = createServer((request, response) => {
    const isAsked = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
    response.writeHead(isAsked ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(isAsked ? render(read()) : 'not found\n');
  });
  return listen(server, at, 'METRICS_ADDRESS');
}

function render(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ value }) => value !== undefined)
    .map(({ name, type, help, value }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
    .join('');
}
