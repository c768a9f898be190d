import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// The console as static files. Shells serve them under the CSP of composition: a nonce per answer replaces the placeholder,
// fonts stay files (font-src 'self'), and nothing is inlined or fetched from elsewhere.
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [vue(), tailwindcss()],
  html: { cspNonce: '__CSP_NONCE__' },
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: resolve(import.meta.dirname, '../out/renderer'),
    emptyOutDir: true,
    target: 'chrome130',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Read from the disk, not over a network.
    chunkSizeWarningLimit: 2_000,
  },
})
