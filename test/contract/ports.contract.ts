import type { MakePorts } from '../support/ports-under-test.ts';
import { blobsContract } from './blobs.contract.ts';
import { clockContract } from './clock.contract.ts';
import { controlItemsContract } from './control-items.contract.ts';
import { journalContract } from './journal.contract.ts';
import { streamsContract } from './streams.contract.ts';

/** The contracts of all ports, for one family. */
export function portsContract(family: string, makePorts: MakePorts): void {
  journalContract(family, makePorts);
  controlItemsContract(family, makePorts);
  blobsContract(family, makePorts);
  streamsContract(family, makePorts);
  clockContract(family, makePorts);
}
