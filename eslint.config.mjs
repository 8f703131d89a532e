import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The floors of the house (ARCHITECTURE.md): each folder with the folders of backend/ that it may import.
 * What is not listed is forbidden, so imports run downward only.
 */
const floors = {
  protocol: [],
  tensor: ['protocol'],
  store: ['protocol'],
  model: ['protocol', 'tensor'],
  chat: ['protocol', 'model'],
  corpus: ['protocol', 'model', 'store'],
  train: ['protocol', 'tensor', 'model', 'corpus'],
  cluster: ['protocol', 'tensor', 'model', 'chat', 'corpus', 'train'],
  cooperate: ['protocol', 'tensor', 'model', 'corpus', 'cluster', 'train'],
  evaluate: ['protocol', 'tensor', 'model', 'corpus', 'cluster', 'train', 'cooperate'],
  runs: ['protocol', 'tensor', 'model', 'chat', 'store', 'corpus', 'cluster', 'train', 'cooperate', 'evaluate'],
  server: ['protocol', 'store', 'runs'],
  cli: ['protocol', 'model', 'evaluate', 'store', 'server'],
};

const folders = Object.keys(floors);
const runtimeOnly = {
  name: 'onnxruntime-node',
  message: 'Only backend/tensor/runtime.ts and load-runtime.ts import the runtime.',
};

/**
 * The coordinator must never load ONNX Runtime: what of `runs` it is made of leaves the computing to the programs in `runs/work`,
 * and knows of the floors below only how a diverged training is told.
 */
const coordinatorRule = {
  files: ['backend/server/**/*.ts', 'backend/runs/*.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex:
              '^(\\.\\./)+(tensor|model|corpus|cluster|cooperate|evaluate|train/(?!divergence)|cli|runs/work)(/|$)|^\\./work/',
            message: 'The coordinator computes nothing: see backend/runs/work.',
          },
        ],
      },
    ],
  },
};

const editorOnly = { name: 'vscode', message: 'Only extension/ runs inside the editor.' };
const schemas =
  'Load it with import() when it is needed: the schemas take longer to start than the rest of the extension.';

/** What extension/ and webview/ may import: the protocol alone of the backend, and few packages, for they are bundled. */
const editorRule = (folder, packages, protocol) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `/backend/(${folders.filter((name) => name !== 'protocol').join('|')})/`,
            message: `${folder} knows only the protocol of the backend.`,
          },
          { regex: `^(?!\\.|${packages})`, message: `${folder} is installed without packages.` },
          ...protocol,
        ],
      },
    ],
  },
});
const editorRules = [
  editorRule('extension', 'vscode$|node:', [
    {
      regex: '/backend/protocol/(?!(errors|letter|defaults|bytes|format|guide-budget)$)',
      allowTypeImports: true,
      message: schemas,
    },
    { regex: '/webview/', allowTypeImports: true, message: 'Pages run in another process.' },
  ]),
  editorRule('webview', 'lit($|/)|echarts($|/)|@vscode-elements/elements($|/)|zod$', [
    { regex: '/backend/protocol/', allowTypeImports: true, message: 'Pages know the types of the protocol only.' },
    { regex: '/extension/', message: 'Pages run in another process.' },
  ]),
  // These two are themselves loaded when they are needed.
  {
    files: ['extension/backend/process.ts', 'extension/backend/supervisor.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
];

const floorRules = folders.map((folder) => {
  const forbidden = folders.filter((other) => other !== folder && !floors[folder].includes(other));
  return {
    files: [`backend/${folder}/**/*.ts`],
    ignores: ['backend/tensor/runtime.ts', 'backend/tensor/load-runtime.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [runtimeOnly, editorOnly],
          patterns: forbidden.map((other) => ({
            regex: `^(\\.\\./)+${other}/`,
            message: `backend/${folder} stands on a lower floor than backend/${other} or beside it.`,
          })),
        },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.cache/', '**/.venv/'] },
  eslint.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly' } } },
  ...floorRules,
  ...editorRules,
  coordinatorRule,
);
