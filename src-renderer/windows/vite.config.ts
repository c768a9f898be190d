import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// The desktop app's small windows, each a page of its own. Not in the console's folder: `serve` must not have them.
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [vue(), tailwindcss()],
  html: { cspNonce: '__CSP_NONCE__' },
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: resolve(import.meta.dirname, '../../out/windows'),
    emptyOutDir: true,
    target: 'chrome130',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Read from the disk, not over a network.
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { input: { notice: resolve(import.meta.dirname, 'notice/index.html'), pin: resolve(import.meta.dirname, 'pin/index.html') } },
  },
})
