import { COMMANDS } from '../../../lib/cli/commands.ts';
import { main } from '../../../lib/cli/main.ts';
import { keptContext } from './fake-context.ts';

describe('the command line', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])('does %j show all commands and exit codes?', async (args) => {
    // Prepare
    const context = keptContext(...args);

    // Act
    const code = await main(context);

    // Assess
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(context.stdout.text).toContain(`\n  ${name} `);
    expect(context.stdout.text).toMatch(/exit codes\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 /);
  });

  test.each(COMMANDS.map(({ name }) => [name]))('has %s a help with options and examples?', async (name) => {
    // Prepare
    const context = keptContext(name, '--help');

    // Act
    const code = await main(context);

    // Assess
    const command = COMMANDS.find((other) => other.name === name);
    expect(code).toBe(0);
    for (const option of command?.options ?? []) expect(context.stdout.text).toContain(`--${option.name}`);
    for (const example of command?.examples ?? []) expect(context.stdout.text).toContain(example);
    const tooLong = context.stdout.text
      .split('\n')
      .filter((line) => line.length > 100 && !line.startsWith('  tidemark'));
    expect(tooLong).toEqual([]);
  });

  test('does --version say the version?', async () => {
    const context = keptContext('--version');
    expect(await main(context)).toBe(0);
    expect(context.stdout.text).toBe('1.2.3\n');
  });

  test.each([
    [['rum'], 'TM_CLI_COMMAND', "Did you mean 'run'?"],
    [['dead-leters'], 'TM_CLI_COMMAND', "Did you mean 'dead-letters'?"],
    [['--versoin'], 'TM_CLI_COMMAND', "Did you mean '--version'?"],
    [['help', 'rum'], 'TM_CLI_COMMAND', "Did you mean 'run'?"],
    [['run', '--sorce', 'a=b'], 'TM_CLI_OPTION', "Did you mean '--source'?"],
    [['checkpoints', '--jsn'], 'TM_CLI_OPTION', "Did you mean '--json'?"],
    [['plan', 'a', 'b'], 'TM_CLI_ARGUMENT', 'tidemark plan --help'],
  ])('is %j refused with a suggestion, exit code 2 and no stack?', async (args, code, advice) => {
    // Prepare
    const context = keptContext(...args);

    // Act
    const exit = await main(context);

    // Assess
    expect(exit).toBe(2);
    expect(context.stdout.text).toBe('');
    expect(context.stderr.text).toMatch(new RegExp(`^error ${code}: .*\\n {2}next: {2}.*`));
    expect(context.stderr.text).toContain(advice);
    expect(context.stderr.text).not.toMatch(/\n\s+at /);
  });
});
