import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectFiles, ROOT } from '../support/source-files.ts';

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

const CRUISER = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** Runs dependency-cruiser with our rules over `lib`, `bin` and `functions` of a folder. */
function cruise(folder: string): Cruise {
  const args = ['{lib,bin,functions}/**/*.ts', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const run = spawnSync(process.execPath, [CRUISER, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 256 << 20 });
  if (run.stdout === '') throw new Error(`dependency-cruiser printed nothing: ${run.stderr}`);
  return JSON.parse(run.stdout) as Cruise;
}

const violations = (result: Cruise): string[] =>
  result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);

describe('layers', () => {
  // Prepare, Act
  const result = cruise(ROOT);

  test('does every folder import only what its row allows?', () => {
    expect(violations(result)).toEqual([]);
  });

  test('did it read every source file, or does it pass because it saw nothing?', () => {
    const files = projectFiles().filter((file) => /^(lib|bin|functions)\/.*\.ts$/.test(file));
    const cruised = result.modules
      .map((module) => module.source)
      .filter((source) => /^(lib|bin|functions)\//.test(source));
    expect(files.length).toBeGreaterThan(0);
    expect([...cruised].sort()).toEqual(files);
  });
});

describe('layer rules', () => {
  /** Forbidden imports, one file each, and the rule that must see it. */
  const SINS: readonly (readonly [file: string, text: string, rule: string])[] = [
    [
      'lib/core/record/upward.ts',
      "import type { Port } from '../../ports/port.ts';\nexport type Up = Port;\n",
      'layer:lib/core/record',
    ],
    ['lib/core/state/hash.ts', "import 'node:crypto';\n", 'core-has-no-packages'],
    ['lib/core/time/pack.ts', "import 'msgpackr';\n", 'core-has-no-packages'],
    ['lib/core/bytes/disk.ts', "import 'node:fs';\n", 'bytes-has-few-builtins'],
    ['lib/core/bytes/colour.ts', "import 'picocolors';\n", 'bytes-has-few-packages'],
    ['lib/core/channels/late.ts', "import '../checkpoint/one.ts';\n", 'layer:lib/core/channels'],
    ['lib/runtime/shortcut.ts', "import '../adapters/embedded/one.ts';\n", 'layer:lib/runtime'],
    ['lib/adapters/embedded/sibling.ts', "import '../aws/one.ts';\n", 'layer:lib/adapters/*'],
    ['lib/connectors/files/sibling.ts', "import '../table/one.ts';\n", 'layer:lib/connectors/*'],
    ['lib/engine/cloud.ts', "import 'aws-cdk-lib';\n", 'cdk-only-in-constructs'],
    ['lib/engine/sdk.ts', "import '@aws-sdk/client-s3';\n", 'aws-sdk-only-in-aws-adapters'],
    ['lib/api/schema.ts', "import 'zod';\n", 'no-development-packages'],
    ['lib/plan/index.ts', "export * from './one.ts';\n", 'no-barrels'],
    ['lib/plan/circle.ts', "import './circle-back.ts';\n", 'no-cycles'],
    ['lib/cli/testing.ts', "import '../../test/one.ts';\n", 'nobody-imports-tests'],
    ['lib/stray/one.ts', "import '../plan/one.ts';\n", 'every-folder-has-a-row'],
    ['lib/api/nothing.ts', "import './is-not-there.ts';\n", 'everything-resolves'],
  ];
  /** Imports that the rows allow, and what the sins import. */
  const CLEAN: readonly (readonly [file: string, text: string])[] = [
    ['lib/core/bytes/one.ts', "import 'node:crypto';\nimport 'node:zlib';\nimport 'msgpackr';\n"],
    ['lib/core/checkpoint/one.ts', "import '../bytes/one.ts';\nimport './two.ts';\n"],
    ['lib/core/checkpoint/two.ts', 'export const two = 2;\n'],
    ['lib/ports/port.ts', 'export interface Port {\n  readonly a: number;\n}\n'],
    ['lib/adapters/aws/one.ts', "import '@aws-sdk/client-s3';\nimport './two.ts';\n"],
    ['lib/adapters/aws/two.ts', "import '../../core/checkpoint/one.ts';\n"],
    ['lib/adapters/embedded/one.ts', 'export const one = 1;\n'],
    ['lib/connectors/table/one.ts', "import '../../ports/port.ts';\n"],
    ['lib/plan/one.ts', "import '../ports/port.ts';\n"],
    ['lib/plan/circle-back.ts', "import './circle.ts';\n"],
    ['lib/constructs/one.ts', "import 'aws-cdk-lib';\n"],
    ['lib/engine/index.ts', "import '../adapters/embedded/one.ts';\nimport '../connectors/table/one.ts';\n"],
    ['test/one.ts', 'export const one = 1;\n'],
  ];

  test('is each kind of forbidden import seen, and nothing else?', () => {
    // Prepare
    const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-layers-'));
    try {
      for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json'])
        cpSync(path.join(ROOT, file), path.join(folder, file));
      for (const name of ['msgpackr', 'picocolors', 'aws-cdk-lib', '@aws-sdk/client-s3', 'zod']) {
        mkdirSync(path.join(folder, 'node_modules', name), { recursive: true });
        writeFileSync(path.join(folder, 'node_modules', name, 'package.json'), `{"name":"${name}","main":"index.js"}`);
        writeFileSync(path.join(folder, 'node_modules', name, 'index.js'), '');
      }
      const names = { msgpackr: '1', picocolors: '1', 'aws-cdk-lib': '1', '@aws-sdk/client-s3': '1' };
      writeFileSync(
        path.join(folder, 'package.json'),
        JSON.stringify({ type: 'module', dependencies: names, devDependencies: { zod: '1' } }),
      );
      for (const [file, text] of [...CLEAN, ...SINS]) {
        mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        writeFileSync(path.join(folder, file), text);
      }

      // Act
      const seen = cruise(folder).summary.violations;

      // Assess
      for (const [file, , rule] of SINS) {
        // A cycle is told once, at either end.
        expect(
          seen.filter(({ from, to }) => from === file || to === file).map((violation) => violation.rule.name),
        ).toContain(rule);
      }
      const sinners = new Set(SINS.map(([file]) => file)).add('lib/plan/circle-back.ts');
      expect(seen.filter(({ from }) => !sinners.has(from))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
