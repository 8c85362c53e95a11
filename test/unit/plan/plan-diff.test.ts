import { comparePlans } from '../../../lib/plan/plan-diff.ts';

const old = {
  events: 'source files',
  hourly: 'window-aggregate tumbling 3600000/3600000+0 lateness 0 in key-by-hourly',
  once: 'dedupe 86400000',
  out: 'sink files',
};
function refused(now: Record<string, string>, drops: string[] = []) {
  const comparison = comparePlans(old, now, drops);
  if (comparison.ok) throw new Error('nothing was refused');
  return comparison.error;
}
const without = (...ids: (keyof typeof old)[]) =>
  Object.fromEntries(Object.entries(old).filter(([id]) => !ids.includes(id as never)));

describe('comparePlans', () => {
  test('does equal state go on?', () => {
    expect(comparePlans(old, old, [])).toEqual({
      ok: true,
      kept: ['events', 'hourly', 'once', 'out'],
      added: [],
      dropped: [],
    });
  });

  test('may new ids begin empty, and unneeded permissions be repeated?', () => {
    expect(comparePlans(old, { ...old, more: 'dedupe 1' }, ['gone', 'once'])).toMatchObject({
      ok: true,
      added: ['more'],
      dropped: [],
    });
  });

  test('may sinks change and go?', () => {
    expect(comparePlans(old, { ...old, out: 'sink table' }, [])).toMatchObject({ ok: true });
    expect(comparePlans(old, without('out'), [])).toMatchObject({ ok: true, dropped: ['out'] });
  });

  test('is state that nobody claims refused, unless it is allowed by name?', () => {
    const error = refused(without('once', 'hourly'), ['once']);
    expect(error.code).toBe('TM_PLAN_DROPPED');
    expect(error.message).toContain("'hourly', which has stored state");
    expect(error.advice).toContain('--drop-state hourly.');
    expect(refused(without('once', 'hourly')).advice).toContain('--drop-state hourly --drop-state once');
    expect(comparePlans(old, without('once'), ['once'])).toMatchObject({ ok: true, dropped: ['once'] });
  });

  test('is a source that is gone refused too, for its positions?', () => {
    expect(refused(without('events')).code).toBe('TM_PLAN_DROPPED');
  });

  test('is a renamed step recognised?', () => {
    const now = { ...without('hourly'), 'per-hour': old.hourly.replace('key-by-hourly', 'key-by-per-hour') };
    expect(refused(now).advice).toContain("If 'hourly' is now called 'per-hour'");
  });

  test('is another shape under an old id refused, permission or not?', () => {
    const error = refused({ ...old, once: 'dedupe 3600000' }, ['once']);
    expect(error.code).toBe('TM_PLAN_CHANGED');
    expect(error.message).toBe(
      'the state of \'once\' was written as "dedupe 86400000", but the pipeline now declares "dedupe 3600000"',
    );
    expect(refused({ ...old, events: 'source stream' }).code).toBe('TM_PLAN_CHANGED');
    expect(refused({ ...old, once: 'sink files' }).code).toBe('TM_PLAN_CHANGED');
  });

  test('is state that would be looked for in another stage refused?', () => {
    const error = refused({ ...old, hourly: old.hourly.replace('key-by-hourly', 'key-by-other') });
    expect(error.code).toBe('TM_PLAN_CHANGED');
    expect(error.message).toContain("lies in stage 'key-by-hourly'");
    expect(error.message).toContain("into stage 'key-by-other'");
  });
});
