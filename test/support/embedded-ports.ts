import type { Duplex } from 'node:stream';
import { embeddedPorts } from '../../lib/adapters/embedded/ports.ts';
import { connectPorts } from '../../lib/adapters/embedded/remote-ports.ts';
import { servePorts } from '../../lib/adapters/embedded/served-ports.ts';
import { type EmbeddedStore, openStore } from '../../lib/adapters/embedded/store.ts';
import type { Telemetry } from '../../lib/ports/telemetry.ts';
import type { PortsUnderTest } from './ports-under-test.ts';
import { socketPair } from './socket-pair.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Telemetry that nobody looks at. */
export const SILENT: Telemetry = { emit: () => undefined };

/** The embedded family in a folder of its own. */
export async function makeEmbeddedPorts(): Promise<PortsUnderTest> {
  const { directory, remove } = await temporaryDirectory();
  let store = await openStore(directory);
  return {
    ports: embeddedPorts(store, SILENT),
    async reopen() {
      await store.close();
      store = await openStore(directory);
      return embeddedPorts(store, SILENT);
    },
    async close() {
      await store.close();
      await remove();
    },
  };
}

/** The embedded family, used as a worker process does: through a pipe. */
export async function makeRemotePorts(): Promise<PortsUnderTest> {
  const { directory, remove } = await temporaryDirectory();
  let opened = await openRemote(directory);
  return {
    ports: opened.remote.ports,
    async reopen() {
      await opened.close();
      opened = await openRemote(directory);
      return opened.remote.ports;
    },
    async close() {
      await opened.close();
      await remove();
    },
  };
}

async function openRemote(
  directory: string,
): Promise<{ remote: ReturnType<typeof connectPorts>; close(): Promise<void> }> {
  const store: EmbeddedStore = await openStore(directory);
  const [here, there]: readonly [Duplex, Duplex] = await socketPair();
  const served = servePorts(embeddedPorts(store, SILENT), there);
  const remote = connectPorts(here);
  return {
    remote,
    async close() {
      await remote.close();
      await served.closed;
      await store.close();
    },
  };
}
