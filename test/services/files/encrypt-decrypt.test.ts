import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { VaultError } from '#core/vocabulary/failures.ts'
import { fileVault, gate, noise, result, type FileVault } from './file-vault.ts'

const FRAME = 262_144

let on: FileVault
let count = 0

beforeAll(async () => { on = await fileVault() })
afterAll(() => on[Symbol.asyncDispose]())
afterEach(() => { on.watch = undefined })

/** A folder of its own for each case. */
function place(): { readonly folder: string; write(name: string, content: Uint8Array | string): string; contents(): string[] } {
  const folder = join(on.folder, String(count++))
  mkdirSync(folder)
  return {
    folder,
    contents: () => readdirSync(folder).sort(),
    write(name, content) {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    },
  }
}

describe('a file', () => {
  it.each([0, 1, 15, 16, 17, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 1_048_576 + 7, 5 * 1_048_576])('of %d bytes comes back as it was', async (size) => {
    const at = place()
    const content = noise(size)
    const path = at.write('report.pdf', content)
    const encrypted = await encrypt(path)
    expect(encrypted).toEqual({ path: `${path}.holdfast`, keyArn: on.keyArn, size: statSync(`${path}.holdfast`).size })
    const decrypted = await decrypt(encrypted.path, { folder: on.folder, existing: 'replace' })
    expect(decrypted).toEqual({ path: join(on.folder, 'report.pdf'), keyArn: on.keyArn, size })
    expect(readFileSync(decrypted.path).equals(content)).toBe(true)
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(at.contents()).toEqual(['report.pdf', 'report.pdf.holdfast'])
  })

  it('keeps its time and mode both ways', async () => {
    const at = place()
    const path = at.write('a', 'x')
    chmodSync(path, 0o640)
    utimesSync(path, 1_000_000, 1_000_000.25)
    await encrypt(path)
    const back = await decrypt(`${path}.holdfast`, { existing: 'keep-both' })
    expect(statSync(`${path}.holdfast`)).toMatchObject({ mode: 0o100640, mtimeMs: 1_000_000_250 })
    expect(statSync(back.path)).toMatchObject({ mode: 0o100640, mtimeMs: 1_000_000_250 })
  })

  it('has its context in clear, and opens only where that holds what is expected', async () => {
    const at = place()
    const path = at.write('a', 'x')
    await encrypt(path, { context: { purpose: 'backup', 'größe': 'klein' } })
    expect(await on.api.files.inspect({ path: `${path}.holdfast` })).toMatchObject({ context: { purpose: 'backup', 'größe': 'klein' }, plaintextLength: 1, frames: 1, dataKeys: [{ keyArn: on.keyArn }] })
    await expect(decrypt(`${path}.holdfast`, { context: { purpose: 'other' }, existing: 'replace' })).rejects.toMatchObject({ code: 'CONTEXT_DIFFERS' })
    await decrypt(`${path}.holdfast`, { context: { purpose: 'backup' }, existing: 'replace' })
  })

  it('does not say its name', async () => {
    const at = place()
    const path = at.write('very-secret-name.txt', 'x')
    await encrypt(path)
    expect(readFileSync(`${path}.holdfast`).includes('very-secret-name')).toBe(false)
  })

  it('may not have a context that the Encryption SDK keeps for itself', async () => {
    const at = place()
    const path = at.write('a', 'x')
    await expect(encrypt(path, { context: { 'aws-crypto-public-key': 'x' } })).rejects.toMatchObject({ code: 'ValidationException' })
    expect(at.contents()).toEqual(['a'])
  })

  it('is refused if the name of its result is taken, before any key is used', async () => {
    const at = place()
    const path = at.write('a', 'x')
    at.write('a.holdfast', 'precious')
    const from = on.next()
    await expect(encrypt(path)).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(on.records(from).map((record) => record['eventName'])).toEqual(['EncryptFile'])
    expect(readFileSync(join(at.folder, 'a.holdfast'), 'utf8')).toBe('precious')
  })

  it('under a disabled key is refused and leaves nothing', async () => {
    const at = place()
    const path = at.write('a', 'x')
    const { KeyMetadata } = await on.api.kms.CreateKey({})
    await encrypt(path, { keyId: KeyMetadata.Arn })
    await on.api.kms.DisableKey({ KeyId: KeyMetadata.KeyId })
    await expect(encrypt(path, { keyId: KeyMetadata.KeyId, existing: 'keep-both' })).rejects.toMatchObject({ code: 'DisabledException' })
    await expect(decrypt(`${path}.holdfast`, { existing: 'keep-both' })).rejects.toMatchObject({ code: 'DisabledException' })
    expect(at.contents()).toEqual(['a', 'a.holdfast'])
  })

  it('needs somebody who is signed in', async () => {
    const at = place()
    const path = at.write('a', 'x')
    const stranger = on.vault.connect().api
    await expect(result(stranger.files.encrypt({ path, keyId: 'alias/files' }))).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
    await expect(result(stranger.files.decrypt({ path }))).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
    await expect(stranger.files.inspect({ path })).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
    await expect(stranger.files.browse({ limit: 1 })).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
    await expect(stranger.files.prepareUpload({ purpose: 'decrypt', name: 'a', size: 1 })).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
  })
})

