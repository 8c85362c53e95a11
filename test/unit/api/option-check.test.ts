import { checkFunction, nearestName } from '../../../lib/api/option-check.ts';
import { refusal } from './refusal.ts';

describe('nearestName', () => {
  test.each([
    ['evry', 'every'],
    ['EVERY', 'every'],
    ['retian', 'retain'],
    ['unalligned', 'unaligned'],
    ['xyz', undefined],
    ['', undefined],
  ])('what was meant by %j?', (name, meant) => {
    expect(nearestName(name, ['every', 'retain', 'unaligned'])).toBe(meant);
  });
});

describe('checkFunction', () => {
  test.each([[async () => 1], [async function* () {}], [undefined], ['text'], [{}]])('is %p refused?', (value) => {
    expect(refusal(() => checkFunction('the argument of map(…)', value)).code).toBe('TM_GRAPH_FUNCTION');
  });

  test('are arrows, functions, generators and built-in functions taken?', () => {
    const values = [() => 1, function named() {}, function* () {}, String];
    expect(values.map((value) => checkFunction('it', value))).toEqual(values.map(() => undefined));
  });
});
