import { defineConfig } from 'vitest/config'
import { chromiumPath } from './build/chromium.mjs'
import { softHsmPath } from './build/softhsm.mjs'

// What a test area needs decides its project; an area that needs nothing is `unit`, so that no test file is without a home.
const needSoftHsm = ['test/hsm/**', 'test/services/**', 'test/endpoints/**', 'test/store/**', 'test/shells/**', 'test/transports/**']
const needBrowser = ['test/e2e/**']
const needElectron = ['test/electron/**']

/** Long tests (`*.long.test.ts`) run when asked for: `npm run test:all`. */
const length = process.env['HOLDFAST_TESTS'] ?? 'short'
const long = '**/*.long.test.ts'

function testsIn(folders: string[]): string[] {
  const ending = length === 'long' ? '*.long.test.ts' : '*.test.ts'
  return folders.map((folder) => `${folder}/${ending}`)
}

const excluded = ['**/node_modules/**', ...(length === 'short' ? [long] : [])]

export default defineConfig({
  test: {
    // Found once, here and in every test alike, whether the run was started by npm or by hand.
    env: { HOLDFAST_SOFTHSM: softHsmPath() ?? '', HOLDFAST_CHROMIUM: chromiumPath() ?? '' },
    // Forks, never threads: a PKCS#11 module or an addon that crashes must take one file with it, not the run.
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: testsIn(['test/**']), exclude: [...excluded, ...needSoftHsm, ...needBrowser, ...needElectron], testTimeout: 20_000 },
      },
      {
        extends: true,
        test: { name: 'softhsm', include: testsIn(needSoftHsm), exclude: excluded, testTimeout: 60_000, hookTimeout: 60_000 },
      },
      {
        extends: true,
        // Stories drive a real Chromium with playwright-core; one file at a time, as each starts a browser and an owner.
        test: { name: 'browser', include: testsIn(needBrowser), exclude: excluded, testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
      },
      {
        extends: true,
        // Stories in the real app; the set-up finds the runtime, a screen for it, and what it runs.
        test: { name: 'electron', include: testsIn(needElectron), exclude: excluded, testTimeout: 60_000, hookTimeout: 120_000, fileParallelism: false, globalSetup: 'test/electron/setup.ts' },
      },
    ],
  },
})
