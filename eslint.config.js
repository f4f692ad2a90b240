import neostandard from 'neostandard'
import tseslint from 'typescript-eslint'

/** What each room of lib may not import: the layer rules, as the linter says them. The proof is test/pins/layers.test.ts. */
const forbidden = {
  util: ['protocol', 'core', 'session', 'middleware', 'methods', 'media', 'client', 'testing'],
  protocol: ['core', 'session', 'middleware', 'methods', 'media', 'client', 'testing'],
  session: ['core', 'middleware', 'methods', 'media', 'client', 'testing'],
  core: ['middleware', 'methods', 'media', 'client', 'testing'],
  middleware: ['session', 'methods', 'media', 'client', 'testing'],
  methods: ['middleware', 'client', 'testing'],
  media: ['core', 'session', 'middleware', 'methods', 'client', 'testing'],
  client: ['core', 'session', 'middleware', 'methods', 'media', 'testing']
}

const noReaching = (patterns) => ['error', { patterns: [{ group: patterns, message: 'this room may not import that one: see CONTRIBUTING.md, "Layers"' }] }]

export default [
  ...neostandard({ ts: true, ignores: ['dist', '.tap', 'coverage', 'docs/api', 'benchmarks/node_modules'] }),
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { project: 'tsconfig.build.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-restricted-syntax': ['error', { selector: 'ExportAllDeclaration', message: 'name what you export' }],
      'no-unused-expressions': 'off',
      'max-lines': ['error', { max: 400 }]
    }
  },
  ...Object.entries(forbidden).map(([room, others]) => ({
    files: [`lib/${room}/**/*.ts`],
    rules: { 'no-restricted-imports': noReaching([...others.flatMap((other) => [`../${other}/*`, `../../${other}/*`]), '**/plugins/*', 'fastify', '@fastify/*']) }
  })),
  {
    files: ['plugins/**/*.ts'],
    rules: { 'no-restricted-imports': noReaching(['**/lib/client/*', '**/lib/testing/*']) }
  },
  {
    // Without the rules that need types: they cost as much time as all the rest, and a promise that a test forgets fails the test.
    files: ['test/**/*.ts', '**/*.d.ts'],
    languageOptions: { parserOptions: { project: null } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-misused-promises': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'off'
    }
  }
]
