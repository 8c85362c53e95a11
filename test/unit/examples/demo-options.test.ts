import { demoOptions } from '../../../examples/billing/demo/options.ts';

test('what does npm start do when nothing is asked?', () => {
  const defaults = { events: 1_000_000, kills: 10, seed: 1, workers: 2, parallelism: 2, keep: false, json: false };
  expect(demoOptions([])).toEqual(defaults);
});

test('are options taken?', () => {
  const options = demoOptions(['--events', '200000', '--kills=30', '--seed', '7', '--json']);
  expect(options).toMatchObject({ events: 200_000, kills: 30, seed: 7, json: true });
});

test('does --help win?', () => {
  expect(demoOptions(['--kills', '3', '--help'])).toBeUndefined();
});

test.each([[['--events', 'many']], [['--events', '0']], [['--kills', '-1']], [['--kills', '1.5']], [['--unknown']]])(
  'is %j refused with a sentence?',
  (args) => {
    expect(() => demoOptions(args)).toThrow(/--/);
  },
);
