import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { outboxEffect } from '../../../../lib/connectors/outbox/outbox-effect.ts';

const root = mkdtempSync(path.join(tmpdir(), 'tidemark-outbox-'));
afterAll(() => rmSync(root, { recursive: true }));
let file: string;
let files = 0;
beforeEach(() => {
  files += 1;
  file = path.join(root, String(files), 'deep', 'outbox.ndjson');
});

const request = (key: string, payload: unknown = { to: key }) => ({ key, payload });
const delivered = (...lines: number[]) => lines.map((line) => ({ outcome: 'delivered', receipt: `line:${line}` }));
const lines = (): unknown[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

describe('outboxEffect', () => {
  test('is each request one line, and its number the receipt?', async () => {
    const effect = await outboxEffect(file).open();
    expect(await effect.deliver([request('a'), request('b')])).toEqual(delivered(1, 2));
    expect(await effect.deliver([request('c')])).toEqual(delivered(3));
    expect(lines()).toEqual([request('a'), request('b'), request('c')]);
    await effect.close();
    expect(outboxEffect(file).description).toContain(file);
  });

  test('is a repeat ignored, with the first receipt: in one call, in the next, after opening again?', async () => {
    const effect = await outboxEffect(file).open();
    expect(await effect.deliver([request('a', 1), request('b'), request('a', 2)])).toEqual(delivered(1, 2, 1));
    expect(await effect.deliver([request('b', 9)])).toEqual(delivered(2));
    await effect.close();
    const again = await outboxEffect(file).open();
    expect(await again.deliver([request('c'), request('a', 3)])).toEqual(delivered(3, 1));
    expect(lines()).toEqual([request('a', 1), request('b'), request('c')]);
    await again.close();
  });

  test('are keys and payloads of any text kept apart?', async () => {
    const keys = ['', '\n', '"', 'é😀', '{"key":"a"}'];
    const effect = await outboxEffect(file).open();
    expect(await effect.deliver(keys.map((key) => request(key)))).toEqual(delivered(1, 2, 3, 4, 5));
    await effect.close();
    const again = await outboxEffect(file).open();
    expect(await again.deliver(keys.map((key) => request(key)))).toEqual(delivered(1, 2, 3, 4, 5));
    await again.close();
  });

  test('is a line that a crash tore cut off, wherever it was torn, and written again?', async () => {
    const whole = `${JSON.stringify(request('a'))}\n`;
    const second = `${JSON.stringify(request('é'))}\n`;
    mkdirSync(path.dirname(file), { recursive: true });
    for (let bytes = 0; bytes < Buffer.byteLength(second); bytes += 1) {
      writeFileSync(file, whole + second);
      truncateSync(file, Buffer.byteLength(whole) + bytes);
      const effect = await outboxEffect(file).open();
      expect(await effect.deliver([request('a'), request('é')])).toEqual(delivered(1, 2));
      expect(readFileSync(file, 'utf8')).toBe(whole + second);
      await effect.close();
    }
  });

  test('is a payload that is no JSON refused alone?', async () => {
    const effect = await outboxEffect(file).open();
    expect(await effect.deliver([request('a', { n: 1n }), request('b')])).toEqual([
      { outcome: 'refused', message: expect.stringContaining('BigInt') },
      ...delivered(1),
    ]);
    await effect.close();
  });

  test('do deliveries at once keep their lines whole and numbered?', async () => {
    const effect = await outboxEffect(file).open();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => effect.deliver([request(`k${index % 10}`)])),
    );
    expect(outcomes.flat()).toEqual(delivered(...Array.from({ length: 20 }, (_, index) => (index % 10) + 1)));
    expect(lines()).toHaveLength(10);
    await effect.close();
  });

  test('does it see the lines of another process, wait for one that is being written, and outlive its death?', async () => {
    const one = await outboxEffect(file).open();
    const other = await outboxEffect(file).open();
    await one.deliver([request('a')]);
    expect(await other.deliver([request('a'), request('b')])).toEqual(delivered(1, 2));
    appendFileSync(file, '{"key":"torn');
    expect(await one.deliver([request('c')])).toEqual([
      { outcome: 'retry', message: expect.stringContaining('process') },
    ]);
    expect(await one.deliver([request('c')])).toEqual(delivered(3));
    expect(lines()).toEqual([request('a'), request('b'), request('c')]);
    await one.close();
    await other.close();
  });

  test.each(['not json\n', '{"payload":1}\n', '{"key":1}\n', 'null\n', 'my notes', '{"a":1}'])(
    'is a file with %j refused, not written to?',
    async (text) => {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      await expect(outboxEffect(file).open()).rejects.toMatchObject({ code: 'TM_EFFECT_FILE', kind: 'corrupt' });
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  test('are zeros cut off that a loss of power left?', async () => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(request('a'))}\n\0\0\0`);
    const effect = await outboxEffect(file).open();
    expect(await effect.deliver([request('b')])).toEqual(delivered(2));
    expect(lines()).toEqual([request('a'), request('b')]);
    await effect.close();
  });

  test('does a path that can not be opened say so?', async () => {
    await expect(outboxEffect(root).open()).rejects.toMatchObject({ code: 'TM_EFFECT_FILE', kind: 'unavailable' });
  });
});
