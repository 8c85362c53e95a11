import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { filesSink } from '../../../../lib/connectors/files/files-sink.ts';
import { MemoryItems } from '../../../support/memory-items.ts';
import { failureOf } from '../../../support/ports-under-test.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

describe('the directory of a files sink', () => {
  let out: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const made = await temporaryDirectory();
    out = path.join(made.directory, 'out');
    remove = made.remove;
  });

  afterEach(() => remove());

  const open = (items: MemoryItems) => filesSink(out).open({ items, changesPerWrite: 10 });

  test('is it kept by its job, however often that opens it, also at once?', async () => {
    const items = new MemoryItems();

    await Promise.all([open(items), open(items), open(items)]);

    await expect(open(items)).resolves.toBeDefined();
  });

  test('is another job refused, whose parts could have the same names?', async () => {
    await open(new MemoryItems());

    expect(await failureOf(open(new MemoryItems()))).toEqual({ code: 'TM_SINK_FOREIGN', kind: 'invalid' });
  });

  test('is a directory refused that holds parts of nobody known?', async () => {
    mkdirSync(out);
    writeFileSync(path.join(out, 'part-billing.invoices.hourly.0-a1-v000000000002.ndjson'), '{}\n');

    expect(await failureOf(open(new MemoryItems()))).toEqual({ code: 'TM_SINK_FOREIGN', kind: 'invalid' });
  });
});
