import { SimStores, simulatedPorts } from '../../lib/adapters/simulated/ports.ts';
import { SimWorld } from '../../lib/adapters/simulated/world.ts';
import type { PortsUnderTest } from './ports-under-test.ts';

/** Longer than any simulated call takes, shorter than anything that a test waits for. */
const CALL_MS = 10;

/** The simulated family without faults. Calls go on by themselves; waiting only while it is driven. */
export async function makeSimulatedPorts(): Promise<PortsUnderTest> {
  const world = new SimWorld(1, {});
  const stores = new SimStores();
  let generation = 0;
  let driven = 0;
  let closed = false;
  const open = () =>
    simulatedPorts(world, stores, { name: `test#${++generation}`, alive: true }, { emit: () => undefined });
  const pump = async (): Promise<void> => {
    while (!closed) {
      const next = world.nextMs;
      if (next !== undefined && (driven > 0 || next <= world.nowMs + CALL_MS)) await world.step();
      else await new Promise((resolve) => setImmediate(resolve));
    }
  };
  void pump();
  return {
    ports: open(),
    async close() {
      closed = true;
    },
    reopen: async () => open(),
    async drive(work) {
      driven++;
      try {
        return await work;
      } finally {
        driven--;
      }
    },
  };
}