describe('the record', () => {
  it('tells the use of the key and the job, with path and context', async () => {
    const at = place()
    const path = at.write('a', 'x')
    const from = on.next()
    await encrypt(path, { context: { purpose: 'audit' } })
    await decrypt(`${path}.holdfast`, { existing: 'replace' })
    expect(on.records(from).map((record) => [record['eventName'], record['eventSource']])).toEqual([
      ['GenerateDataKey', 'kms.amazonaws.com'],
      ['EncryptFile', 'holdfast'],
      ['Decrypt', 'kms.amazonaws.com'],
      ['DecryptFile', 'holdfast'],
    ])
    expect(on.records(from)[0]).toMatchObject({ requestParameters: { encryptionContext: { purpose: 'audit' } }, resources: [{ ARN: on.keyArn }] })
    expect(on.records(from)[1]).toMatchObject({ requestParameters: { path, keyId: 'alias/files' }, responseElements: { path: `${path}.holdfast`, keyArn: on.keyArn } })
  })

  it('tells a job that failed', async () => {
    const from = on.next()
    await expect(decrypt('/nowhere/at/all')).rejects.toThrow()
    expect(on.records(from)).toMatchObject([{ eventName: 'DecryptFile', errorCode: 'FILE_UNREADABLE', requestParameters: { path: '/nowhere/at/all' } }])
  })
})

describe('a file that was altered', () => {
  const content = noise(3 * FRAME + 5, 7)
  let message: Buffer
  let start: number

  beforeAll(async () => {
    const at = place()
    const path = at.write('original', content)
    await encrypt(path, { context: { a: 'b' } })
    message = readFileSync(`${path}.holdfast`)
    start = (await on.api.files.inspect({ path: `${path}.holdfast` })).headerLength
  })

  const frame = (number: number): Buffer => message.subarray(start + (number - 1) * (FRAME + 32), start + number * (FRAME + 32))
  const flip = (at: number): Buffer => { const altered = Buffer.from(message); altered[at]! ^= 1; return altered }

  it.each<[string, string, () => Uint8Array]>([
    ['cut by a byte', 'NOT_AUTHENTIC', () => message.subarray(0, -1)],
    ['cut to its frames but the last', 'NOT_AUTHENTIC', () => message.subarray(0, start + 3 * (FRAME + 32))],
    ['cut in a frame', 'NOT_AUTHENTIC', () => message.subarray(0, start + FRAME)],
    ['cut behind its header', 'NOT_AUTHENTIC', () => message.subarray(0, start)],
    ['cut in its header', 'MALFORMED', () => message.subarray(0, start - 60)],
    ['flipped in the first frame', 'NOT_AUTHENTIC', () => flip(start + 100)],
    ['flipped in its last byte', 'NOT_AUTHENTIC', () => flip(message.length - 1)],
    ['flipped in the message id', 'NOT_AUTHENTIC', () => flip(10)],
    ['flipped in the commitment', 'NOT_AUTHENTIC', () => flip(start - 20)],
    ['flipped in the header tag', 'NOT_AUTHENTIC', () => flip(start - 1)],
    ['flipped in the data key\'s material id', 'NOT_AUTHENTIC', () => flip(start - 16 - 37 - 60)],
    ['flipped in the data key\'s tag', 'NOT_AUTHENTIC', () => flip(start - 16 - 37 - 1)],
    ['flipped in its context', 'NOT_AUTHENTIC', () => flip(2 + 33 + 2 + 2 + 2)],
    ['given 16 bytes more', 'NOT_AUTHENTIC', () => Buffer.concat([message, Buffer.alloc(16)])],
    ['given another message', 'NOT_AUTHENTIC', () => Buffer.concat([message, message])],
    ['put in another order', 'NOT_AUTHENTIC', () => Buffer.concat([message.subarray(0, start), frame(2), frame(1), frame(3), message.subarray(start + 3 * (FRAME + 32))])],
    ['given another header', 'NOT_AUTHENTIC', () => Buffer.concat([otherHeader(), message.subarray(start)])],
    ['never one of ours', 'MALFORMED', () => noise(1000)],
    ['empty', 'MALFORMED', () => new Uint8Array()],
  ])('%s: %s, and nothing is left', async (_, code, alter) => {
    const at = place()
    const path = at.write('altered.holdfast', alter())
    at.write('altered', 'precious')
    await expect(decrypt(path, { existing: 'replace' })).rejects.toMatchObject({ code })
    expect(at.contents()).toEqual(['altered', 'altered.holdfast'])
    expect(readFileSync(join(at.folder, 'altered'), 'utf8')).toBe('precious')
  })

  it('in its last frame is known before the first byte is written', async () => {
    const at = place()
    const path = at.write('altered.holdfast', flip(message.length - 1))
    const calls: string[] = []
    on.watch = (call) => { calls.push(call) }
    await expect(decrypt(path)).rejects.toMatchObject({ code: 'NOT_AUTHENTIC' })
    expect(calls).not.toContain('write')
  })

  it('under keys that are not here says so', async () => {
    const at = place()
    const foreign = Buffer.from(message.toString('latin1').replaceAll(on.keyId, '00000000-0000-4000-8000-000000000000'), 'latin1')
    await expect(decrypt(at.write('foreign.holdfast', foreign))).rejects.toMatchObject({ code: 'KEY_NOT_HERE' })
  })

  function otherHeader(): Buffer {
    const other = Buffer.from(message.subarray(0, start))
    noise(32, 99).forEach((byte, i) => { other[3 + i] = byte })
    return other
  }
})

