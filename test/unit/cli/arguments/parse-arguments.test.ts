import { numberOption } from '../../../../lib/cli/arguments/number-argument.ts';
import type { OptionSpec } from '../../../../lib/cli/arguments/option-spec.ts';
import { parseArguments } from '../../../../lib/cli/arguments/parse-arguments.ts';

const SPECS: readonly OptionSpec[] = [
  { name: 'source', value: 'ID=PATTERN', repeatable: true, help: '' },
  { name: 'dir', value: 'DIR', help: '' },
  { name: 'limit', value: 'N', help: '' },
  { name: 'json', help: '' },
  { name: 'help', help: '' },
];

const parse = (...args: string[]) => parseArguments('run', args, SPECS, 1);

describe('arguments', () => {
  test('are options and other arguments told apart, in any order?', () => {
    // Act
    const args = parse('--source', 'a=1', 'p.ts', '--json', '--source=b=2', '--dir', 'x', '--dir', 'y');

    // Assess
    expect(args.positionals).toEqual(['p.ts']);
    expect(args.all('source')).toEqual(['a=1', 'b=2']);
    expect(args.one('dir')).toBe('y');
    expect(args.has('json')).toBe(true);
    expect(args.has('limit')).toBe(false);
    expect(args.all('limit')).toEqual([]);
  });

  test('is -- the end of the options?', () => {
    expect(parse('--json', '--', '--dir').positionals).toEqual(['--dir']);
  });

  test.each([
    ['--sorce', "Did you mean '--source'?"],
    ['--Dir', "Did you mean '--dir'?"],
    ['--zzz', 'Options: --source'],
    ['-x', 'Options: --source'],
  ])('is %s refused with advice?', (option, advice) => {
    expect(() => parse(option)).toThrow(
      expect.objectContaining({ code: 'TM_CLI_OPTION', advice: expect.stringContaining(advice) }),
    );
  });

  test.each([[['--dir']], [['--dir', '--json']], [['--dir=']], [['--json=yes']]])('is %j refused?', (args) => {
    expect(() => parse(...args)).toThrow(expect.objectContaining({ code: 'TM_CLI_VALUE', kind: 'invalid' }));
  });

  test('may a value begin with a dash where it is meant?', () => {
    expect(parse('--dir=-odd').one('dir')).toBe('-odd');
  });

  test('are too many arguments blamed on the shell, when it may have expanded a pattern?', () => {
    expect(() => parse('p.ts', 'a', 'b', 'c')).toThrow(
      expect.objectContaining({ code: 'TM_CLI_ARGUMENT', advice: expect.stringContaining('quotes') }),
    );
  });

  test('are numbers whole and large enough?', () => {
    expect(numberOption(parse('--limit', '12'), 'limit', 1)).toBe(12);
    expect(numberOption(parse(), 'limit', 1)).toBeUndefined();
    for (const text of ['0', 'x', '1.5', '1e3', '99999999999999999999']) {
      expect(() => numberOption(parse('--limit', text), 'limit', 1)).toThrow(
        expect.objectContaining({ code: 'TM_CLI_VALUE' }),
      );
    }
  });
});
