import { ColdState, StateMiss } from '../../../../lib/core/state/cold-state.ts';
import { StateTable } from '../../../../lib/core/state/state-table.ts';

/** What a pass and its runner do when the entry is appended. */
function commit(table: StateTable): void {
  const changes = table.changes();
  table.rollback();
  for (const change of changes) table.apply(change);
}

function filled(): StateTable {
  const table = new StateTable('t');
  table.set('w1', 'a', { n: 1 });
  table.set('w1', 'b', 'two');
  table.set('w2', 'a', [3]);
  commit(table);
  return table;
}

describe('reading', () => {
  test('is the record seen over the batch, and the batch over what is committed?', () => {
    const table = filled();
    table.set('w1', 'b', 'batch');
    table.setCareful(true);
    const batch = table.get('w1', 'b');
    table.set('w1', 'b', 'record');
    const record = table.get('w1', 'b');
    table.dropRecord();
    const dropped = table.get('w1', 'b');
    table.rollback();
    expect([batch, record, dropped, table.get('w1', 'b')]).toEqual(['batch', 'record', 'batch', 'two']);
  });

  test('is a deletion seen in each layer, and is setting undefined one?', () => {
    const table = filled();
    table.delete('w1', 'a');
    table.set('w1', 'b', undefined);
    expect([table.get('w1', 'a'), table.get('w1', 'b'), table.keys('w1')]).toEqual([undefined, undefined, []]);
    table.setCareful(true);
    table.set('w1', 'a', 'again');
    expect(table.keys('w1')).toEqual(['a']);
    table.delete('w1', 'a');
    expect(table.get('w1', 'a')).toBeUndefined();
    table.dropRecord();
    table.rollback();
    expect(table.keys('w1')).toEqual(['a', 'b']);
  });

  test('are null, false, zero and an empty text values, not absences?', () => {
    const table = new StateTable('t');
    const values = [null, false, 0, ''];
    values.forEach((value, index) => {
      table.set('', String(index), value);
    });
    const look = () => values.map((_, index) => table.get('', String(index)));
    expect(look()).toEqual(values);
    commit(table);
    expect(look()).toEqual(values);
    table.setCareful(true);
    expect(look()).toEqual(values);
    expect(table.keys('')).toEqual(['0', '1', '2', '3']);
  });

  test('are keys of all layers in code-unit order, each once?', () => {
    const table = filled();
    table.set('w1', 'é', 1);
    table.set('w1', 'a', 1);
    table.setCareful(true);
    table.set('w1', 'B', 1);
    table.set('w1', 'Z', 1);
    table.delete('w1', 'Z');
    expect(table.keys('w1')).toEqual(['B', 'a', 'b', 'é']);
    expect(table.keys('none')).toEqual([]);
  });

  test('are namespaces those of all layers, without dropped ones?', () => {
    const table = filled();
    table.drop('w1');
    table.set('w3', 'a', 1);
    table.setCareful(true);
    table.set('w4', 'a', 1);
    expect(table.namespaces().sort()).toEqual(['w2', 'w3', 'w4']);
  });
});

describe('careful mode', () => {
  test('does a record that is kept become part of the batch, with its deletions?', () => {
    const table = filled();
    table.setCareful(true);
    table.set('w1', 'c', 3);
    table.delete('w1', 'a');
    table.keepRecord();
    table.set('w1', 'c', 'lost');
    table.dropRecord();
    expect(table.keys('w1')).toEqual(['b', 'c']);
    commit(table);
    expect([table.keys('w1'), table.get('w1', 'c'), table.size]).toEqual([['b', 'c'], 3, 3]);
  });

  test('is what a record changes in place gone when it is dropped, for committed and for batch values?', () => {
    const table = filled();
    table.set('w2', 'b', { n: 5 });
    table.setCareful(true);
    (table.get('w1', 'a') as { n: number }).n = 99;
    (table.get('w2', 'b') as { n: number }).n = 99;
    table.dropRecord();
    expect([table.get('w1', 'a'), table.get('w2', 'b')]).toEqual([{ n: 1 }, { n: 5 }]);
  });

  test('does a record see its own object, as it would without care?', () => {
    const table = filled();
    table.setCareful(true);
    const own = { n: 7 };
    table.set('w1', 'a', own);
    expect(table.get('w1', 'a')).toBe(own);
  });

  test('does a later record see what an earlier one kept, and only a copy of it?', () => {
    const table = new StateTable('t');
    table.setCareful(true);
    table.set('', 'a', { n: 1 });
    table.keepRecord();
    (table.get('', 'a') as { n: number }).n = 2;
    table.keepRecord();
    expect(table.get('', 'a')).toEqual({ n: 1 });
  });
});

