import { checkBindings, type GivenBindings } from '../../../lib/api/bindings.ts';
import { effect, fileSink, files, graphOf, json, pipeline } from '../../../lib/index.ts';
import { refusal } from './refusal.ts';

const open = () => Promise.reject(new Error('not opened here'));
const source = { guarantee: 'exactly-once', description: 'files', open } as const;
const sink = { guarantee: 'exactly-once', description: 'folder', open } as const;
const tell = { description: 'web hook', open } as const;
const all = { sources: { events: source }, sinks: { rows: sink }, effects: { tell } };

function graph(mode: 'exactly-once' | 'at-least-once' = 'exactly-once') {
  return graphOf(
    pipeline('p', { checkpoint: { mode } })
      .source('events', files({ schema: json(), onInvalid: 'fail' }))
      .to('rows', fileSink())
      .afterCommit('tell', effect({ idempotencyKey: () => '', payload: () => '' })),
  );
}
const refused = (bindings: GivenBindings) => refusal(() => checkBindings(graph(), bindings));

describe('checkBindings', () => {
  test('are complete bindings taken?', () => {
    expect(checkBindings(graph(), all)).toBeUndefined();
  });

  test.each([['sources'], ['sinks'], ['effects']] as const)('is a missing one of the %s refused by name?', (group) => {
    const error = refused({ ...all, [group]: {} });
    expect(error.code).toBe('TM_BINDING_MISSING');
    expect(error.message).toContain(Object.keys(all[group])[0]);
    expect(refused({ ...all, [group]: undefined }).code).toBe('TM_BINDING_MISSING');
  });

  test('is an unknown one refused with the known names?', () => {
    const error = refused({ ...all, sources: { event: source } });
    expect(error.code).toBe('TM_BINDING_UNKNOWN');
    expect(error.advice).toBe("Did you mean 'events'? Its sources: events.");
  });

  test('does a name of Object.prototype count as bound?', () => {
    const odd = graphOf(
      pipeline('p')
        .source('constructor', files({ schema: json(), onInvalid: 'fail' }))
        .to('rows', fileSink()),
    );
    expect(refusal(() => checkBindings(odd, { sinks: { rows: sink } })).code).toBe('TM_BINDING_MISSING');
  });

  test('is a weaker binding refused where exactly-once is asked for, and only there?', () => {
    const weak = {
      ...all,
      sinks: { rows: { ...sink, guarantee: 'at-least-once', description: 'append stream' } as const },
    };
    const error = refused(weak);
    expect(error.code).toBe('TM_BINDING_WEAK');
    expect(error.message).toContain('append stream');
    expect(checkBindings(graph('at-least-once'), weak)).toBeUndefined();
  });
});
