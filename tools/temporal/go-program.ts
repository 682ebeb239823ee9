import { fileURLToPath } from 'node:url';

/** A program of Temporal's that is built with Go from a module pinned beside this file. */
export interface GoProgram {
  /** The executable's name. */
  name: string;
  /** What people call it. */
  title: string;
  /** The folder of the module, with its go.mod and go.sum. */
  module: string;
  /** The Go package to build. */
  package: string;
  /** What building it takes on two idle cores the first time, in seconds. */
  usualS: number;
  /** What else would do where there is no Go: the end of a sentence that begins with "Install Go". */
  instead: string;
}

const cli = fileURLToPath(new URL('cli', import.meta.url));
const server = fileURLToPath(new URL('server', import.meta.url));

/** The `temporal` command line with its development server. */
export const CLI: GoProgram = {
  name: 'temporal',
  title: 'the Temporal CLI',
  module: cli,
  package: 'github.com/temporalio/cli/cmd/temporal',
  usualS: 240,
  instead:
    ', or the CLI (https://docs.temporal.io/cli), or set TEMPORAL_CLI_PATH to a `temporal` binary, or ' +
    'TEMPORAL_ADDRESS to a server that runs',
};

/** The server as it runs in production, on a database. */
export const SERVER: GoProgram = {
  name: 'temporal-server',
  title: 'the Temporal server',
  module: server,
  package: 'go.temporal.io/server/cmd/server',
  usualS: 240,
  instead: '',
};

/** Sets up the databases of the server. */
export const SQL_TOOL: GoProgram = {
  ...SERVER,
  name: 'temporal-sql-tool',
  title: "Temporal's SQL tool",
  package: 'go.temporal.io/server/cmd/tools/sql',
  // It shares almost everything with the server, which is built before it.
  usualS: 20,
};
