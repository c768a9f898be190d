import { resolve } from 'node:path'
import { defineConfig } from 'vite'

// The preloads of the desktop app's windows. A sandboxed preload is CommonJS, may require `electron` and no file of ours: so no two of
// them may share a module, which would become a chunk (test/electron/hardening.test.ts looks).
const root = import.meta.dirname

export default defineConfig({
  build: {
    ssr: true,
    outDir: resolve(root, 'out/preload'),
    emptyOutDir: true,
    target: 'chrome130',
    rolldownOptions: {
      input: {
        console: resolve(root, 'src-main/preload/console.ts'),
        notice: resolve(root, 'src-main/preload/notice.ts'),
        pin: resolve(root, 'src-main/preload/pin.ts'),
      },
      external: ['electron'],
      output: { format: 'cjs', entryFileNames: '[name].cjs' },
    },
  },
  ssr: { noExternal: true },
})
