import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { embeddedPorts } from '../../lib/adapters/embedded/ports.ts';
import { openStore } from '../../lib/adapters/embedded/store.ts';
import { isTidemarkError } from '../../lib/core/record/errors.ts';
import type { Ports } from '../../lib/ports/ports.ts';

/**
 * A process that owns a store, for tests that kill, pause and starve it. Started with `node --import tsx`:
 * `store-process.ts append <directory>` writes for ever; `obey` does what it reads, line by line. It prints lines of
 * JSON, each after what it tells is acknowledged.
 */
const SUBTASKS = 4;

function tell(...what: unknown[]): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

/** The part of an entry of the `append` process: its content tells where it belongs; sizes on both sides of inline. */
export function partOf(subtask: string, version: number): Uint8Array {
  return new Uint8Array(Buffer.alloc([20, 900, 5_000, 60_000][version % 4] ?? 0, `${subtask} ${version} `));
}

async function appendForEver(ports: Ports): Promise<never> {
  const appender = async (subtask: string): Promise<never> => {
    let version = ((await ports.journal.last(subtask))?.version ?? 0) + 1;
    for (;;) {
      const head = Buffer.from(`head of ${version}`);
      const parts = [partOf(subtask, version), partOf(subtask, version + 1)];
      const outcome = await ports.journal.append(subtask, { version, attempt: 1, nonce: subtask, head, parts });
      tell(outcome, subtask, version);
      if (version % 40 === 0) await ports.journal.collect(subtask, version - 20);
      version += 1;
    }
  };
  const counter = async (): Promise<never> => {
    for (;;) {
      const item = await ports.items.read('counter');
      const value = ((item?.value as number | undefined) ?? 0) + 1;
      await ports.items.write([{ key: 'counter', ifRevision: item?.revision ?? 0, value }]);
      await ports.blobs.put(`blob/${value}`, Buffer.from(`blob ${value}`));
      tell('counted', value);
    }
  };
  return Promise.race([counter(), ...Array.from({ length: SUBTASKS }, (_, at) => appender(`stage-${at}`))]);
}

/** Fills the store with items until it is refused, makes room, and goes on: under `ulimit -f` that is a full disk. */
async function fill(ports: Ports): Promise<void> {
  const value = 'x'.repeat(100_000);
  let kept = 0;
  for (; kept < 1_000; kept += 1) {
    try {
      await ports.items.write([{ key: `item/${kept}`, value }]);
    } catch (error) {
      tell('refused', isTidemarkError(error) && error.code, kept);
      break;
    }
  }
  const again = await ports.items.write([{ key: 'more', value: 1 }]).catch((error: unknown) => error);
  tell('again', isTidemarkError(again) ? again.code : again);
  tell('kept', (await ports.items.list('item/')).length);
}

async function obey(ports: Ports): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, ...args] = JSON.parse(line) as [string, string, number];
    try {
      if (command === 'append') {
        const [subtask, version] = args;
        const entry = { version, attempt: 1, nonce: 'child', head: Buffer.from('head'), parts: [] };
        tell(command, await ports.journal.append(subtask, entry));
      } else if (command === 'fill') {
        await fill(ports);
      } else {
        tell(command, await ports.items.write([{ key: args[0], value: args[1] }]));
      }
    } catch (error) {
      tell(command, isTidemarkError(error) ? error.code : String(error));
    }
  }
}

async function main(mode: string, directory: string): Promise<void> {
  const store = await openStore(directory, { owner: 'the child', segmentBytes: 400_000 });
  const ports = embeddedPorts(store, { emit: () => undefined });
  tell('ready');
  await (mode === 'append' ? appendForEver(ports) : obey(ports));
  await store.close();
}

const [mode, directory] = process.argv.slice(2);
if (process.argv[1]?.endsWith('store-process.ts') === true) void main(mode ?? '', directory ?? '');