describe('an encrypted file with frames of more than 64 MiB', () => {
  it('is refused before any key is used', async () => {
    const at = place()
    const path = at.write('small', 'x')
    await encrypt(path)
    const front = readFileSync(`${path}.holdfast`).subarray(0, (await on.api.files.inspect({ path: `${path}.holdfast` })).headerLength)
    front.writeUInt32BE(70_000_000, front.length - 16 - 36)
    const large = at.write('large', front)
    truncateSync(large, 200_000_000)
    const from = on.next()
    await expect(decrypt(large)).rejects.toMatchObject({ code: 'MALFORMED', message: expect.stringContaining('64 MiB') as string })
    expect(on.records(from).map((record) => record['eventName'])).toEqual(['DecryptFile'])
  })
})

describe('a job that cannot be finished leaves the original and nothing else', () => {
  const content = noise(4 * 1_048_576, 3)

  it('when the disk is full', async () => {
    const at = place()
    const path = at.write('a', content)
    let writes = 0
    on.watch = (call) => { if (call === 'write' && ++writes === 3) throw new VaultError('DISK_FULL', { file: 'a' }) }
    await expect(encrypt(path)).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(at.contents()).toEqual(['a'])
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('when its source is written to', async () => {
    const at = place()
    const path = at.write('a', content)
    on.watch = (call) => { if (call === 'commit') throw new Error('it must not come to this') ; if (call === 'write') writeFileSync(path, noise(content.length, 4)) }
    await expect(encrypt(path)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    expect(at.contents()).toEqual(['a'])
  })

  it.each(['encrypt', 'decrypt'] as const)('when it is cancelled in the middle: %s', async (what) => {
    const at = place()
    const path = at.write('a', content)
    if (what === 'decrypt') await encrypt(path, { existing: 'replace' })
    const before = at.contents()
    const [begun, go] = [gate(), gate()]
    let writes = 0
    on.watch = (call) => {
      if (call !== 'write' || ++writes < 2) return undefined
      begun.open()
      return go.opened
    }
    const controller = new AbortController()
    const source = what === 'encrypt' ? path : `${path}.holdfast`
    const call = what === 'encrypt'
      ? on.api.files.encrypt({ path: source, keyId: 'alias/files', existing: 'keep-both' }, { signal: controller.signal })
      : on.api.files.decrypt({ path: source, existing: 'keep-both' }, { signal: controller.signal })
    const outcome = expect(result(call)).rejects.toThrow()
    await begun.opened
    expect(at.contents()).toHaveLength(before.length + 1)
    const from = on.next()
    controller.abort()
    go.open()
    await outcome
    await expect.poll(() => on.records(from)).toMatchObject([{ errorCode: 'CANCELLED' }])
    expect(at.contents()).toEqual(before)
  })

  it('when whoever waited for it stops reading', async () => {
    const at = place()
    const path = at.write('a', content)
    const events = await on.api.files.encrypt({ path, keyId: 'alias/files' })
    const [begun, go] = [gate(), gate()]
    let writes = 0
    on.watch = (call) => {
      if (call !== 'write' || ++writes < 2) return undefined
      begun.open()
      return go.opened
    }
    const first = events.next()
    await begun.opened
    await first
    const left = events.return()
    go.open()
    await left
    await expect.poll(() => at.contents()).toEqual(['a'])
  })

  it('when the vault is locked', async () => {
    await using other = await fileVault()
    const path = other.write('a', content)
    const [begun, go] = [gate(), gate()]
    let writes = 0
    other.watch = (call) => {
      if (call !== 'write' || ++writes < 2) return undefined
      begun.open()
      return go.opened
    }
    const outcome = expect(result(other.api.files.encrypt({ path, keyId: 'alias/files' }))).rejects.toMatchObject({ code: 'CANCELLED' })
    await begun.opened
    const locked = other.api.vault.lock({})
    go.open()
    await Promise.all([outcome, locked])
    expect(other.contents()).toEqual(['a'])
  })
})

describe('progress', () => {
  it('grows, is coalesced, and ends with the result', async () => {
    const at = place()
    const path = at.write('a', noise(3 * 1_048_576))
    let writes = 0
    const told = gate()
    // Kept waiting until there was something to tell.
    on.watch = (call) => (call === 'write' && ++writes === 2 ? told.opened : undefined)
    const events = await on.api.files.encrypt({ path, keyId: 'alias/files' })
    const seen: { done: number; total: number }[] = []
    for (;;) {
      const event = await events.next()
      if (event.done === true) {
        expect(event.value).toMatchObject({ path: `${path}.holdfast` })
        break
      }
      seen.push(event.value)
      told.open()
    }
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.every(({ total }) => total === 3 * 1_048_576)).toBe(true)
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).toSorted((a, b) => a - b))
  })
})