describe('committed values', () => {
  test('does nothing that is changed in place reach them?', () => {
    const table = new StateTable('t');
    const flat = { n: 1 };
    const deep = { list: [1] };
    table.set('', 'flat', flat);
    table.set('', 'deep', deep);
    commit(table);
    flat.n = 99;
    deep.list.push(99);
    (table.get('', 'flat') as { n: number }).n = 98;
    (table.get('', 'deep') as { list: number[] }).list.push(98);
    expect([table.get('', 'flat'), table.get('', 'deep')]).toEqual([{ n: 1 }, { list: [1] }]);
  });

  test('are changes the values of their moment, whatever is changed in place afterwards?', () => {
    const table = new StateTable('t');
    const value = { list: [1] };
    table.set('', 'a', value);
    const changes = table.changes();
    value.list.push(2);
    table.rollback();
    for (const change of changes) table.apply(change);
    expect(table.get('', 'a')).toEqual({ list: [1] });
  });
});

describe('drop', () => {
  test('is a whole namespace gone at once, and what is written afterwards there alone?', () => {
    const table = filled();
    table.set('w1', 'c', 3);
    table.drop('w1');
    const gone = [table.get('w1', 'a'), table.get('w1', 'c'), table.keys('w1')];
    table.set('w1', 'd', 4);
    expect(gone).toEqual([undefined, undefined, []]);
    expect(table.keys('w1')).toEqual(['d']);
    expect(table.changes()).toEqual([{ table: 't', namespace: 'w1', drop: true, keys: ['d'], values: [4] }]);
    commit(table);
    expect([table.keys('w1'), table.get('w1', 'a'), table.size]).toEqual([['d'], undefined, 2]);
  });

  test('does a rollback bring it back?', () => {
    const table = filled();
    table.drop('w1');
    table.rollback();
    expect([table.get('w1', 'b'), table.keys('w1'), table.changes()]).toEqual(['two', ['a', 'b'], []]);
  });

  test('is an empty namespace not kept, whether it was dropped or emptied key by key?', () => {
    const table = filled();
    table.drop('w2');
    table.delete('w1', 'a');
    table.delete('w1', 'b');
    commit(table);
    expect([table.namespaces(), table.size, [...table.snapshot()]]).toEqual([[], 0, []]);
  });
});

describe('snapshot', () => {
  test('does it make an equal table, namespaces in order?', () => {
    const table = filled();
    table.set('w1', 'uncommitted', 1);
    const copy = new StateTable('t');
    for (const change of table.snapshot()) copy.apply(change);
    expect([...table.snapshot()].map(({ namespace }) => namespace)).toEqual(['w1', 'w2']);
    expect([...copy.snapshot()]).toEqual([...table.snapshot()]);
    expect([copy.size, copy.get('w1', 'a'), copy.get('w1', 'uncommitted')]).toEqual([3, { n: 1 }, undefined]);
  });
});

describe('cold entries', () => {
  function chilled(): { table: StateTable; cold: ColdState } {
    const table = filled();
    const cold = new ColdState();
    table.evict(cold);
    table.setCold(cold);
    return { table, cold };
  }
  function missOf(read: () => unknown): StateMiss {
    try {
      read();
    } catch (error) {
      if (error instanceof StateMiss) return error;
    }
    throw new Error('nothing was missed');
  }

  test('is one read as a miss, and as itself once it is fetched?', () => {
    const { table, cold } = chilled();
    const miss = missOf(() => table.get('w1', 'a'));
    expect(miss).toMatchObject({ table: 't', namespace: 'w1', key: 'a' });
    for (const change of cold.fetch(miss)) table.apply(change);
    expect(table.get('w1', 'a')).toEqual({ n: 1 });
    expect(missOf(() => table.get('w1', 'b')).key).toBe('b');
    expect(table.get('w1', 'never')).toBeUndefined();
  });

  test('do the keys of a namespace want all of it, and is it complete then?', () => {
    const { table, cold } = chilled();
    table.set('w1', 'c', 3);
    const miss = missOf(() => table.keys('w1'));
    expect(miss.key).toBeUndefined();
    for (const change of cold.fetch(miss)) table.apply(change);
    expect(table.keys('w1')).toEqual(['a', 'b', 'c']);
    expect(table.namespaces().sort()).toEqual(['w1', 'w2']);
  });

  test('are entries that the batch has written or dropped read without a miss?', () => {
    const { table } = chilled();
    table.set('w1', 'a', 'new');
    table.delete('w1', 'b');
    table.drop('w2');
    expect([table.get('w1', 'a'), table.get('w1', 'b'), table.get('w2', 'a'), table.keys('w2')]).toEqual([
      'new',
      undefined,
      undefined,
      [],
    ]);
    expect(table.namespaces()).toEqual(['w1']);
  });

  test('is a cold entry that was written, deleted or dropped since never seen again?', () => {
    const { table, cold } = chilled();
    table.set('w1', 'a', 'new');
    table.delete('w1', 'b');
    table.drop('w2');
    commit(table);
    expect([table.get('w1', 'a'), table.get('w1', 'b'), table.get('w2', 'a')]).toEqual(['new', undefined, undefined]);
    expect([table.namespaces(), cold.namespaces('t')]).toEqual([['w1'], []]);
  });

  test('does a resident table stay in memory?', () => {
    const table = filled();
    table.resident = true;
    const cold = new ColdState();
    table.evict(cold);
    expect([table.size, cold.namespaces('t')]).toEqual([3, []]);
  });
});
