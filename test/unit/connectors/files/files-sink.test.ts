import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesSink } from '../../../../lib/connectors/files/files-sink.ts';
import type { Sink } from '../../../../lib/ports/sink.ts';
import { DiskCrash, FaultyDisk } from '../../../support/faulty-disk.ts';
import { MemoryItems } from '../../../support/memory-items.ts';
import { type Entries, openProgress, progressNow, rangeOf, WRITER } from '../../../support/sink-work.ts';

const ENTRIES: Entries = { 1: [{ id: 'a' }, { id: 'b' }], 3: [{ id: 'c' }], 5: [{ id: 'd' }] };
const RANGES = [rangeOf(ENTRIES, 0, 2), rangeOf(ENTRIES, 2, 4), rangeOf(ENTRIES, 4, 6)];
const ALL = ['a', 'b', 'c', 'd'];

const context = (items: MemoryItems) => ({ items, changesPerWrite: items.changesPerWrite });

/**
 * The life of a sink subtask: stage two ranges, commit them, then the third. It goes on where it died: whoever
 * acknowledges stages first, and what is acknowledged is not staged again.
 */
async function work(disk: FaultyDisk, items: MemoryItems, acknowledged: Set<number>): Promise<void> {
  const sink = await filesSink('/out', { disk }).open(context(items));
  await sink.recover(WRITER, await progressNow(items));
  for (const ranges of [RANGES.slice(0, 2), RANGES.slice(2)]) {
    for (const range of ranges) {
      if (acknowledged.has(range.upTo)) continue;
      await sink.stage?.(range);
      acknowledged.add(range.upTo);
    }
    expect(await sink.commit(ranges, await openProgress(items))).toBe('committed');
  }
}

const idsOf = (disk: FaultyDisk): string[] =>
  disk
    .names('/out')
    .flatMap((name) => disk.text(`/out/${name}`).split('\n').filter(Boolean))
    .map((line) => (JSON.parse(line) as { id: string }).id)
    .sort();

describe('filesSink, dying at each call to the file system', () => {
  test.each([
    ['before its effect', false],
    ['after its effect', true],
  ])(
    'are the rows in part files exactly once after a crash %s, with and without loss of power?',
    async (_name, after) => {
      let runs = 0;
      for (let call = 1; ; call += 1) {
        let finished = false;
        // -1: the process dies and the machine lives; else as many unsynced changes of names survive.
        for (const keep of [-1, 0, 1, 2]) {
          // Prepare
          const disk = new FaultyDisk();
          const items = new MemoryItems();
          const acknowledged = new Set<number>();
          disk.crashAt(call, after);
          // Act
          finished = await work(disk, items, acknowledged).then(
            () => true,
            (error: Error) => {
              expect(error.cause).toBeInstanceOf(DiskCrash);
              return false;
            },
          );
          disk.crashAt(Number.POSITIVE_INFINITY, false);
          if (keep >= 0) disk.losePower(keep);
          const seenThen = idsOf(disk);
          await work(disk, items, acknowledged);
          // Assess
          expect(seenThen.every((id, index) => ALL.includes(id) && seenThen.indexOf(id) === index)).toBe(true);
          expect(idsOf(disk)).toEqual(ALL);
          expect(disk.names('/out/.staged')).toEqual([]);
          runs += 1;
        }
        if (finished) break;
      }
      expect(runs).toBeGreaterThan(100);
    },
  );

  test('are rows still there after a loss of power right after the commit was acknowledged?', async () => {
    const disk = new FaultyDisk();
    const items = new MemoryItems();
    await work(disk, items, new Set());
    disk.losePower(0);
    expect(idsOf(disk)).toEqual(ALL);
  });

  test('is output safe once a commit has answered that another had begun and died in?', async () => {
    for (let call = 1; ; call += 1) {
      // Prepare
      const disk = new FaultyDisk();
      const items = new MemoryItems();
      const sink = await filesSink('/out', { disk }).open(context(items));
      for (const range of RANGES) await sink.stage?.(range);
      disk.crashAt(call, false);
      const died = await sink.commit(RANGES, await openProgress(items)).then(
        () => false,
        () => true,
      );
      disk.crashAt(Number.POSITIVE_INFINITY, false);
      // Act
      expect(await sink.commit(RANGES, await openProgress(items))).toBe('committed');
      disk.losePower(0);
      // Assess
      expect(idsOf(disk)).toEqual(ALL);
      if (died) continue;
      expect(call).toBeGreaterThan(RANGES.length);
      break;
    }
  });

  test('is staged output safe once stage has answered?', async () => {
    const disk = new FaultyDisk();
    const items = new MemoryItems();
    const sink = await filesSink('/out', { disk }).open(context(items));
    for (const range of RANGES) await sink.stage?.(range);
    disk.losePower(0);
    expect(await sink.commit(RANGES, await openProgress(items))).toBe('committed');
    expect(idsOf(disk)).toEqual(ALL);
  });
});

