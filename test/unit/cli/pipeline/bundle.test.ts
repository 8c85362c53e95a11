import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleModule } from '../../../../lib/cli/pipeline/bundle.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const ROOT = path.resolve(__dirname, '../../../..');
const LIBRARY = path.join(ROOT, 'lib/index.ts');

const PIPELINE = "import { pipeline } from 'tidemark';\nexport default pipeline('billing');\n";

describe('the bundle of a pipeline', () => {
  let place: Awaited<ReturnType<typeof temporaryDirectory>>;
  const write = async (file: string, text: string): Promise<string> => {
    const whole = path.join(place.directory, file);
    await mkdir(path.dirname(whole), { recursive: true });
    await writeFile(whole, text);
    return whole;
  };
  const bundle = async (file: string, text: string) => bundleModule(await write(file, text), LIBRARY);
  beforeEach(async () => {
    place = await temporaryDirectory();
  });
  afterEach(() => place.remove());

  test('does its hash change with the code, but not with comments, types or unused code?', async () => {
    // Act
    const first = await bundle('a/p.ts', PIPELINE);
    const same = await bundle('a/p.ts', `// a comment\ntype Unused = string;\n${PIPELINE}`);
    const other = await bundle('a/p.ts', PIPELINE.replace('billing', 'shipping'));

    // Assess
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(same.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  test('does its hash stay when the project is moved with all that it imports?', async () => {
    for (const home of ['one', 'two/deep']) await write(`${home}/rates.ts`, 'export const rate = 3;\n');
    const text = "import { rate } from './rates.ts';\nexport default rate;\n";
    expect((await bundle('one/p.ts', text)).hash).toBe((await bundle('two/deep/p.ts', text)).hash);
  });

  test('is it whole: neither the library nor other modules are imported?', async () => {
    const { text } = await bundle('p.ts', PIPELINE);
    const imports = [...text.matchAll(/^import .* from "(.*)";$/gm)].map(([, from]) => from);
    expect(imports.filter((from) => !from?.startsWith('node:'))).toEqual([]);
  });

  test('does the source map lead to the lines that the user wrote?', async () => {
    // Act
    const { text } = await bundle('p.ts', PIPELINE);

    // Assess
    const [, encoded = ''] = /sourceMappingURL=data:application\/json;base64,(.*)\n$/.exec(text) ?? [];
    const map = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { sources: string[]; mappings: string };
    expect(map.sources).toContain(new URL(`file://${path.join(place.directory, 'p.ts')}`).href);
    expect(map.mappings.startsWith(';')).toBe(true);
  });

  test('are native packages left out, named by their place?', async () => {
    await symlink(path.join(ROOT, 'node_modules'), path.join(place.directory, 'node_modules'));
    const { text } = await bundle('p.ts', "import { open } from 'lmdb';\nexport default open;\n");
    expect(text).toMatch(/from "file:\/\/.*node_modules\/lmdb\/.*"/);
  });

  test('is an import that leads nowhere refused with its place?', async () => {
    const file = path.join(place.directory, 'p.ts');
    await expect(bundle('p.ts', "\nimport { x } from 'tidemark/nothing';\nexport default x;\n")).rejects.toMatchObject({
      code: 'TM_PIPELINE_COMPILE',
      kind: 'invalid',
      message: expect.stringContaining(`${file}:2:19: `),
    });
  });
});
