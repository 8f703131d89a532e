import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import { floors } from './floors.mjs';

const folders = Object.keys(floors);
const runtimeOnly = {
  name: 'onnxruntime-node',
  message: 'Only backend/tensor/runtime.ts and load-runtime.ts import the runtime.',
};

/**
 * The coordinator must never load ONNX Runtime: it is made of the server, of the engine but for what performs tasks, and of what the
 * kinds say of themselves; what they compute is in `work.ts` and `estimate.ts`, which only programs load.
 */
const coordinatorRule = {
  files: ['backend/server/**/*.ts', 'backend/engine/**/*.ts', 'backend/kinds/**/*.ts'],
  ignores: [
    'backend/engine/tasks/perform.ts',
    'backend/engine/tasks/perform/*.ts',
    'backend/kinds/**/{work,estimate}*.ts',
    'backend/kinds/shared/*.ts',
    'backend/kinds/split/{constraints,encoder,guide}.ts',
  ],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex:
              '^(\\.\\./)+(tensor|model|model-files|corpus|train/(?!divergence)|split|mixing|council|answer|evolve|evaluate|programs|cli)/(?!(.*/)?(settings|spec|method|inputs|outcome|coordinator|plan)$)',
            message: 'The coordinator computes nothing: what does is in work.ts of a kind, or in backend/programs.',
          },
          { regex: '/(work|estimate)$', message: 'Work is loaded by import(), in programs only.' },
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
            regex: `/backend/(?!.*(/settings|/spec|/specs|/kind|/method|/plan|search/(filters|query|snippet))$)(${folders.filter((name) => !['base', 'protocol', 'rpc'].includes(name)).join('|')})/`,
            message: `${folder} knows the protocol of the backend, what kinds, methods and comparisons say of themselves, and the language of queries.`,
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
      regex:
        '/backend/(protocol/(?!(chat-name|expert-warnings|members|settings)$)|rpc/|base/(?!(errors|letter|look|bytes|format|settings|device|value-text)$))',
      allowTypeImports: true,
      message: schemas,
    },
    { regex: '/webview/(?!.*/settings$)', allowTypeImports: true, message: 'Pages run in another process.' },
  ]),
  editorRule('webview', 'lit($|/)|echarts($|/)|@vscode-elements/elements($|/)|diff$|zod$', [
    {
      regex: '/backend/(?!(base|protocol)/settings$|base/(letter|look|format|table)$|protocol/sweep-figures$)',
      allowTypeImports: true,
      message:
        'Pages know the types and the settings of the protocol, how experts look, how figures are written and tables checked.',
    },
    { regex: '/extension/', message: 'Pages run in another process.' },
  ]),
  // These two are themselves loaded when they are needed.
  {
    files: ['extension/backend/process.ts', 'extension/backend/supervisor.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
];

const floorRules = folders.map((folder) => {
  const forbidden = folders.filter((other) => other !== folder && !floors[folder].imports.includes(other));
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
  {
    files: ['backend/**/*.ts'],
    // The second sets what ONNX Runtime reads in the same process.
    ignores: ['backend/base/environment.ts', 'backend/tensor/load-runtime.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only backend/base/environment.ts reads the environment.' },
      ],
    },
  },
  {
    files: ['{backend,extension,webview}/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'BinaryExpression[operator="in"][left.type!="Literal"]',
          message: 'A name from outside may be `constructor`: ask Object.hasOwn.',
        },
        {
          selector: 'CallExpression[callee.object.name="z"][callee.property.name="record"]',
          message: 'It loses `__proto__`: use tableOf of base/table.ts.',
        },
      ],
    },
  },
  ...floorRules,
  ...editorRules,
  coordinatorRule,
);
