import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSoftHsm, writeSoftHsmConfiguration } from '#hsm/softhsm.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-softhsm-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function file(...parts: string[]): Promise<string> {
  const path = join(folder, ...parts)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
  return path
}

describe('finding SoftHSM', () => {
  it('takes the one that the environment names, before all others', async () => {
    await file('softhsm/usr/lib/softhsm/libsofthsm2.so')
    const named = await file('mine.so')
    expect(await findSoftHsm({ HOLDFAST_SOFTHSM: named }, folder)).toBe(named)
  })

  it('takes no other if the named one is not there', async () => {
    await file('softhsm/usr/lib/softhsm/libsofthsm2.so')
    await expect(findSoftHsm({ HOLDFAST_SOFTHSM: join(folder, 'gone.so') }, folder)).rejects.toMatchObject({ code: 'MODULE_NOT_FOUND' })
  })

  it.each(['softhsm/usr/lib/softhsm/libsofthsm2.so', 'softhsm/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'])(
    'finds the one that the set-up unpacked as %s, before an installed one',
    async (path) => {
      const unpacked = await file(path)
      expect(await findSoftHsm({ HOLDFAST_SOFTHSM: '' }, folder)).toBe(unpacked)
    },
  )
})

describe('the configuration of a SoftHSM', () => {
  it('lies beside the tokens, readable by its owner only', async () => {
    const tokens = join(folder, 'tokens')
    const path = await writeSoftHsmConfiguration(tokens)
    expect(path).toBe(join(folder, 'softhsm2.conf'))
    expect(await readFile(path, 'utf8')).toContain(`directories.tokendir = ${tokens}\n`)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(tokens)).mode & 0o777).toBe(0o700)
  })

  it.each(['a#b', 'a=b', 'a\nb', 'blank '])('refuses the folder %j, which it cannot name', async (name) => {
    await expect(writeSoftHsmConfiguration(join(folder, name))).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
  })

  it('is written anew where it was changed, and left alone where it was not', async () => {
    const tokens = join(folder, 'tokens')
    const path = await writeSoftHsmConfiguration(tokens)
    const first = await stat(path)
    await writeSoftHsmConfiguration(tokens)
    expect((await stat(path)).ino).toBe(first.ino)
    await writeFile(path, 'directories.tokendir = /elsewhere\n')
    await Promise.all(Array.from({ length: 8 }, () => writeSoftHsmConfiguration(tokens)))
    expect(await readFile(path, 'utf8')).toContain(tokens)
  })
})
