import { readdirSync } from 'node:fs';
import eslint from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const messages = readdirSync('workflows')
  .filter((file) => file.endsWith('.messages.ts'))
  .map((file) => `workflows/${file}`);

/** What each folder may import of ours, besides itself. Folders not named here may import anything. */
const layers = {
  domain: [],
  files: ['domain'],
  simulator: [],
  cxone: ['domain'],
  service: ['domain'],
  audit: ['domain', 'service'],
  shifts: ['domain'],
  activities: ['domain', 'cxone', 'audit', 'shifts'],
  workflows: ['domain', 'activities/contract.ts'],
  worker: ['domain', 'service', 'activities', 'cxone', 'audit', 'shifts', 'client', ...messages],
  client: ['domain', 'files', 'audit', 'service', ...messages],
};

const zones = Object.entries(layers).map(([folder, allowed]) => ({
  target: folder,
  from: '.',
  except: ['node_modules', folder, ...allowed],
  message: `${folder}/ may import of ours: ${['itself', ...allowed].join(', ')}.`,
}));

const noEnvironment = {
  object: 'process',
  property: 'env',
  message: 'The environment is read in a config.ts or main.ts only, and handed down.',
};

const NO_NATIVE_MODULE = {
  regex: '^@temporalio/(worker|core-bridge|testing)',
  message: 'The client has no native module.',
};

export default tseslint.config(
  { ignores: ['dist/', '.dist-*/', '.data/', 'test-evidence/'] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] } } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver()] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-default-export': 'error',
      'max-lines': ['error', 300],
      'no-console': 'error',
      'no-restricted-properties': ['error', noEnvironment],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'describe', 'it', 'suite'] },
          ],
        },
      ],
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    // Workflow code runs in Temporal's sandbox: what needs Node can't be there, and zod would add a megabyte.
    files: ['workflows/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: ['zod', 'undici', 'pino'].map((name) => ({ name, message: 'Not in workflow code.' })),
          patterns: [
            { regex: '^node:', message: 'Not in workflow code.' },
            { regex: String.raw`\.schema\.ts$`, message: 'Schemas bring zod, which is not for workflow code.' },
            { regex: '^@temporalio/(?!workflow$|common$)', message: 'Workflow code has only @temporalio/workflow.' },
            { regex: 'activities/contract', allowTypeImports: true, message: 'Import the contract as types only.' },
          ],
        },
      ],
    },
  },
  {
    // The command line starts in a moment and installs everywhere: nothing native, no worker.
    files: ['client/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [NO_NATIVE_MODULE],
        },
      ],
    },
  },
  {
    // The library knows nothing of the audit trail's store; the commands that do load it when they are called.
    files: ['client/**'],
    ignores: ['client/cli/*audit*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            NO_NATIVE_MODULE,
            {
              regex: String.raw`^(?:\.\./)+audit/|^pg$`,
              message: 'Only the commands of the audit trail load its store.',
            },
          ],
        },
      ],
    },
  },
  {
    // A double that shared code with the real client would share its mistakes.
    files: ['simulator/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: String.raw`^(?!node:|\./|\.\./)`, message: 'The simulator needs Node only.' }] },
      ],
    },
  },
  {
    files: ['client/cli/**', 'simulator/main.ts', 'tools/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/config.ts', '**/main.ts', 'bin/**', 'tools/**', 'test/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    // The compiler checks these files too, and knows Node's globals.
    rules: { 'no-undef': 'off' },
  },
  {
    files: ['eslint.config.js'],
    rules: { 'import-x/no-default-export': 'off' },
  },
);
