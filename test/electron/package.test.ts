import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { extractFile, listPackage } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { mainForOldRuntimes } from '../../build/electron.mjs'
import { packDesktop } from '../../build/packing.mjs'
import { because, missing, startApp } from './app.ts'
import { personAt } from './person.ts'

// The packed app. What ships is looked at file by file; a variant that Playwright may look into, and that an older runtime can run, is started.

const found = inject('electron')
const output = mkdtempSync(join(tmpdir(), 'hf-package-'))
const linux = process.platform === 'linux' ? missing : 'it is packed for Linux'

describe.skipIf(linux !== undefined)(`the packed app${linux === missing ? because : ` (skipped: ${linux ?? ''})`}`, () => {
  const packed = { shipping: '', test: '' }

  beforeAll(async () => {
    if ('missing' in found) return
    await mainForOldRuntimes()
    const softHsm = process.env['HOLDFAST_SOFTHSM'] ?? ''
    for (const variant of ['shipping', 'test'] as const) {
      packed[variant] = await packDesktop({ electronDist: dirname(found.path), electronVersion: found.version, output: join(output, variant), softHsm, variant })
    }
  })

  afterAll(() => {
    rmSync(output, { recursive: true, force: true })
  })

  it('has its fuses set, read back from the executable', async () => {
    const wire = await getCurrentFuseWire(join(packed.shipping, 'holdfast'))
    const off = [FuseV1Options.RunAsNode, FuseV1Options.EnableNodeOptionsEnvironmentVariable, FuseV1Options.EnableNodeCliInspectArguments, FuseV1Options.GrantFileProtocolExtraPrivileges, FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]
    const on = [FuseV1Options.EnableCookieEncryption, FuseV1Options.OnlyLoadAppFromAsar, FuseV1Options.EnableEmbeddedAsarIntegrityValidation]
    // The wire's bytes are the digits 0 and 1.
    expect(off.map((fuse) => String.fromCharCode(wire[fuse] ?? 0))).toEqual(off.map(() => '0'))
    expect(on.map((fuse) => String.fromCharCode(wire[fuse] ?? 0))).toEqual(on.map(() => '1'))
  })

  it('holds what we built and the packages that it runs on, and nothing else', () => {
    const files = filesIn(packed.shipping)
    const tops = new Set(files.map((path) => path.split('/')[0]))
    expect([...tops].toSorted()).toEqual(['node_modules', 'out', 'package.json', 'resources'])
    expect([...new Set(files.filter((path) => path.startsWith('out/')).map((path) => path.split('/')[1]))].toSorted()).toEqual(['electron', 'preload', 'renderer', 'windows'])
    expect(files).toEqual(expect.arrayContaining(['out/electron/main.js', 'out/electron/host.js', 'out/preload/console.cjs', 'out/renderer/index.html', 'out/windows/notice/index.html']))
    const odd = files.filter((path) => /\.(ts|map|md|c|h|cc|hpp|o|gyp)$|(^|\/)(test|tests|bench)\/|@signalapp|(^|\/)node_modules\/(electron|playwright-core|vite|vitest|typescript|vue)\//.test(path))
    expect(odd).toEqual([])
    expect(existsSync(join(packed.shipping, 'resources', 'default_app.asar'))).toBe(false)
  })

  it('holds only packages of `dependencies`, and what these need', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { devDependencies: Record<string, string> }
    const inside = new Set(filesIn(packed.shipping).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))
    expect(inside.has('better-sqlite3-multiple-ciphers')).toBe(true)
    expect(Object.keys(manifest.devDependencies).filter((name) => inside.has(name))).toEqual([])
  })

  it('has every addon outside of the archive, for this platform alone, and SoftHSM beside it', () => {
    const archived = listPackage(archive(packed.shipping), { isPack: true }).filter((line) => line.includes('.node') && line.startsWith('pack '))
    expect(archived).toEqual([])
    const unpacked = readdirSync(`${archive(packed.shipping)}.unpacked`, { recursive: true }).map(String).filter((path) => path.endsWith('.node'))
    expect(unpacked.map((path) => path.replace('node_modules/', '')).toSorted()).toEqual([
      '@koromix/koffi-linux-x64/linux_x64/koffi.node',
      '@node-rs/argon2-linux-x64-gnu/argon2.linux-x64-gnu.node',
      'better-sqlite3-multiple-ciphers/prebuilds/linux-x64.node',
      'pkcs11js/build/Release/pkcs11.node',
    ])
    expect(statSync(join(packed.shipping, 'resources', 'softhsm', 'usr', 'lib', 'softhsm', 'libsofthsm2.so')).size).toBeGreaterThan(100_000)
  })

  it('names its main file, and no script or developer package', () => {
    const manifest = JSON.parse(extractFile(archive(packed.shipping), 'package.json').toString('utf8')) as Record<string, unknown>
    expect(manifest).toMatchObject({ name: 'holdfast', main: 'out/electron/main.js', type: 'module' })
    expect(manifest['devDependencies']).toBeUndefined()
    expect(manifest['scripts']).toBeUndefined()
  })

  it('does not start where somebody wants to look into it', async () => {
    if ('missing' in found) return
    const flags = found.args.filter((argument) => argument.startsWith('--'))
    const env = { ...process.env, HOLDFAST_HOME: join(output, 'watched'), ...(found.display === undefined ? {} : { DISPLAY: found.display }) }
    for (const flag of ['--remote-debugging-port=0', '--inspect=0']) {
      const child = spawn(join(packed.shipping, 'holdfast'), [...flags, flag], { env, stdio: ['ignore', 'ignore', 'pipe'] })
      let log = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
      const [code] = await once(child, 'exit')
      expect(code).toBe(2)
      expect(log).toContain(`refused=${flag.split('=')[0] ?? ''}`)
    }
  })

  it('runs: a vault, a key, an encryption in the SoftHSM that it carries, from its archive', async () => {
    const app = await startApp({ packed: join(packed.test, 'holdfast') })
    try {
      const page: Page = app.page()
      const person = personAt(() => page)
      await person.createVault()
      await person.createKey()
      await page.getByRole('tab', { name: 'Playground' }).click()
      await page.getByLabel('Plaintext').fill('salary 4711')
      await person.submit('Encrypt').click()
      await page.getByTestId('ciphertext').waitFor()
      expect(await app.main.evaluate(({ app: electron }) => ({ packed: electron.isPackaged, archive: electron.getAppPath().endsWith('app.asar') }))).toEqual({ packed: true, archive: true })
      const host = await app.memberHost()
      expect(readFileSync(`/proc/${host}/maps`, 'utf8')).toContain(join(packed.test, 'resources', 'softhsm', 'usr', 'lib', 'softhsm', 'libsofthsm2.so'))
      expect(app.complaints).toEqual([])
    } finally {
      await app[Symbol.asyncDispose]()
    }
  })
})

function archive(folder: string): string {
  return join(folder, 'resources', 'app.asar')
}

/** The files of the archive, without its folders. */
function filesIn(folder: string): string[] {
  const all = listPackage(archive(folder), { isPack: false }).map((path) => path.replace(/^\//, ''))
  const folders = new Set(all.map((path) => dirname(path)))
  return all.filter((path) => !folders.has(path))
}