describe('a folder of the host', () => {
  it('is listed for the picker', async () => {
    const at = place()
    at.write('b.txt', 'xyz')
    mkdirSync(join(at.folder, 'a'))
    const page = await on.api.files.browse({ folder: at.folder, limit: 10 })
    expect(page).toMatchObject({ folder: at.folder, parent: on.folder, total: 2 })
    expect(page.entries).toMatchObject([{ name: 'a', kind: 'folder' }, { name: 'b.txt', kind: 'file', size: 3, path: join(at.folder, 'b.txt'), modifiedAt: expect.any(Date) as Date }])
  })
})

describe('inspecting', () => {
  it('takes the first bytes of a file that has no path, from anybody, and uses no key', async () => {
    const at = place()
    const path = at.write('a', noise(1000))
    await encrypt(path)
    const bytes = readFileSync(`${path}.holdfast`)
    const stranger = on.vault.connect().api
    const from = on.next()
    expect(await stranger.files.inspect({ head: Uint8Array.from(bytes.subarray(0, 400)), size: bytes.length })).toEqual(await on.api.files.inspect({ path: `${path}.holdfast` }))
    expect(on.records(from)).toEqual([])
  })

  it('shows a file that is cut as not whole', async () => {
    const at = place()
    const path = at.write('a', noise(1000))
    await encrypt(path)
    const cut = at.write('cut', readFileSync(`${path}.holdfast`).subarray(0, 330))
    const facts = await on.api.files.inspect({ path: cut })
    expect(facts.plaintextLength).toBeUndefined()
  })
})

type Options = { context?: Record<string, string>; folder?: string; existing?: 'refuse' | 'replace' | 'keep-both' }

function encrypt(path: string, { keyId = 'alias/files', ...options }: Options & { keyId?: string } = {}) {
  return result(on.api.files.encrypt({ path, keyId, ...options }))
}

function decrypt(path: string, options: Options = {}) {
  return result(on.api.files.decrypt({ path, ...options }))
}