describe('filesSink, on a real disk', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tidemark-files-sink-'));
  const out = path.join(directory, 'a', 'b', 'out');
  const items = new MemoryItems();
  let sink: Sink;
  beforeAll(async () => {
    sink = await filesSink(out).open(context(items));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('are the files called what the documentation says, one for each range with rows?', async () => {
    const ranges = [...RANGES, rangeOf(ENTRIES, 6, 9)];
    for (const range of ranges) await sink.stage?.(range);
    expect(readdirSync(path.join(out, '.staged')).sort()).toEqual([
      'billing.invoices.hourly.0-a1-v000000000002.ndjson',
      'billing.invoices.hourly.0-a1-v000000000004.ndjson',
      'billing.invoices.hourly.0-a1-v000000000006.ndjson',
    ]);
    await sink.commit(ranges, await openProgress(items));
    const part = path.join(out, 'part-billing.invoices.hourly.0-a1-v000000000002.ndjson');
    expect(readFileSync(part, 'utf8')).toBe('{"id":"a"}\n{"id":"b"}\n');
    expect(await progressNow(items)).toEqual({ attempt: 1, version: 9, row: 0 });
  });

  test('does a file that a reader took away stay away when the commit is repeated?', async () => {
    rmSync(path.join(out, 'part-billing.invoices.hourly.0-a1-v000000000004.ndjson'));
    await sink.stage?.(RANGES[1] as (typeof RANGES)[0]);
    await sink.commit(RANGES, await openProgress(items));
    await sink.commit([...RANGES, rangeOf(ENTRIES, 9, 10)], await openProgress(items));
    expect(readdirSync(out).filter((name) => name.startsWith('part-'))).toHaveLength(2);
  });

  test('is a range of a million characters written whole?', async () => {
    const rows = Array.from({ length: 1000 }, (_, index) => ({ index, text: 'é'.repeat(1000) }));
    const range = rangeOf({ 12: rows }, 10, 12);
    await sink.stage?.(range);
    await sink.commit([range], await openProgress(items));
    const text = readFileSync(path.join(out, 'part-billing.invoices.hourly.0-a1-v000000000012.ndjson'), 'utf8');
    expect(
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(rows);
  });

  test.each([
    ['a bigint', { n: 1n }, 'BigInt'],
    ['undefined', undefined, 'undefined'],
    ['a function', () => 1, 'function'],
  ])('is %s as a row refused with the name of the sink?', async (_name, row, word) => {
    const staging = sink.stage?.(rangeOf({ 13: [row] }, 12, 13));
    await expect(staging).rejects.toMatchObject({ code: 'TM_SINK_ROW', kind: 'user-code' });
    await expect(staging).rejects.toThrow(/sink invoices/);
    await expect(staging).rejects.toThrow(word);
  });

  test('does recovery take away what a crash left half written, and nobody else’s files?', async () => {
    const staged = path.join(out, '.staged');
    writeFileSync(path.join(staged, 'billing.invoices.hourly.0-a1-v000000000099.ndjson.0123-ab.tmp'), '{"i');
    writeFileSync(path.join(staged, 'billing.invoices.hourly.1-a1-v000000000099.ndjson'), '{}\n');
    writeFileSync(path.join(staged, 'README'), 'mine');
    await sink.recover(WRITER, await progressNow(items));
    expect(readdirSync(staged).sort()).toEqual(['README', 'billing.invoices.hourly.1-a1-v000000000099.ndjson']);
  });

  test('does a directory that can not be made say so, with a next step?', async () => {
    writeFileSync(path.join(directory, 'file'), '');
    const opening = filesSink(path.join(directory, 'file', 'out')).open(context(items));
    await expect(opening).rejects.toMatchObject({
      code: 'TM_SINK_DIRECTORY',
      kind: 'unavailable',
      advice: expect.stringContaining('permissions'),
    });
  });

  test('does a call that the system refuses say so, with the cause?', async () => {
    const disk = new FaultyDisk();
    const refusal = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    const closed = await filesSink('/out', { disk }).open(context(items));
    disk.create = () => Promise.reject(refusal);
    await expect(closed.stage?.(rangeOf(ENTRIES, 0, 2))).rejects.toMatchObject({
      code: 'TM_SINK_DIRECTORY',
      kind: 'unavailable',
      cause: refusal,
    });
  });
});
