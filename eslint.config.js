// What the compiler cannot see. Layout is nobody's business here: no rule speaks of spaces, quotes or line lengths.
// A rule that is switched off says why; who needs an exception writes it on the line, with its reason.

import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

/** Packages and names that have one home. `home` is where they may be imported, as globs. */
const homes = {
  zod: { home: ['src-main/contract/zod.ts'], instead: 'import z from #contract/zod.ts: zod must be told to use no eval before the first schema is made' },
  'graphene-pk11': { home: ['src-main/hsm/**'], instead: 'speak to the Hsm port' },
  pkcs11js: { home: ['src-main/hsm/**'], instead: 'speak to the Hsm port' },
  'better-sqlite3-multiple-ciphers': { home: ['src-main/store/**'], instead: 'speak to the Store port' },
  '@signalapp/sqlcipher': { home: [], instead: 'it is under the AGPL: tests only' },
  electron: { names: ['ipcMain'], home: [], instead: "listen on a window's own webContents.ipc, and look at the sender" },
}

/** `node:crypto` has two faces: OpenSSL in Node, BoringSSL in Electron. What only the first has is refused here. */
const opensslOnly = {
  name: 'node:crypto',
  importNames: ['argon2', 'argon2Sync', 'encapsulate', 'decapsulate', 'getCurves', 'webcrypto', 'subtle', 'createDiffieHellman', 'getDiffieHellman', 'createDiffieHellmanGroup'],
  message: 'BoringSSL lacks it (or parts of it): take the Crypto port, or a pure implementation.',
}

const portableCrypto = [
  {
    selector: "CallExpression:matches([callee.name=/^create(Cipher|Decipher)iv$/], [callee.property.name=/^create(Cipher|Decipher)iv$/]) > Literal:first-child:not([value=/^aes-(128|192|256)-(gcm|cbc|ctr|ecb)$/])",
    message: 'BoringSSL has no such cipher (no AES key wrap, CCM, OCB, ChaCha20 here): use AES-GCM, CBC, CTR or ECB.',
  },
  {
    selector: "CallExpression:matches([callee.name=/^create(Hash|Hmac)$/], [callee.property.name=/^create(Hash|Hmac)$/]) > Literal:first-child:not([value=/^(md5|sha1|sha224|sha256|sha384|sha512)$/])",
    message: 'BoringSSL has no such hash (no SHA-3, no SHAKE): use SHA-2.',
  },
  {
    selector: "CallExpression:matches([callee.name=/^generateKeyPair(Sync)?$/], [callee.property.name=/^generateKeyPair(Sync)?$/]) > Literal:first-child:not([value=/^(rsa|ec|ed25519|x25519)$/])",
    message: 'BoringSSL makes no such key pair: RSA, P-curves, Ed25519 and X25519 are safe.',
  },
  {
    selector: 'Property[key.name="namedCurve"] > Literal:not([value=/^(P-(224|256|384|521)|prime256v1|secp(224|384|521)r1)$/])',
    message: 'BoringSSL has no such curve: P-224, P-256, P-384, P-521.',
  },
]

/** The homes' rule for files that are the home of the `allowed` packages. */
function oneHome(allowed = []) {
  const paths = Object.entries(homes)
    .filter(([name]) => !allowed.includes(name))
    .map(([name, row]) => ({ name, message: `It has one home; ${row.instead}.`, ...(row.names ? { importNames: row.names } : {}) }))
  return { 'no-restricted-imports': ['error', { paths: [...paths, opensslOnly] }] }
}

/** One block per home: there, its own packages are allowed and all the others still are not. */
const homeBlocks = [...new Set(Object.values(homes).flatMap((row) => row.home))].map((glob) => ({
  name: `home of ${glob}`,
  files: [glob],
  rules: oneHome(Object.keys(homes).filter((name) => homes[name].home.includes(glob))),
}))

export default defineConfig(
  globalIgnores(['out/**', '.tsbuild/**', '.tools/**', 'coverage/**', 'node_modules/**', 'test/**/fixtures/**', 'test/vectors/**']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  js.configs.recommended,
  {
    name: 'typed',
    files: ['**/*.ts', '**/*.vue', 'build/**/*.mjs'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.vue'] } },
    rules: {
      'no-undef': 'off', // the compiler knows better which names exist
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-implied-eval': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_$', caughtErrorsIgnorePattern: '^_', ignoreUsingDeclarations: true }],
      // Numbers in a sentence are fine; objects, null and undefined are not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: false, allowNullish: false, allowAny: false, allowRegExp: false, allow: [] }],
      // `() => close()` as a callback is how one reads it; a void value that is used is still an error.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      // An endless loop says `while (true)`.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      // A port is asynchronous, an adapter may have the answer at once: `async` without `await` turns its throw into a rejection.
      '@typescript-eslint/require-await': 'off',
      // Methods of ports are written as methods and handed around as values of objects that have no `this`.
      '@typescript-eslint/unbound-method': 'off',
      // `[...text].length` counts code points, as the rules for passphrases and names do.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // "No details" is `Record<never, never>`, on purpose.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
    },
  },

  {
    name: 'one home per dangerous thing',
    files: ['src-main/**/*.ts', 'src-renderer/**/*.{ts,vue}'],
    rules: { ...oneHome(), 'no-restricted-syntax': ['error', ...portableCrypto] },
  },
  ...homeBlocks,

  {
    name: 'the page',
    files: ['src-renderer/**/*.vue'],
    extends: [vue.configs['flat/recommended'], { rules: vue.configs['no-layout-rules'].rules }],
    languageOptions: { parser: vueParser, parserOptions: { parser: tseslint.parser } },
    rules: {
      'vue/no-static-inline-styles': 'error', // the CSP refuses a static style once Vue hoists twenty siblings to innerHTML
      'vue/no-v-html': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-emits-declaration': ['error', 'type-based'],
      'vue/define-props-declaration': ['error', 'type-based'],
      'vue/no-unused-refs': 'error',
      'vue/no-undef-components': ['error', { ignorePatterns: ['^RouterView$', '^RouterLink$'] }],
      'vue/multi-word-component-names': 'off', // files are nouns: Button.vue, Dialog.vue
      'vue/no-reserved-component-names': 'off', // the same: ours shadow nothing, templates write them in PascalCase
      'vue/require-default-prop': 'off', // exactOptionalPropertyTypes says it better
      'vue/attributes-order': 'off', // layout by another name
      // A boolean prop that is left out is false to Vue; `= undefined` says "unknown".
      '@typescript-eslint/no-useless-default-assignment': 'off',
      // Types that only a template knows (its refs, the props of other components) are there for vue-tsc, not for eslint.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    name: 'tests',
    files: ['test/**/*.ts', 'bench/**/*.ts', '*.config.ts'],
    rules: {
      'no-console': 'off',
      'no-restricted-imports': 'off', // a test may look behind any door
      'no-restricted-syntax': 'off', // and check us against the other library's cipher
      // What a test reads back (JSON of a command, a page's state) is unknown until `expect` has looked at it.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off', // a missing thing must end the test, which `!` does
    },
  },
  {
    name: 'build scripts',
    files: ['build/**/*.mjs'],
    rules: {
      // JSON.parse of files that npm and vitest wrote: shapes are theirs, reading is all we do.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    name: "the page's build, which runs in Node",
    files: ['src-renderer/vite.config.ts', 'src-renderer/windows/vite.config.ts'],
    languageOptions: { parserOptions: { projectService: false, project: ['./tsconfig.tools.json'] } },
  },
  {
    name: 'tools that want CommonJS',
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
  },
)
