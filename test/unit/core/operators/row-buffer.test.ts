import { decode } from '../../../../lib/core/bytes/codec.ts';
import { unframe } from '../../../../lib/core/bytes/frame.ts';
import { RowBuffer } from '../../../../lib/core/operators/row-buffer.ts';

const taken = (buffer: RowBuffer) =>
  buffer.take().map(({ sink, count, bytes }) => [sink, count, decode(unframe(bytes))]);

describe('RowBuffer', () => {
  test('are rows of each sink together, in order, sinks by their first row, and gone once taken?', () => {
    const buffer = new RowBuffer();
    buffer.push('b', 1);
    buffer.push('a', { two: 2 });
    buffer.push('b', undefined);
    expect(taken(buffer)).toEqual([
      ['b', 2, [1, undefined]],
      ['a', 1, [{ two: 2 }]],
    ]);
    expect(taken(buffer)).toEqual([]);
  });

  test('does a record in careful mode add its rows when it is kept, and none when it is dropped?', () => {
    const buffer = new RowBuffer();
    buffer.careful = true;
    buffer.push('a', 1);
    buffer.push('a', 2);
    buffer.keepRecord();
    buffer.push('a', 3);
    buffer.push('new', 3);
    buffer.dropRecord();
    buffer.keepRecord();
    buffer.push('a', 4);
    buffer.keepRecord();
    expect(taken(buffer)).toEqual([['a', 3, [1, 2, 4]]]);
  });

  test('does clear forget the batch and the record?', () => {
    const buffer = new RowBuffer();
    buffer.push('a', 1);
    buffer.careful = true;
    buffer.push('a', 2);
    buffer.clear();
    buffer.keepRecord();
    expect(taken(buffer)).toEqual([]);
  });
});
