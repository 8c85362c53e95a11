import { ColdState, StateMiss } from '../../../../lib/core/state/cold-state.ts';

const change = (namespace: string, entries: Record<string, string>, drop = false) => ({
  table: 't',
  namespace,
  drop,
  keys: Object.keys(entries),
  values: Object.values(entries),
});

function filled(): ColdState {
  const cold = new ColdState();
  cold.put([change('x', { a: '1', b: '2' }), change('y', { a: '3' })]);
  return cold;
}

describe('ColdState', () => {
  test('does it know what it was given, by table, namespace and key?', () => {
    const cold = filled();
    expect([cold.has('t', 'x', 'a'), cold.has('t', 'x', 'c'), cold.has('u', 'x', 'a')]).toEqual([true, false, false]);
    expect([cold.hasNamespace('t', 'y'), cold.hasNamespace('t', 'z'), cold.namespaces('t')]).toEqual([
      true,
      false,
      ['x', 'y'],
    ]);
  });

  test('is what a miss fetches given once, one key or a whole namespace?', () => {
    const cold = filled();
    expect(cold.fetch(new StateMiss('t', 'x', 'a'))).toEqual([change('x', { a: '1' })]);
    expect([cold.has('t', 'x', 'a'), cold.has('t', 'x', 'b')]).toEqual([false, true]);
    cold.put([change('x', { c: '4' })]);
    expect(cold.fetch(new StateMiss('t', 'x', undefined))).toEqual([change('x', { b: '2', c: '4' })]);
    expect([cold.hasNamespace('t', 'x'), cold.namespaces('t')]).toEqual([false, ['y']]);
    expect(cold.fetch(new StateMiss('t', 'z', 'a'))).toEqual([]);
  });

  test('is what a newer change names forgotten, and a dropped namespace as a whole?', () => {
    const cold = filled();
    cold.supersede(change('x', { a: 'new' }));
    cold.supersede(change('y', {}, true));
    cold.supersede(change('none', { a: 'new' }, true));
    expect([cold.has('t', 'x', 'a'), cold.has('t', 'x', 'b'), cold.namespaces('t')]).toEqual([false, true, ['x']]);
  });
});
