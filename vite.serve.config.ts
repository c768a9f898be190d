import { resolve } from 'node:path'
import { defineConfig } from 'vite'

// The command line, `serve`, the HSM host and the file threads for Node: our own sources bundled, npm packages left where npm put them, but
// for those that each command loads: a command spends more time on opening their many small files than on its work.
const root = import.meta.dirname

export default defineConfig({
  ssr: { noExternal: ['zod', 'commander', 'ws', /^@orpc\//] },
  build: {
    ssr: true,
    outDir: resolve(root, 'out/serve'),
    emptyOutDir: true,
    // Node 22 is the oldest that runs the result (macOS, Windows); it knows no `using`, so that is lowered.
    target: 'node22',
    sourcemap: true,
    rolldownOptions: {
      input: { cli: resolve(root, 'src-main/shells/cli/main.ts'), host: resolve(root, 'src-main/hsm/host/main.ts'), 'file-worker': resolve(root, 'src-main/files/engine/worker.ts') },
      // Chunks beside the entries: places.ts finds everything from wherever it is bundled.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
})
