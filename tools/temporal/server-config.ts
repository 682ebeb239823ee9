/** Where a server keeps what it has. */
export type ServerStore = { kind: 'memory' } | PostgresStore;

/** Two databases of a PostgreSQL, reached without TLS. */
export interface PostgresStore {
  kind: 'postgres';
  host: string;
  port: number;
  user: string;
  password: string;
  databases: Databases;
}

/** The names of a server's databases. */
export interface Databases {
  default: string;
  visibility: string;
}

/** The ports of one service on the loopback interface. */
export interface ServicePorts {
  grpcPort: number;
  membershipPort: number;
}

export const SERVICES = ['frontend', 'history', 'matching', 'worker'] as const;

/** The ports of a server. */
export type ServerPorts = Record<(typeof SERVICES)[number], ServicePorts>;

export interface ServerConfigOptions {
  store: ServerStore;
  ports: Readonly<ServerPorts>;
  dynamicConfigFile: string;
}

/** Its SQL plugin for PostgreSQL 12 and later. */
export const POSTGRES_PLUGIN = 'postgres12_pgx';
const LOOPBACK = '127.0.0.1';
const SHARDS = 4;

/** The configuration of a server whose four services are one process: JSON, which the server reads as YAML. */
export function serverConfig({ store, ports, dynamicConfigFile }: ServerConfigOptions): string {
  const services = SERVICES.map((service) => [service, { rpc: { ...ports[service], bindOnLocalHost: true } }] as const);
  return JSON.stringify({
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: store.kind === 'memory' ? 1 : SHARDS,
      datastores: { default: { sql: sql(store, 'default') }, visibility: { sql: sql(store, 'visibility') } },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: LOOPBACK } },
    services: Object.fromEntries(services),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `${LOOPBACK}:${ports.frontend.grpcPort}`,
        },
      },
    },
    dynamicConfigClient: { filepath: dynamicConfigFile, pollInterval: '10s' },
  });
}

/** The file of dynamic settings, in the same way. */
export function dynamicConfig(values: Readonly<Record<string, string | number | boolean>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [{ value }]])));
}

function sql(store: ServerStore, which: keyof Databases): object {
  if (store.kind === 'memory') {
    return {
      pluginName: 'sqlite',
      databaseName: 'default',
      connectAddr: 'localhost',
      connectProtocol: 'tcp',
      connectAttributes: { mode: 'memory', cache: 'private' },
      maxConns: 1,
      maxIdleConns: 1,
    };
  }
  // The numbers of Temporal's own configuration for one machine.
  const connections = which === 'default' ? 20 : 2;
  return {
    pluginName: POSTGRES_PLUGIN,
    databaseName: store.databases[which],
    connectAddr: `${store.host}:${store.port}`,
    connectProtocol: 'tcp',
    user: store.user,
    password: store.password,
    maxConns: connections,
    maxIdleConns: connections,
    maxConnLifetime: '1h',
  };
}
