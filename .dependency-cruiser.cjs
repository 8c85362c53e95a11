/**
 * Layers: which folder may import which. A folder may always import itself; what is not listed is forbidden.
 * A name matches a whole folder ('lib/core' is every folder in it) or one file. A last '*' makes each folder
 * under it a world of its own: adapters never import each other.
 */
const MAY_IMPORT = {
  'lib/core/record': [],
  'lib/core/bytes': ['lib/core/record'],
  'lib/core/journal': ['lib/core/record', 'lib/core/bytes'],
  'lib/core/time': ['lib/core/record', 'lib/core/bytes'],
  'lib/core/state': ['lib/core/record', 'lib/core/bytes', 'lib/core/journal', 'lib/core/time'],
  'lib/core/channels': ['lib/core/record', 'lib/core/bytes', 'lib/core/journal', 'lib/core/state'],
  'lib/core/operators': ['lib/core/record', 'lib/core/bytes', 'lib/core/journal', 'lib/core/time', 'lib/core/state'],
  'lib/core/checkpoint': [
    'lib/core/record',
    'lib/core/bytes',
    'lib/core/journal',
    'lib/core/state',
    'lib/core/channels',
  ],
  'lib/core/commit': ['lib/core/record', 'lib/core/journal', 'lib/core/checkpoint'],
  'lib/ports': ['lib/core'],
  'lib/api': ['lib/ports', 'lib/core/record', 'lib/core/time', 'lib/core/operators', 'lib/core/state'],
  'lib/plan': ['lib/api', 'lib/ports', 'lib/core'],
  'lib/runtime': ['lib/plan', 'lib/ports', 'lib/core'],
  'lib/adapters/*': ['lib/ports', 'lib/core'],
  'lib/connectors/*': ['lib/api', 'lib/ports', 'lib/core'],
  'lib/engine': [
    'lib/api',
    'lib/plan',
    'lib/runtime',
    'lib/ports',
    'lib/core',
    'lib/adapters/embedded',
    'lib/connectors',
  ],
  'lib/testkit': [
    'lib/api',
    'lib/plan',
    'lib/runtime',
    'lib/ports',
    'lib/core',
    'lib/adapters/simulated',
    'lib/connectors',
  ],
  'lib/constructs': ['lib/api', 'lib/plan', 'lib/ports'],
  'lib/dashboard': ['lib/plan', 'lib/ports', 'lib/core'],
  'lib/cli': [
    'lib/index.ts',
    'lib/api',
    'lib/plan',
    'lib/runtime',
    'lib/ports',
    'lib/core',
    'lib/adapters',
    'lib/connectors',
    'lib/engine',
    'lib/testkit',
    'lib/dashboard',
  ],
  'lib/index.ts': ['lib/api', 'lib/plan', 'lib/ports', 'lib/core', 'lib/connectors'],
  functions: ['lib/api', 'lib/plan', 'lib/runtime', 'lib/ports', 'lib/adapters/aws', 'lib/connectors'],
  bin: ['lib/index.ts', 'lib/cli', 'lib/constructs'],
};

const OURS = '^(lib|functions|bin|test|examples|bench)/';
const escaped = (path) => path.replace(/[.]/g, '\\.');
const isFile = (path) => path.endsWith('.ts');
const matches = (path) => `^${escaped(path)}${isFile(path) ? '$' : '/'}`;
/** The pattern of the files of a row, and that of what is the same folder seen from one of them. */
const from = (row) => (row.endsWith('/*') ? `^${escaped(row.slice(0, -1))}([^/]+)/` : matches(row));
const self = (row) => (row.endsWith('/*') ? `^${escaped(row.slice(0, -1))}$1/` : matches(row));

const layers = Object.entries(MAY_IMPORT).map(([row, allowed]) => ({
  name: `layer:${row}`,
  severity: 'error',
  comment: `${row} may import itself and: ${allowed.join(', ') || 'nothing'}`,
  from: { path: from(row) },
  to: { path: OURS, pathNot: [self(row), ...allowed.map(matches)] },
}));

const PACKAGES = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-unknown', 'npm-no-pkg'];

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'every-folder-has-a-row',
      comment: 'a new folder under lib needs a row in MAY_IMPORT',
      severity: 'error',
      from: { path: '^lib/', pathNot: Object.keys(MAY_IMPORT).map(from) },
      to: {},
    },
    {
      name: 'core-has-no-packages',
      comment: 'core is deterministic: no package, no builtin of Node; core/bytes is the one exception',
      severity: 'error',
      from: { path: '^lib/core/', pathNot: '^lib/core/bytes/' },
      to: { dependencyTypes: [...PACKAGES, 'core'] },
    },
    {
      name: 'bytes-has-few-packages',
      comment: 'core/bytes may import msgpackr',
      severity: 'error',
      from: { path: '^lib/core/bytes/' },
      to: { dependencyTypes: PACKAGES, pathNot: 'node_modules/msgpackr/' },
    },
    {
      name: 'bytes-has-few-builtins',
      comment: 'core/bytes may import node:crypto and node:zlib, synchronous functions only',
      severity: 'error',
      from: { path: '^lib/core/bytes/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib)$' },
    },
    {
      name: 'aws-sdk-only-in-aws-adapters',
      severity: 'error',
      from: { pathNot: '^lib/(adapters|connectors)/aws[^/]*/' },
      to: { path: '(^|/)@aws-sdk/' },
    },
    {
      name: 'cdk-only-in-constructs',
      severity: 'error',
      from: { path: OURS, pathNot: '^(lib/constructs|bin)/' },
      to: { path: '(^|/)node_modules/(aws-cdk-lib|constructs)/|^(aws-cdk-lib|constructs)(/|$)' },
    },
    {
      name: 'no-development-packages',
      comment: 'what users do not install may give types at most',
      severity: 'error',
      from: { path: '^(lib|functions)/', pathNot: '^lib/constructs/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { path: '^(lib|bin|functions|examples|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-barrels',
      comment: 'index.ts only where package.json exports it',
      severity: 'error',
      from: { path: '^lib/.+/index\\.ts$', pathNot: '^lib/(testkit|engine)/index\\.ts$' },
      to: {},
    },
    {
      name: 'everything-resolves',
      comment: 'an import that is not found is not checked either',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
