import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { freePort } from '../free-port.ts';
import { dynamicConfig, serverConfig, SERVICES, type ServerStore, type ServerPorts } from './server-config.ts';
import { findServer } from './server-programs.ts';
import type { TemporalServer, TemporalServerOptions } from './server.ts';
import { startServing, type ServerStart, type ServingProcess } from './serving.ts';

export interface ProductionServerOptions extends Pick<TemporalServerOptions, 'logFile' | 'dynamicConfig'> {
  store: ServerStore;
  /** Receives lines of progress, while the server's program is built. */
  report: (line: string) => void;
}

/** A server that can be stopped and started again. */
export interface ProductionServer extends TemporalServer {
  /** Starts it at the same address, after stopping it if need be. A database keeps what it had, memory does not. */
  restart(): Promise<void>;
}

const NAMESPACE = 'default';
const RETENTION = '1 day';
/** Status codes of gRPC. */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
/** The server's schema for PostgreSQL keeps ports as signed 16-bit numbers; those the system hands out are higher. */
const HIGHEST_PORT = 32_767;
const LOWEST_PORT = 10_000;

/**
 * Starts Temporal as it runs in production, its four services in one process, on the loopback interface, and returns
 * when it serves the namespace `default`. It has no Web UI. It ends with this process and does not keep it alive.
 *
 * @throws Error with the end of the server's log.
 */
export async function startProductionServer(options: ProductionServerOptions): Promise<ProductionServer> {
  const program = await findServer(options.report);
  const folder = mkdtempSync(join(tmpdir(), 'skill-provisioner-temporal-'));
  const configFile = join(folder, 'server.yaml');
  const dynamicConfigFile = join(folder, 'dynamic-config.yaml');
  const command = [program, '--config-file', configFile, '--allow-no-auth', 'start'];
  let ports: ServerPorts | undefined;
  let starts = 0;

  async function serve(choosePorts: () => Promise<ServerPorts>): Promise<ServingProcess> {
    const prepare = async (): Promise<ServerStart> => {
      ports = await choosePorts();
      mkdirSync(folder, { recursive: true });
      writeFileSync(dynamicConfigFile, dynamicConfig(options.dynamicConfig ?? {}));
      writeFileSync(configFile, serverConfig({ store: options.store, ports, dynamicConfigFile }), { mode: 0o600 });
      return { command, address: `127.0.0.1:${ports.frontend.grpcPort}` };
    };
    starts += 1;
    const logFile = starts === 1 ? options.logFile : `${options.logFile}.${starts}`;
    return startServing(prepare, { logFile, ready: serves });
  }

  async function stop(): Promise<void> {
    await server.process.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  let server = await serve(freePorts).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  return {
    address: server.address,
    stop,
    async restart() {
      await stop();
      server = await serve(async () => ports ?? freePorts());
    },
  };
}

/** All of them at once: a port that was looked at is free again. */
async function freePorts(): Promise<ServerPorts> {
  const taken = new Set<number>();
  async function next(): Promise<number> {
    for (;;) {
      const wanted = randomInt(LOWEST_PORT, HIGHEST_PORT + 1);
      if (taken.has(wanted) || (await freePort(wanted)) !== wanted) continue;
      taken.add(wanted);
      return wanted;
    }
  }
  const ports: Partial<ServerPorts> = {};
  for (const service of SERVICES) ports[service] = { grpcPort: await next(), membershipPort: await next() };
  return ports as ServerPorts;
}

async function serves({ workflowService }: Connection): Promise<void> {
  await unless(
    ALREADY_EXISTS,
    workflowService.registerNamespace({
      namespace: NAMESPACE,
      workflowExecutionRetentionPeriod: msToTs(RETENTION),
    }),
  );
  // The service that answers so far is the first to be there; this one needs those behind it.
  await unless(
    NOT_FOUND,
    workflowService.describeWorkflowExecution({ namespace: NAMESPACE, execution: { workflowId: 'is anybody there?' } }),
  );
}

async function unless(expected: number, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
    if (code !== expected) throw error;
  }
}
