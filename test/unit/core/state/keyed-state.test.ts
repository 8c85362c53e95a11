import { ColdState, StateMiss } from '../../../../lib/core/state/cold-state.ts';
import { KeyedState } from '../../../../lib/core/state/keyed-state.ts';

function commit(state: KeyedState): void {
  const changes = state.changes();
  state.rollback();
  state.apply(changes);
}

describe('KeyedState', () => {
  test('is a table the same each time it is asked for, and apart from others?', () => {
    const state = new KeyedState();
    state.table('a').set('', 'k', 1);
    expect(state.table('a')).toBe(state.table('a'));
    expect(state.table('b').get('', 'k')).toBeUndefined();
  });

  test('do keeping, dropping and rolling back reach each table?', () => {
    const state = new KeyedState();
    const tables = ['a', 'b'].map((id) => state.table(id));
    const look = () => tables.map((table) => table.get('', 'k'));
    const set = (value: number) => tables.forEach((table) => void table.set('', 'k', value));
    const seen: unknown[] = [];
    set(1);
    commit(state);
    state.setCareful(true);
    set(2);
    state.keepRecord();
    set(3);
    state.dropRecord();
    seen.push(look());
    state.rollback();
    seen.push(look(), state.changes(), state.size);
    expect(seen).toEqual([[2, 2], [1, 1], [], 2]);
  });

  test('does its snapshot make an equal state, tables in order whatever order they were made in?', () => {
    const state = new KeyedState();
    for (const id of ['b', 'a/x', 'a']) state.table(id).set('n', id, { id, list: [id] });
    commit(state);
    const copy = new KeyedState();
    copy.apply([...state.snapshot()]);
    expect([...state.snapshot()].map(({ table }) => table)).toEqual(['a', 'a/x', 'b']);
    expect([...copy.snapshot()]).toEqual([...state.snapshot()]);
    expect(copy.table('a').get('n', 'a')).toEqual({ id: 'a', list: ['a'] });
  });

  test('are all but resident tables cold after an eviction, tables made later too?', () => {
    const state = new KeyedState();
    state.table('timers').resident = true;
    for (const id of ['timers', 'a']) state.table(id).set('', 'k', id);
    commit(state);
    const cold = new ColdState();
    state.evict(cold);
    cold.put([{ table: 'later', namespace: '', drop: false, keys: ['k'], values: [1] }]);
    expect(state.table('timers').get('', 'k')).toBe('timers');
    expect(() => state.table('a').get('', 'k')).toThrow(StateMiss);
    expect(() => state.table('later').get('', 'k')).toThrow(StateMiss);
    expect(state.size).toBe(1);
  });
});
