import { resolve } from 'node:path'
import { defineConfig } from 'vite'

// The desktop app's main process and its HSM host: our own sources bundled, npm packages left where npm put them.
// `--mode old-runtime` is for an Electron that cannot load the SQLCipher binding that ships (Node-API 9): there another one takes its
// place, which is under the AGPL and never leaves this machine.
const root = import.meta.dirname

export default defineConfig(({ mode }) => ({
  build: {
    ssr: true,
    outDir: resolve(root, mode === 'old-runtime' ? 'out/electron-old-runtime' : 'out/electron'),
    emptyOutDir: true,
    // From Electron 33 on (Node 20, Chromium 130); `using` is lowered for it.
    target: ['node20', 'chrome130'],
    sourcemap: true,
    rolldownOptions: {
      input: { main: resolve(root, 'src-main/shells/electron/main.ts'), host: resolve(root, 'src-main/hsm/host/main.ts'), 'file-worker': resolve(root, 'src-main/files/engine/worker.ts') },
      // Chunks beside the entries: places.ts finds everything from wherever it is bundled.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
  resolve: {
    alias:
      mode === 'old-runtime'
        ? [
            { find: /^better-sqlite3-multiple-ciphers$/, replacement: resolve(root, 'test/electron/sqlcipher.ts') },
            { find: /^\.\/switches\.ts$/, replacement: resolve(root, 'test/electron/switches.ts') },
          ]
        : [],
  },
}))
