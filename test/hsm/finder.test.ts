import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { knownModuleRows } from '#core/tokens/modules.ts'
import { isModuleFile, isNoDevice, readP11KitFields, userConfigurationOf } from '#core/tokens/p11-kit.ts'
import { findModules } from '#hsm/finder.ts'
import { forkHost } from '#hsm/fork.ts'
import { createHsm } from '#hsm/hsm.ts'
import { findP11KitModules } from '#hsm/p11-kit-files.ts'
import { findSoftHsm } from '#hsm/softhsm.ts'
import { hostFile, softToken, tools } from './soft-token.ts'

let folder: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-finder-')))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

async function userModule(name: string, ...lines: string[]): Promise<void> {
  await mkdir(join(folder, '.config/pkcs11/modules'), { recursive: true })
  await writeFile(join(folder, '.config/pkcs11/modules', name), `${lines.join('\n')}\n`)
}

describe("p11-kit's configuration", () => {
  it('is read field by field, without comments and what is no field', () => {
    const fields = readP11KitFields("# a comment\nmodule: /opt/a b.so \r\nX-Init-Reserved: configdir='sql:/x'\nnonsense\n")
    expect([...fields]).toEqual([['module', '/opt/a b.so'], ['x-init-reserved', "configdir='sql:/x'"]])
  })

  it.each([['none', 'none'], ['only', 'only'], ['merge', 'merge'], ['?', 'merge']])('takes user-config %s as %s', (said, meant) => {
    expect(userConfigurationOf(new Map([['user-config', said]]))).toBe(meant)
  })

  it('has files that are no modules, and modules that are no devices', () => {
    expect(['a.module', 'a-b_1.module', '.a.module', 'a.conf', 'a b.module'].filter(isModuleFile)).toEqual(['a.module', 'a-b_1.module'])
    expect(isNoDevice(new Map([['trust-policy', 'yes']]))).toBe(true)
    expect(isNoDevice(new Map([['module', 'a.so']]))).toBe(false)
  })

  it("gives the user's modules with their parameters, but not to root", async () => {
    await userModule('mine.module', `module: ${folder}/mine.so`, 'x-init-reserved: connector=http://127.0.0.1:1')
    await userModule('far.module', 'remote: |ssh host p11-kit remote /usr/lib/a.so')
    expect(await findP11KitModules({}, folder, false)).toContainEqual({ library: `${folder}/mine.so`, parameters: 'connector=http://127.0.0.1:1' })
    expect((await findP11KitModules({}, folder, true)).filter(({ library }) => library.startsWith(folder))).toEqual([])
  })
})

describe('the table of known modules', () => {
  it('names absolute paths only, and none of them twice', () => {
    const rows = knownModuleRows().map(({ paths }) => paths)
    const unix = rows.flatMap(({ linux = [], darwin = [] }) => [...linux, ...darwin])
    expect(unix.filter((path) => !path.startsWith('/'))).toEqual([])
    expect(rows.flatMap(({ win32 = [] }) => win32).filter((path) => !/^[A-Z]:\\/.test(path))).toEqual([])
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const paths = rows.flatMap((row) => row[platform] ?? [])
      expect(paths.toSorted()).toEqual([...new Set(paths)].toSorted())
    }
  })
})

describe('finding modules', () => {
  it('finds a library once, whatever names lead to it, and knows it by its file name', async () => {
    await writeFile(join(folder, 'yubihsm_pkcs11.so'), '')
    await symlink(join(folder, 'yubihsm_pkcs11.so'), join(folder, 'other.so'))
    const found = await findModules('linux', { PKCS11_MODULE_PATH: join(folder, 'other.so'), PKCS11_PROVIDER_MODULE: join(folder, 'yubihsm_pkcs11.so') }, folder)
    expect(found.filter(({ source }) => source === 'environment')).toMatchObject([
      { name: 'YubiHSM 2', module: { library: join(folder, 'other.so'), parameters: undefined }, example: 'connector=http://127.0.0.1:12345' },
    ])
  })

  it('passes over a relative path, which would depend on where it is started', async () => {
    const found = await findModules('linux', { PKCS11_MODULE_PATH: 'a.so' }, folder)
    expect(found.filter(({ source }) => source === 'environment')).toEqual([])
  })
})

describe('the modules of this machine', () => {
  it('answer each for itself: a real one with its tokens, one that is no library with why, one without its parameters not at all', async () => {
    await using token = await softToken()
    const broken = join(folder, 'broken.so')
    await writeFile(broken, 'no library')
    const [before, providerBefore] = [process.env['PKCS11_MODULE_PATH'], process.env['PKCS11_PROVIDER_MODULE']]
    process.env['PKCS11_MODULE_PATH'] = broken
    process.env['PKCS11_PROVIDER_MODULE'] = await findSoftHsm(process.env, tools)
    try {
      const spawnHost = forkHost(hostFile, { ...process.env, SOFTHSM2_CONF: join(token.folder, 'softhsm2.conf') })
      const modules = await createHsm({ spawnHost, tools }).modules()
      expect(modules.find(({ name }) => name === 'broken.so')).toMatchObject({ source: 'environment', outcome: { state: 'fails', failure: { code: 'HSM_UNAVAILABLE' } } })
      const soft = modules.find(({ name }) => name === 'SoftHSM')
      expect(soft?.outcome).toMatchObject({ state: 'answers' })
      const tokens = soft?.outcome.state === 'answers' ? soft.outcome.tokens : []
      expect(tokens.filter(({ initialised }) => initialised).map(({ serial }) => serial)).toEqual([token.serial])
      for (const { name, outcome } of modules) if (name === 'NSS softokn') expect(outcome.state).toBe('needs-parameters')
    } finally {
      restore('PKCS11_MODULE_PATH', before)
      restore('PKCS11_PROVIDER_MODULE', providerBefore)
    }
  })
})

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name)
  else process.env[name] = value
}
