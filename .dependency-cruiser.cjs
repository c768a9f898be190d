// Who may import whom, each rule a sentence. The folders and their layers are in ARCHITECTURE.md;
// `tsc -b` enforces the same by its references, these rules say it in words and cover what types cannot see.

const anyPackage = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown']

/** Only these packages may be imported below `folder`; none if the list is empty. */
function packagesOf(name, folder, packages, comment) {
  const allowed = packages.length ? { pathNot: `^node_modules/(${packages.join('|')})(/|$)` } : {}
  return { name, comment, severity: 'error', from: { path: folder }, to: { dependencyTypes: anyPackage, ...allowed } }
}

/** `folder` may import nothing of src-main but itself and `layers`. */
function layersOf(name, folder, layers, comment) {
  return { name, comment, severity: 'error', from: { path: folder }, to: { path: '^src-(main|renderer)/', pathNot: [folder, ...layers] } }
}

module.exports = {
  forbidden: [
    // The layers, from the innermost
    layersOf('core-knows-nobody', '^src-main/core/', [], 'The core receives the world as arguments.'),
    packagesOf('core-needs-no-package', '^src-main/core/', [], 'The core is plain TypeScript.'),
    {
      name: 'core-services-and-contract-know-no-node',
      comment: 'What needs Node goes behind a port.',
      severity: 'error',
      from: { path: '^src-main/(core|services|contract)/' },
      to: { dependencyTypes: ['core'] },
    },
    layersOf('services-speak-to-ports-only', '^src-main/services/', ['^src-main/core/'], 'A use case knows ports, never an adapter, a shell or the contract.'),
    packagesOf('services-need-no-package', '^src-main/services/', [], 'Services are plain TypeScript.'),
    layersOf('contract-knows-the-words-only', '^src-main/contract/', ['^src-main/core/vocabulary/'], 'Schemas share the core\'s vocabulary, nothing else.'),
    packagesOf('contract-does-no-io', '^src-main/contract/', ['zod', '@orpc/contract'], 'The page imports the contract: schemas and types only.'),
    layersOf('preload-knows-the-contract-only', '^src-main/preload/', ['^src-main/contract/'], 'A preload hands its page what it is given, and decides nothing.'),
    layersOf('adapters-know-ports-only', '^src-main/(crypto|hsm|store|files)/', ['^src-main/core/'], 'An adapter knows the port it implements.'),
    layersOf('endpoints-call-the-vault', '^src-main/endpoints/', ['^src-main/(core|services|contract)/'], 'A wire protocol knows the services behind the gate and the contract, no adapter and no shell.'),
    packagesOf('endpoints-need-no-package', '^src-main/endpoints/', [], "Whatever reads a stranger's bytes is ours and Node's."),
    {
      name: 'adapters-are-strangers',
      comment: 'Adapters meet in the shells, by way of ports.',
      severity: 'error',
      from: { path: '^src-main/(crypto|hsm|store|files|endpoints)/' },
      to: { path: '^src-main/(crypto|hsm|store|files|endpoints)/', pathNot: '^src-main/$1/' },
    },
    {
      name: 'only-tests-import-shells',
      comment: 'A shell is where the parts meet; nothing stands on it.',
      severity: 'error',
      from: { pathNot: ['^src-main/shells/', '^test/', '^bench/'] },
      to: { path: '^src-main/shells/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(src-main|src-renderer|build)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'only-tools-import-build',
      severity: 'error',
      from: { path: '^(src-main|src-renderer)/' },
      to: { path: '^build/' },
    },

    // Dangerous things have one home
    {
      name: 'graphene-lives-in-one-folder',
      comment: 'PKCS#11 is reached through the Hsm port.',
      severity: 'error',
      from: { path: '^src-', pathNot: '^src-main/hsm/' },
      to: { path: '^node_modules/(graphene-pk11|pkcs11js)(/|$)' },
    },
    {
      name: 'electron-lives-in-two-folders',
      comment: 'Everything else runs under Node too.',
      severity: 'error',
      from: { path: '^src-', pathNot: '^src-main/(shells/electron|preload)/' },
      to: { path: '^node_modules/electron/' },
    },
    {
      name: 'sqlcipher-lives-in-one-folder',
      comment: 'The database is reached through the Store port.',
      severity: 'error',
      from: { path: '^src-', pathNot: '^src-main/store/' },
      to: { path: '^node_modules/(better-sqlite3-multiple-ciphers|@signalapp/sqlcipher)(/|$)' },
    },
    {
      name: 'koffi-lives-in-one-folder',
      comment: 'libcrypto is called by file workers, never in a process that holds a PKCS#11 module.',
      severity: 'error',
      from: { path: '^src-', pathNot: '^src-main/files/' },
      to: { path: '^node_modules/koffi(/|$)' },
    },
    {
      name: 'zod-lives-in-one-file',
      comment: 'zod must be told to use no eval before the first schema is made.',
      severity: 'error',
      from: { path: '^src-', pathNot: '^src-main/contract/zod\\.ts$' },
      to: { path: '^node_modules/zod(/|$)' },
    },
    {
      name: 'agpl-is-for-tests-only',
      severity: 'error',
      from: { path: '^src-' },
      to: { path: '^node_modules/@signalapp/' },
    },
    {
      name: 'migrations-are-frozen',
      comment: 'A migration must do tomorrow what it did on its first day: it imports nothing, not even a type.',
      severity: 'error',
      from: { path: '^src-main/store/migrations/\\d' },
      to: {},
    },
    {
      name: 'shipped-code-needs-shipped-packages',
      comment: 'src-main runs from `dependencies`; devDependencies are not there when it is packaged. Electron is: it is what runs.',
      severity: 'error',
      from: { path: '^src-main/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/(@types|electron)/' },
    },

    // The page
    {
      name: 'the-page-sees-the-contract-only',
      comment: 'What main knows, the page asks for.',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: '^src-main/', pathNot: '^src-main/(contract|core/vocabulary)/' },
    },
    {
      name: 'the-page-knows-no-node',
      severity: 'error',
      from: { path: '^src-renderer/', pathNot: '^src-renderer/(windows/)?vite\\.config\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nobody-imports-the-page',
      severity: 'error',
      from: { path: '^src-main/' },
      to: { path: '^src-renderer/' },
    },
    {
      name: 'features-are-strangers',
      comment: 'What two features share belongs to ui, stores or api.',
      severity: 'error',
      from: { path: '^src-renderer/features/([^/]+)/' },
      to: { path: '^src-renderer/features/', pathNot: '^src-renderer/features/$1/' },
    },
    {
      name: 'ui-knows-no-store-router-or-api',
      comment: 'ui is drawn from props alone.',
      severity: 'error',
      from: { path: '^src-renderer/ui/' },
      to: { path: ['^src-renderer/(stores|api|features|router)', '^node_modules/(pinia|vue-router|@orpc/)'] },
    },

    // Everywhere
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'packages-are-declared',
      comment: 'What is imported is in package.json, not a guest of another package.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: { path: '^(out|\\.tsbuild|\\.tools|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.vue', '.mjs', '.js', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
