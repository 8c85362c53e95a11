import { mkdirSync } from 'node:fs';

/** One project a folder under test/: what a kind of test is, CONTRIBUTING says. */
const PROJECTS = ['unit', 'property', 'contract', 'simulation', 'types', 'docs', 'architecture', 'engine'];

/** Packages that ship ES modules only: swc turns them into CommonJS too. */
const ESM_ONLY = ['hyparquet', 'hyparquet-compressors', 'hysnappy', 'fzstd'];

const swc = {
  swcrc: false,
  jsc: { target: 'es2022', parser: { syntax: 'typescript' }, transform: { verbatimModuleSyntax: true } },
  module: { type: 'commonjs' },
};

// Where `npm test` writes its results; jest does not make the folder.
mkdirSync(new URL('.results/', import.meta.url), { recursive: true });

/** @type {import('jest').Config} */
export default {
  maxWorkers: 2,
  testTimeout: 60_000,
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageDirectory: 'coverage',
  projects: PROJECTS.map((name) => ({
    displayName: name,
    testEnvironment: 'node',
    roots: ['<rootDir>/lib', '<rootDir>/test'],
    testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
    moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
    extensionsToTreatAsEsm: [],
    transform: { '^.+\\.[cm]?[jt]s$': ['@swc/jest', swc] },
    transformIgnorePatterns: [`/node_modules/(?!(${ESM_ONLY.join('|')})/)`],
    testTimeout: 60_000,
  })),
};
